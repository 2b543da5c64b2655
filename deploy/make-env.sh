#!/bin/sh
# Writes .env with new secrets for docker-compose.yml. It never replaces one: the
# volumes keep the passwords that they were made with.
set -eu
cd "$(dirname "$0")/.."

if [ -e .env ]; then
    echo "make-env: .env exists already and is kept; to begin anew, remove it and the volumes (docker compose down --volumes)" >&2
    exit 1
fi

# secret prints 256 random bits, after a letter.
secret() { printf 'k%s' "$(od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n')"; }

umask 077
cat >.env.new <<ENV
# Secrets of docker-compose.yml: keep them with the backups, and out of git.
POSTGRES_PASSWORD=$(secret)
NATS_PASSWORD=$(secret)
PARLEY_SECRET=$(secret)

# Where people reach Parley. Its console accepts no other origin.
PARLEY_PUBLIC_URL=http://localhost:8080
# The proxy in front, whose X-Forwarded-For is believed: an address or network.
#PARLEY_TRUSTED_PROXIES=172.16.0.0/12
ENV
mv .env.new .env
echo "make-env: wrote .env" >&2
