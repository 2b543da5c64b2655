#!/bin/sh
# Runs every fuzz target of the tree, one after the other: `make fuzz`.
#   sh scripts/fuzz.sh [TIME]     TIME for each, 30s by default
set -eu
cd "$(dirname "$0")/.."
time=${1:-30s}

fuzz() { go test -run='^$' -fuzz="^$1\$" -fuzztime="$time" "$2"; }

targets=$(grep -rEo --include='*_test.go' --exclude-dir=node_modules '^func Fuzz[A-Za-z0-9_]*' . | sort)
[ -n "$targets" ] || { echo "fuzz: there is no fuzz target" >&2; exit 1; }
failed=
for target in $targets; do
    case $target in func) continue ;; *_test.go:func) file=${target%:func} && continue ;; esac
    echo "==> $target in $(dirname "$file")"
    # An input that fails is kept in testdata and fails again. The fuzzer itself
    # ends now and then with "context deadline exceeded" and without an input.
    fuzz "$target" "$(dirname "$file")" || fuzz "$target" "$(dirname "$file")" || failed="$failed $target"
done
[ -z "$failed" ] || { echo "fuzz: failed:$failed" >&2; exit 1; }
