#!/bin/sh
# Writes .env beside compose.yml from env.example, with new secrets. It never
# replaces one: the volumes keep the passwords that they were made with.
set -eu
cd "$(dirname "$0")"

if [ -e .env ]; then
    echo "make-env: .env exists already and is kept; to begin anew, remove it and the volumes (docker compose down --volumes)" >&2
    exit 1
fi

# secret prints 256 random bits, after a letter.
secret() { printf 'k%s' "$(od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n')"; }

umask 077
while IFS= read -r line; do
    case $line in
        *=generate) printf '%s=%s\n' "${line%%=*}" "$(secret)" ;;
        *) printf '%s\n' "$line" ;;
    esac
done <env.example >.env.new
mv .env.new .env
echo "make-env: wrote $(pwd)/.env" >&2
