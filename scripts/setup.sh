#!/bin/sh
# Installs what this machine lacks to run Parley from its source tree, on Debian
# 12 and later and Ubuntu 24.04 and later. `make run` and `make test` call it; it
# installs nothing twice and takes a moment when nothing is missing.
#
#   sh scripts/setup.sh                   what `make run` needs
#   sh scripts/setup.sh --test            and what `make test` needs: gcc, a browser, fonts
#   sh scripts/setup.sh --private [DIR]   pgvector into a server tree of our own in DIR
#                                         (default data/pgroot), no root needed once a
#                                         PostgreSQL server and gcc are there
#
# As root pgvector is installed into the system, as another user into the tree.
# Mirrors are those of the machine's own apt. When PARLEY_DATABASE_URL names an
# external PostgreSQL, `make run` needs none here and none is installed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/apt.sh"
. "$here/pgvector.sh"

min_node=18 min_npm=9 min_postgres=15

usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; }

for_test='' tree=''
while [ $# -gt 0 ]; do
    case $1 in
    --test) for_test=yes ;;
    --private)
        tree=$here/../data/pgroot
        case ${2:-} in '' | --*) ;; *) tree=$2 && shift ;; esac
        ;;
    -h | --help) usage && exit ;;
    *) die "unknown argument $1; see: sh scripts/setup.sh --help" ;;
    esac
    shift
done
[ -n "$tree" ] || is_root || tree=$here/../data/pgroot

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
apt_log=$work/apt.log

check_go() {
    need=$(sed -n 's/^go //p' "$here/../go.mod")
    has go || die "Go is missing: install Go $need or newer, as go.dev/doc/install says, and put it into PATH"
    have=$(cd "$here/.." && go env GOVERSION) && have=${have#go}
    at_least "$have" "$need" || die "Go is $have, and $need or newer is needed; see go.dev/doc/install"
}

# npm_version reads npm's package.json, because npm itself takes 0.3 s to say it.
npm_version() {
    sed -n 's/^  "version": *"\(.*\)".*/\1/p' "$(dirname "$(readlink -f "$(command -v npm)")")/../package.json" 2>/dev/null |
        grep . || npm --version
}

check_node() {
    { has node && has npm; } || install nodejs npm
    have=$(node --version)
    at_least "${have#v}" "$min_node" || die "Node is $have, and $min_node or newer is needed; see nodejs.org"
    have=$(npm_version)
    at_least "$have" "$min_npm" || die "npm is $have, and $min_npm or newer is needed: npm install --global npm"
}

# majors lists the PostgreSQL servers in the places of Debian's packages, newest
# first.
majors() {
    for program in /usr/lib/postgresql/*/bin/postgres; do
        [ -x "$program" ] || continue
        program=${program#/usr/lib/postgresql/} && program=${program%%/*}
        at_least "$program" "$min_postgres" && echo "$program"
    done | sort -rn
}

# elsewhere: a PostgreSQL that did not come from those packages. Whoever installed
# it knows how to add pgvector; Parley says so when it is missing.
elsewhere() { [ -n "${PARLEY_PG_BINDIR:-}" ] || { [ -z "$(majors)" ] && has postgres && has initdb; }; }

ready() {
    for major in $(majors); do
        if system_vector "$major"; then
            return 0
        fi
        if [ -n "$tree" ] && private_vector "$major" "$tree"; then
            return 0
        fi
    done
    return 1
}

install_server() {
    # Installed first, so that the server's package starts no cluster of its own.
    [ -e /etc/postgresql-common/createcluster.conf ] || install postgresql-common
    as_root sed -i 's/^#\{0,1\}create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
    install postgresql
}

check_postgres() {
    [ -z "${PARLEY_DATABASE_URL:-}" ] || [ -n "$for_test" ] || return 0
    if ready || elsewhere; then
        return 0
    fi
    has_apt || die "please install PostgreSQL $min_postgres or newer with pgvector $min_vector or newer (macOS: brew install postgresql@17 pgvector)"
    [ -n "$(majors)" ] || install_server
    major=$(majors | head -n 1)
    [ -n "$major" ] || die "the distribution's PostgreSQL is older than $min_postgres; install a newer one (postgresql.org/download)"
    if is_root && [ -z "$tree" ]; then
        has_lists || apt_update
        if at_least "$(offered "postgresql-$major-pgvector")" "$min_vector"; then
            install "postgresql-$major-pgvector"
            return
        fi
    fi
    ready && return 0 # a package brought it along
    chmod 755 "$work"
    build_vector "$major" "$work"
    if [ -n "$tree" ]; then
        install_vector_private "$major" "$work" "$tree"
    else
        install_vector_system "$major" "$work"
    fi
    ready || die "pgvector was built but is not in its place"
}

browser() {
    for program in chromium chromium-browser google-chrome google-chrome-stable headless-shell; do
        has "$program" && return 0
    done
    return 1
}

check_browser() {
    browser && return 0
    has_apt && { has_lists || apt_update; }
    case "$(offered chromium)" in
    '' | *snap*) # Ubuntu's package only points to a snap
        say "no browser, so the browser tests are skipped: install Chrome or Chromium (Ubuntu: snap install chromium) and run make test again"
        return 0
        ;;
    esac
    install chromium
}

check_fonts() {
    for font in LiberationSans NotoSans NotoColorEmoji; do
        [ -n "$(find /usr/share/fonts -name "$font*" -print -quit 2>/dev/null)" ] && continue
        has_apt || return 0
        install fonts-liberation fonts-noto-core fonts-noto-color-emoji
        return
    done
}

check_go
check_node
check_postgres
if [ -n "$for_test" ]; then
    has_compiler || install gcc libc6-dev # links the race detector
    check_browser
    check_fonts
fi
