#!/bin/sh
# Prepares, builds, runs and checks forumd on Debian 12.
#
#   ./autogen.sh         write sources.am and configure (nothing else)
#   ./autogen.sh build   packages, configure, make: build/forumd and its tools
#   ./autogen.sh run     build, then a forum with the seeds on 127.0.0.1:8080
#   ./autogen.sh check   build, then every test
#
# FORUMD_DATA names the data directory of run (default ./data), FORUMD_LISTEN
# its address (default 127.0.0.1:8080).

set -eu
umask 022
cd "$(dirname "$0")"

# The one list of Debian packages: what is compiled and linked, then what the
# tests use.
BUILD_PACKAGES="gcc libc6-dev make autoconf automake pkg-config libevent-dev
libssl-dev libjansson-dev libhiredis-dev libsqlite3-dev libmd4c-dev
libpcre2-dev libcurl4-openssl-dev libicu-dev zlib1g-dev libbrotli-dev
liblinear-dev check"
TEST_PACKAGES="python3 nginx-light redis-server haproxy nftables faketime golang-go
golang-golang-x-mod-dev cppcheck
clang libclang-rt-14-dev clang-tidy valgrind xfsprogs e2fsprogs wrk chromium
sqlite3"
# Node may have come from elsewhere than Debian.
command -v npm >/dev/null || TEST_PACKAGES="$TEST_PACKAGES nodejs npm"

say()
{
	printf '%s\n' "$*"
}

# Installs what is missing of the packages given; silent and without the
# network when nothing is.
install_packages()
{
	missing=
	for p in "$@"; do
		s=$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null || true)
		[ "$s" = "install ok installed" ] || missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	sudo=
	[ "$(id -u)" -eq 0 ] || sudo=sudo
	say "autogen.sh: installing Debian packages:$missing"
	$sudo apt-get update -q
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y \
	    --no-install-recommends $missing
}

# Prints "NAME = a.c b.c" for the files given, or an empty list.
list()
{
	name=$1
	shift
	printf '%s =' "$name"
	for f in "$@"; do
		[ -f "$f" ] && printf ' \\\n\t%s' "$f"
	done
	printf '\n'
}

# The sources of a library: the folder's .c files but the programs' mains.
library()
{
	name=$1
	dir=$2
	set --
	for f in "$dir"/*.c; do
		case $f in
		*_main.c) ;;
		*) set -- "$@" "$f" ;;
		esac
	done
	list "$name" "$@"
}

program()
{
	[ -f "$2" ] || return 0
	printf 'bin_PROGRAMS += %s\n' "$1"
	printf '%s_SOURCES = %s\n' "$(printf %s "$1" | tr - _)" "$2"
}

# One program per test file; $1 the file, $2 and $3 the variables that name
# the program and its libraries, $4 more lines.
test_program()
{
	p=${1%.c}
	v=$(printf %s "$p" | tr / _ | tr - _)
	printf '%s += %s\n%s_SOURCES = %s\n' "$2" "$p" "$v" "$1"
	printf '%s_LDADD = %s\n' "$v" "$3"
	[ -z "${4:-}" ] || printf '%s_LDFLAGS = %s\n' "$v" "$4"
}

sources()
{
	printf '# Written by autogen.sh from the folders; not in git.\n'
	library libbase_a_SOURCES storage/base
	library libstorage_a_SOURCES storage
	library libmoderation_a_SOURCES moderation
	library libforumd_a_SOURCES forumd
	program forumd forumd/forumd_main.c
	program forumctl forumd/forumctl_main.c
	program forum-audit forumd/audit_main.c
	program forum-train moderation/train_main.c
	list ASSETS forumd/web/* conf/policy.json conf/locales/*.json
	printf 'FUZZERS =\nEXTRA_PROGRAMS =\n'
	printf 'if HAVE_CHECK\n'
	for f in tests/unit/check_*.c tests/unit/fault_*.c; do
		[ -f "$f" ] &&
		    test_program "$f" check_PROGRAMS '$(UNIT_LDADD)'
	done
	printf 'endif\nif ENABLE_FUZZ\n'
	for f in tests/fuzz/fuzz_*.c; do
		[ -f "$f" ] &&
		    test_program "$f" FUZZERS '$(LDADD)' \
		    '$(AM_LDFLAGS) $(FUZZ_LDFLAGS)'
	done
	printf 'noinst_PROGRAMS += $(FUZZERS)\nendif\n'
	for f in tests/bench/*.c; do
		[ -f "$f" ] && test_program "$f" EXTRA_PROGRAMS '$(LDADD)'
	done
	return 0
}

# Writes configure.  Several may do so at once, so one at a time; files that
# would not change are left alone, so that make does not start afresh.
prepare()
(
	exec 9>.autogen.lock
	flock 9
	sources >sources.am.new
	if cmp -s sources.am.new sources.am; then
		rm sources.am.new
	else
		mv sources.am.new sources.am
	fi
	if [ ! -f configure ] || [ ! -f Makefile.in ] ||
	    [ configure.ac -nt configure ] || [ Makefile.am -nt Makefile.in ] ||
	    [ sources.am -nt Makefile.in ]; then
		autoreconf --install --force 9>&-
	fi
)

build()
{
	# shellcheck disable=SC2086
	install_packages $BUILD_PACKAGES
	prepare
	mkdir -p build
	[ -f build/config.status ] || (cd build && ../configure --quiet)
	make -C build -s -j"$(nproc)" all
}

check()
{
	# shellcheck disable=SC2086
	install_packages $BUILD_PACKAGES $TEST_PACKAGES
	build
	status=0
	make -C build -s -j"$(nproc)" unit || status=1
	make -C build -s walk || status=1
	make -C build -s browser || status=1
	return $status
}

case ${1:-} in
"") prepare ;;
build) build ;;
run) build; exec sh seeds/run.sh build "${FORUMD_DATA:-data}" \
    "${FORUMD_LISTEN:-127.0.0.1:8080}" ;;
check) check ;;
*) say "usage: ./autogen.sh [build | run | check]" >&2; exit 2 ;;
esac
