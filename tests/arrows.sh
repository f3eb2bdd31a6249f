#!/bin/sh
# Arrows point down only: forumd -> moderation -> storage -> storage/base, and
# a foreign library's header stands in its one wrapper.  Reads the #include
# lines of every source file and fails on a wrong one.  Arguments: the source
# root (default: FORUMD_SOURCE, or the folder above this script).

root=${1:-${FORUMD_SOURCE:-$(dirname "$0")/..}}
cd "$root" || exit 2

find forumd moderation storage -name '*.[ch]' | sort | xargs awk '
function floor(path) {
	if (path ~ /^forumd\//) return 4
	if (path ~ /^moderation\//) return 3
	if (path ~ /^storage\/base\//) return 1
	if (path ~ /^storage\//) return 2
	return 0
}
function wrong(why) {
	printf "%s:%d: %s: %s\n", FILENAME, FNR, why, $0
	bad++
}
# The files that may include a foreign header, by the start of its name.
BEGIN {
	allow["sqlite3.h"] = "^storage/db\\.c$"
	allow["hiredis/"] = "^storage/redis\\.c$"
	allow["event2/"] = "^forumd/(loop|conn)(_int)?\\.[ch]$"
	allow["event.h"] = "^forumd/(loop|conn)(_int)?\\.[ch]$"
	allow["openssl/"] = "^(forumd/tls|storage/base/crypto)\\.c$"
	allow["md4c"] = "^[a-z/]*(markup|markdown)\\.c$"
	allow["pcre2.h"] = "^moderation/[a-z_]*\\.c$"
	allow["curl/"] = "^[a-z/]+/[a-z_]*\\.c$"
	allow["unicode/"] = "^[a-z/]+/[a-z_]*\\.c$"
	allow["linear.h"] = "^moderation/[a-z_]*\\.c$"
	allow["zlib.h"] = "^forumd/[a-z_]*\\.c$"
	allow["brotli/"] = "^forumd/[a-z_]*\\.c$"
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	if (!floor(part[2]))
		wrong("not included from the project root")
	else if (floor(part[2]) > floor(FILENAME))
		wrong("arrow points up")
	files++
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	split($0, part, /[<>]/)
	for (h in allow)
		if (index(part[2], h) == 1) {
			if (FILENAME !~ allow[h])
				wrong("foreign header outside its wrapper")
			else
				uses[h] = uses[h] (index(uses[h], FILENAME) ? "" : " " FILENAME)
		}
	files++
}
END {
	once = "sqlite3.h hiredis/ md4c pcre2.h curl/ unicode/ linear.h"
	n = split(once, lib, " ")
	for (i = 1; i <= n; i++)
		if (split(uses[lib[i]], f, " ") > 1) {
			printf "%s is included in more than one file:%s\n", lib[i], uses[lib[i]]
			bad++
		}
	printf "arrows: %d includes read, %d wrong\n", files, bad
	exit bad > 0
}'
