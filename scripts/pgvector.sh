# pgvector for a PostgreSQL of Debian or Ubuntu, for setup.sh: sourced, not run.
# Needs apt.sh.
#
# Debian 12 packages no pgvector and Ubuntu 24.04 one that is too old, so it is
# built from the signed source package of a later release: one call of gcc, with
# the server's headers unpacked beside it. Nothing of the system is upgraded.
# Downloads about 12 MB and takes some ten seconds.

min_vector=0.8 # the first with iterative index scans

vector_version() { sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" "$1" 2>/dev/null; }

# has_vector LIBDIR SHAREDIR
has_vector() { [ -e "$1/vector.so" ] && at_least "$(vector_version "$2/extension/vector.control")" "$min_vector"; }

# system_vector MAJOR: whether the system's server has it.
system_vector() { has_vector "/usr/lib/postgresql/$1/lib" "/usr/share/postgresql/$1"; }

# private_vector MAJOR TREE: whether the private tree has it, and was made from
# the server that is installed now rather than from one that apt has upgraded.
private_vector() {
    has_vector "$2/lib/postgresql/$1/lib" "$2/share/postgresql/$1" &&
        [ "$("$2/lib/postgresql/$1/bin/postgres" --version 2>/dev/null)" = "$("/usr/lib/postgresql/$1/bin/postgres" --version)" ]
}

# own_mirror ORIGIN LABEL prints the mirror that this machine's apt uses.
own_mirror() {
    apt-get indextargets --format '$(SITE)' "Created-By: Packages" "Origin: $1" "Label: $2" 2>/dev/null | head -n 1
}

# fetch_source DIR leaves DIR/pgvector_*.orig.tar.*. It uses an apt of its own,
# with its own lists and cache, which checks signatures as the system's does.
fetch_source() {
    source_dir=$1
    . /etc/os-release
    case "$ID ${ID_LIKE:-}" in
    *ubuntu*) origin=Ubuntu suites="resolute questing plucky" component=universe keyring=ubuntu-archive-keyring ;;
    *) origin=Debian suites=trixie component=main keyring=debian-archive-keyring ;;
    esac
    mirror=${PGVECTOR_MIRROR:-$(own_mirror "$origin" "$origin")}
    [ -n "$mirror" ] || die "found no mirror of $origin in this machine's apt; name one: PGVECTOR_MIRROR=..."
    [ -e "/usr/share/keyrings/$keyring.gpg" ] || install "$keyring"
    mkdir -p "$source_dir/apt/lists/partial" "$source_dir/apt/cache/archives/partial" "$source_dir/apt/etc/apt.conf.d"
    : >"$source_dir/apt/status"
    cat >"$source_dir/apt/apt.conf" <<CONF
Dir::State "$source_dir/apt";
Dir::State::Lists "$source_dir/apt/lists";
Dir::State::status "$source_dir/apt/status";
Dir::Cache "$source_dir/apt/cache";
Dir::Etc "$source_dir/apt/etc";
Dir::Etc::SourceList "$source_dir/apt/sources.list";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "";
CONF
    for suite in ${PGVECTOR_SUITE:-$suites}; do
        echo "deb-src [signed-by=/usr/share/keyrings/$keyring.gpg] $mirror $suite $component" >"$source_dir/apt/sources.list"
        if (cd "$source_dir" && export APT_CONFIG="$source_dir/apt/apt.conf" &&
            apt-get -q update && apt-get -q source --download-only pgvector) >"$apt_log" 2>&1; then
            return
        fi
    done
    tail -n 15 "$apt_log" >&2
    die "could not fetch pgvector's source from $mirror"
}

# fetch_headers MAJOR DIR unpacks the server's headers into DIR/headers. The -dev
# package itself would bring clang and pull a newer server in.
fetch_headers() {
    has_lists || { can_be_root && apt_update; }
    have=$(dpkg-query -Wf '${Version}' "postgresql-$1")
    # When the mirror has a newer version only, that does as well: same major.
    (cd "$2" && { apt-get -q download "postgresql-server-dev-$1=$have" ||
        apt-get -q download "postgresql-server-dev-$1"; }) >"$apt_log" 2>&1 || {
        tail -n 15 "$apt_log" >&2
        die "could not fetch the headers of PostgreSQL $1"
    }
    dpkg-deb -x "$2"/postgresql-server-dev-*.deb "$2/headers"
}

