#!/bin/sh
# cppcheck over all sources: lint.sh SOURCE-ROOT.  Clean means no line printed.
cd "${1:-.}" || exit 2
cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability \
    --inline-suppr --suppress=missingIncludeSystem --error-exitcode=1 \
    -D_GNU_SOURCE -D__GNUC__=12 -I. -j"$(nproc)" \
    storage moderation forumd || exit 1
echo "lint: cppcheck clean"
