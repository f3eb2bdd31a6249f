#!/bin/sh
# cppcheck over all sources: lint.sh SOURCE-ROOT. Clean means no line printed.
# varFuncNullUB is left out: NULL is a pointer in every C library that we build
# against, so a list of strings may end with it. That it still finds something
# is tried first, on a file with a fault.
cd "${1:-.}" || exit 2

check()
{
	cppcheck --quiet --std=c11 --language=c \
	    --enable=warning,performance,portability --inline-suppr \
	    --suppress=missingIncludeSystem --suppress=varFuncNullUB \
	    --suppress=autoVariables:storage/writer.c \
	    --error-exitcode=1 -D_GNU_SOURCE --include=tests/lint.h \
	    -I. -j"$(nproc)" "$@"
}

bad=$(mktemp -d)
trap 'rm -rf "$bad"' EXIT
printf 'int f(void);\nint f(void) { int a[3]; a[5] = 1; return a[5]; }\n' \
    >"$bad/bad.c"
if check "$bad/bad.c" 2>/dev/null; then
	echo "lint: cppcheck does not see an index out of bounds"
	exit 1
fi
check storage moderation forumd || exit 1
echo "lint: cppcheck clean"
