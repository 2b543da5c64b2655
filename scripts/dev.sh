#!/bin/sh
# Runs Parley and builds and starts it again whenever a source file changes:
# `make dev`. The socket's clients reconnect by themselves.
set -u
cd "$(dirname "$0")/.." || exit 1

pid=
stop() {
    [ -z "$pid" ] || { kill -INT "$pid" 2>/dev/null && wait "$pid"; }
    pid=
}
trap 'stop; exit 0' INT TERM

seen=$(mktemp)
trap 'rm -f "$seen"' EXIT
changed() {
    find . \( -path ./data -o -path ./bin -o -path ./.git -o -path ./web/dist -o -path ./web/node_modules \) -prune \
        -o -type f \( -name '*.go' -o -name '*.sql' -o -name '*.html' -o -name '*.md' -o -name '*.ts' -o -name '*.tsx' \
        -o -name '*.css' -o -name '*.mjs' -o -name '*.json' -o -name 'go.mod' \) -newer "$seen" -print | head -n 1 | grep -q .
}

while :; do
    touch "$seen"
    if make --no-print-directory build; then
        stop
        bin/parley serve --demo "$@" &
        pid=$!
    else
        echo "dev: fix this and save; the last good build keeps running" >&2
    fi
    until changed; do
        sleep 1 &
        wait $! # so that Ctrl-C is heard at once
    done
done
