#!/bin/sh
# Memory errors and definite leaks: valgrind.sh BUILD PROGRAM ... runs each
# unit test, then two walks whose forumd runs under valgrind. What waits for
# Redis against a clock is left out. VALGRIND_TIME: seconds for each program.
# That valgrind sees a leak is tried first.
build=$1
shift
tests=$(cd "$(dirname "$0")" && pwd)
grind="valgrind -q --error-exitcode=9 --leak-check=full
    --errors-for-leak-kinds=definite --num-callers=30
    --suppressions=$tests/valgrind.supp"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#include <stdlib.h>\nint main(void) { return malloc(7) == NULL; }\n' \
    >"$work/leak.c"
${CC:-cc} -O0 -fno-builtin -o "$work/leak" "$work/leak.c" || exit 2
if $grind "$work/leak" >/dev/null 2>&1; then
	echo "valgrind: a leak is not seen"
	exit 1
fi

bad=0 good=0
for program in "$@"; do
	case $program in
	*/check_cluster|*/check_redis_mad|*/check_sequencer_redis) continue ;;
	esac
	CK_FORK=no CK_DEFAULT_TIMEOUT=0 timeout "${VALGRIND_TIME:-400}" \
	    $grind "./$program" >"$work/out" 2>&1
	rc=$?
	if [ $rc -eq 0 ]; then
		good=$((good + 1))
	else
		echo "valgrind: $program: exit $rc"
		tail -n 60 "$work/out"
		bad=$((bad + 1))
	fi
done
WALK_WRAP="$grind" WALK_SMOKE=1 WALK_TIME=4 ${PYTHON3:-python3} -B \
    "$tests/walk/run.py" --build "$build" 10- 12- || bad=$((bad + 1))
echo "valgrind: $good passed, $bad failed"
test $bad -eq 0
