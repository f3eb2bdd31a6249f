#!/bin/sh
# Runs each fuzzer for FUZZ_SECONDS (default 10): run.sh SOURCE-ROOT FUZZER...
# Seeds come from tests/fuzz/corpus/<name>/ where there are any; what is found
# on the way is kept beside the fuzzer in the build directory.

src=$(cd "$1" && pwd)
FORUMD_SOURCE=$src
export FORUMD_SOURCE
shift
passed=0
failed=0
for f in "$@"; do
	name=$(basename "$f")
	name=${name#fuzz_}
	mkdir -p "$f.corpus"
	seeds=$src/tests/fuzz/corpus/$name
	[ -d "$seeds" ] || seeds=
	if "./$f" -max_total_time="${FUZZ_SECONDS:-10}" -max_len=16384 \
	    -timeout=5 -rss_limit_mb=2048 -artifact_prefix="$f." \
	    "$f.corpus" $seeds >"$f.log" 2>&1; then
		passed=$((passed + 1))
		runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$f.log")
		echo "fuzz $name: $runs runs, clean"
	else
		failed=$((failed + 1))
		echo "fuzz $name: FAILED"
		tail -n 60 "$f.log"
	fi
done
[ $# -gt 0 ] || echo "fuzz: no fuzzers in this build (--enable-fuzz, CC=clang)"
echo "fuzz: $passed passed, $failed failed"
[ $failed -eq 0 ]
