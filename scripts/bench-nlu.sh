#!/bin/sh
# Prints the figures of docs/quality.md: `make bench-nlu`.
#   sh scripts/bench-nlu.sh DATA PARLEY    folder of the public data sets, the program
set -eu
data=$1 parley=$2
failed=

# intents NAME TRAIN TEST…: files below DATA; several tests are read as one.
intents() {
    name=$1 train=$data/$2
    shift 2
    files=
    for file in "$@"; do files="$files $data/$file"; done
    # shellcheck disable=SC2086 # the list is meant to be split: the names are ours
    for file in "$train" $files; do
        [ -f "$file" ] || { echo "$name: $file is missing, skipped"; return; }
    done
    # shellcheck disable=SC2086
    awk 'FNR > 1 || NR == 1' $files > "$work/test.tsv"
    "$parley" bot eval --train "$train" --test "$work/test.tsv" > "$work/out" || { failed="$failed $name"; return; }
    # shellcheck disable=SC2046 # nine columns
    printf '%-34s %9s %9s %7s %9s %9s %9s %8s %7s %10s\n' "$name" $(tail -n 1 "$work/out")
}

# articles NAME FOLDER: a folder of a corpus, queries and judgements below DATA.
articles() {
    name=$1 folder=$data/$2
    [ -d "$folder" ] || { echo "$name: $folder is missing, skipped"; return; }
    set -- --corpus "$folder/corpus.jsonl" --queries "$folder/queries.jsonl" --qrels "$folder/qrels/test.tsv"
    case $name in login* | npm*) set -- "$@" --unanswerable "$data/retrieval-unanswerable.jsonl" ;; esac
    echo "$name"
    "$parley" kb eval "$@" || failed="$failed $name"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "==> intents"
printf '%-34s %9s %9s %7s %9s %9s %9s %8s %7s %10s\n' set accuracy macro_f1 ece oos_auroc oos_rec95 cover95 train_s p99_us bytes
intents "BANKING77 full" banking77/train.tsv banking77/test.tsv
intents "BANKING77 10-shot" banking77/fewshot/train_10.tsv banking77/test.tsv
intents "BANKING77 5-shot" banking77/fewshot/train_5.tsv banking77/test.tsv
intents "BANKING77, in-domain strangers" banking77/oos50/train.tsv banking77/oos50/test.tsv banking77/oos50/id-oos_test.tsv
intents "BANKING77, general strangers" banking77/oos50/train.tsv banking77/oos50/test.tsv banking77/oos50/ood-oos_valid.tsv
intents "HINT3 sofmattress" hint3-sofmattress/train.tsv hint3-sofmattress/test.tsv
intents "SNIPS" snips/train.tsv snips/test.tsv
intents "insurance tickets" insurance-tickets/train.tsv insurance-tickets/test.tsv

# shown PACKAGE PATTERN ARGS…: what a test or benchmark prints of interest.
shown() {
    package=$1 pattern=$2
    shift 2
    TEST_DATA=$data go test -count=1 "$@" "$package" > "$work/out" 2>&1 || failed="$failed $package"
    grep -E "$pattern|^--- FAIL" "$work/out" || true
}

echo "==> HINT3 against the platforms, typos, time and allocations, the wish for a person"
shown ./bot/eval 'refusing|typos' -v -run '^(TestAboveThePlatforms|TestTypos)$'
shown ./bot/eval '^Benchmark' -run '^$' -bench '^BenchmarkTrain$' -benchtime 3x
shown ./bot '^Benchmark' -run '^$' -bench '^BenchmarkPredict$' -benchmem
shown ./bot '^--- ' -v -run '^TestWishForAPerson$'

echo "==> retrieval"
articles "login-gov" retrieval-login-gov
articles "npm" retrieval-npm-docs
articles "apidocs" apidocs-rag
for language in en es de ru zh; do articles "xquad $language" "xquad/$language"; done

[ -z "$failed" ] || { echo "bench-nlu: failed:$failed" >&2; exit 1; }