# build_vector MAJOR DIR leaves vector.so, vector.control and vector--*.sql in
# DIR/out.
build_vector() {
    has_compiler || install gcc libc6-dev
    fetch_headers "$1" "$2"
    fetch_source "$2"
    mkdir "$2/src" "$2/out"
    tar -xf "$2"/pgvector_*.orig.tar.* -C "$2/src" --strip-components=1
    version=$(vector_version "$2/src/vector.control")
    at_least "$version" "$min_vector" || die "the source is pgvector $version, and $min_vector or newer is needed"
    say "building pgvector $version for PostgreSQL $1"
    # pgvector's own flags, without -march=native: the folder may move to another
    # machine.
    gcc -O2 -fPIC -shared -ftree-vectorize -fassociative-math -fno-signed-zeros -fno-trapping-math \
        -fno-strict-aliasing -fwrapv -D_GNU_SOURCE -I"$2/headers/usr/include/postgresql/$1/server" -I"$2/src" \
        -Wl,-z,relro -Wl,-z,now -s -o "$2/out/vector.so" "$2"/src/src/*.c -lm
    cp "$2/src/vector.control" "$2"/src/sql/vector--*--*.sql "$2/out/"
    cp "$2/src/sql/vector.sql" "$2/out/vector--$version.sql"
}

# install_vector_system MAJOR DIR installs DIR/out as a small package, so that
# dpkg knows the files, apt can remove them, and a real package replaces them.
install_vector_system() {
    root=$2/deb lib=$2/deb/usr/lib/postgresql/$1/lib extension=$2/deb/usr/share/postgresql/$1/extension
    mkdir -p "$root/DEBIAN" "$lib" "$extension"
    cp "$2/out/vector.so" "$lib/"
    cp "$2"/out/vector.control "$2"/out/vector--*.sql "$extension/"
    chmod -R u=rwX,go=rX "$root"
    cat >"$root/DEBIAN/control" <<CONTROL
Package: postgresql-$1-pgvector
Version: $version-0parley1
Architecture: $(dpkg --print-architecture)
Depends: postgresql-$1
Maintainer: built on this machine <root@localhost>
Description: vector similarity search for PostgreSQL $1
 Built on this machine by Parley's setup script from the distribution's source.
CONTROL
    dpkg-deb --root-owner-group --build "$root" "$2/pgvector.deb" >/dev/null
    install "$2/pgvector.deb"
}

# install_vector_private MAJOR DIR TREE makes a server of our own below TREE.
# PostgreSQL finds its files relative to its program and resolves links to that,
# so three programs are copied and everything else is linked.
install_vector_private() {
    from_lib=/usr/lib/postgresql/$1 from_share=/usr/share/postgresql/$1
    lib=$3/lib/postgresql/$1 share=$3/share/postgresql/$1
    rm -rf "$lib" "$share"
    [ -d "${3%/*}" ] || (umask 077 && mkdir -p "${3%/*}") # the data folder is closed to others
    mkdir -p "$lib/bin" "$lib/lib" "$share/extension"
    cp "$from_lib/bin/postgres" "$from_lib/bin/initdb" "$from_lib/bin/pg_ctl" "$lib/bin/"
    ln -s "$from_lib"/lib/* "$lib/lib/"
    for file in "$from_share"/*; do
        [ "${file##*/}" = extension ] || ln -s "$file" "$share/"
    done
    ln -s "$from_share"/extension/* "$share/extension/"
    # An older pgvector of the system is linked by now.
    rm -f "$lib/lib/vector.so" "$share"/extension/vector.control "$share"/extension/vector--*.sql
    cp "$2/out/vector.so" "$lib/lib/"
    cp "$2"/out/vector.control "$2"/out/vector--*.sql "$share/extension/"
}
