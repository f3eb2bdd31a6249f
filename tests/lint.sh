#!/bin/sh
# cppcheck over all sources: lint.sh SOURCE-ROOT.  Clean means no line printed.
# varFuncNullUB is left out: NULL is a pointer in every C library that we build
# against, so a list of strings may end with it.  The macros of jansson and
# sys/queue.h are spelled out, because cppcheck reads no foreign headers.
cd "${1:-.}" || exit 2
cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability \
    --inline-suppr --suppress=missingIncludeSystem \
    --suppress=varFuncNullUB \
    --suppress=autoVariables:storage/writer.c \
    --error-exitcode=1 -D_GNU_SOURCE -D__GNUC__=12 \
    '-Djson_array_foreach(a,i,v)=for(i=0;(v=json_array_get(a,i));i++)' \
    '-Djson_object_foreach(o,k,v)=for(k=json_next(o);(v=json_get(k));)' \
    '-DLIST_HEAD(n,t)=struct n { struct t *lh_first; }' \
    '-DLIST_ENTRY(t)=struct { struct t *le_next; }' \
    '-DTAILQ_HEAD(n,t)=struct n { struct t *tqh_first; }' \
    '-DTAILQ_ENTRY(t)=struct { struct t *tqe_next; }' \
    '-DLIST_FOREACH(v,h,f)=for(v=(h)->lh_first;v;v=v->f.le_next)' \
    '-DTAILQ_FOREACH(v,h,f)=for(v=(h)->tqh_first;v;v=v->f.tqe_next)' \
    -I. -j"$(nproc)" storage moderation forumd || exit 1
echo "lint: cppcheck clean"
