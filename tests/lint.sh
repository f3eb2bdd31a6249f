#!/bin/sh
# cppcheck over all sources: lint.sh SOURCE-ROOT.  Clean means no line printed.
# varFuncNullUB is left out: NULL is a pointer in every C library that we build
# against, so a list of strings may end with it.
cd "${1:-.}" || exit 2
cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability \
    --inline-suppr --suppress=missingIncludeSystem \
    --suppress=varFuncNullUB --error-exitcode=1 \
    -D_GNU_SOURCE -D__GNUC__=12 -I. -j"$(nproc)" \
    storage moderation forumd || exit 1
echo "lint: cppcheck clean"
