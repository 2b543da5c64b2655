# Packages of Debian and Ubuntu, for setup.sh: sourced, not run.

say() { echo "setup: $*" >&2; }
die() { say "$*"; exit 1; }
is_root() { [ "$(id -u)" -eq 0 ]; }
has() { command -v "$1" >/dev/null 2>&1; }
has_compiler() { has gcc && [ -e /usr/include/stdio.h ]; }
has_apt() { has apt-get && has dpkg; }

# at_least VERSION MINIMUM
at_least() { [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# can_be_root: as root, or by a sudo that works without a question or can ask one.
can_be_root() { is_root || { has sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }; }

as_root() { if is_root; then "$@"; else sudo "$@"; fi; }

# apt ARGUMENTS runs apt-get as root. Another apt or dpkg is waited for, five
# minutes at most; a download that broke off is tried again.
apt() {
    apt_try=0
    until as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >"$apt_log" 2>&1; do
        apt_try=$((apt_try + 1))
        # apt-get update waits for no lock by itself.
        if grep -q 'Could not get lock' "$apt_log" && [ "$apt_try" -lt 60 ]; then
            [ "$apt_try" -ne 1 ] || say "waiting for another apt"
            sleep 5
        elif [ "$apt_try" -ge 3 ]; then
            tail -n 15 "$apt_log" >&2
            return 1
        fi
    done
}

apt_update() {
    say "reading the package lists"
    # One broken third-party list must not stop us: what counts is whether the
    # packages can be installed.
    apt update || say "not all package lists could be read; going on"
}

has_lists() { [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' 2>/dev/null | head -n 1)" ]; }

# install PACKAGES
install() {
    has_apt || die "please install: $*"
    can_be_root || die "not root and no sudo; please let an administrator run: apt-get install $*"
    has_lists || apt_update
    say "installing $*"
    apt install --no-install-recommends "$@" && return
    apt_update # old lists name versions that the mirror no longer has
    apt install --no-install-recommends "$@" || die "could not install $*"
}

# offered PACKAGE prints the version that apt would install.
offered() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9].*\)/\1/p'; }
