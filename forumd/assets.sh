#!/bin/sh
# Prints the C file that carries the browser files, the policy and the
# locales: assets.sh SOURCE-ROOT FILE...  The bytes are taken in by the
# assembler (.incbin), which costs nothing however large they grow; names are
# the paths from the source root, without the leading "forumd/".

root=$1
shift
printf '/* Written by forumd/assets.sh. */\n\n#include "forumd/assets.h"\n\n'
n=0
for f in "$@"; do
	f=${f#"$root"/}
	printf '__asm__(".section .rodata\\n.balign 16\\nasset_bytes_%d:\\n"\n' $n
	printf '    ".incbin \\"%s/%s\\"\\n.byte 0\\n.previous\\n");\n' "$root" "$f"
	printf 'extern const unsigned char asset_bytes_%d[];\n\n' $n
	n=$((n + 1))
done
printf 'const struct asset assets[] = {\n'
n=0
for f in "$@"; do
	f=${f#"$root"/}
	case $f in
	*.css) type="text/css; charset=utf-8" ;;
	*.js | *.mjs) type="text/javascript; charset=utf-8" ;;
	*.json) type="application/json" ;;
	*.svg) type="image/svg+xml" ;;
	*.png) type="image/png" ;;
	*.ico) type="image/x-icon" ;;
	*.woff2) type="font/woff2" ;;
	*.html) type="text/html; charset=utf-8" ;;
	*.txt) type="text/plain; charset=utf-8" ;;
	*.webmanifest) type="application/manifest+json" ;;
	*) type="application/octet-stream" ;;
	esac
	printf '\t{ "%s", asset_bytes_%d, %d, "%s" },\n' "${f#forumd/}" $n \
	    "$(wc -c <"$root/$f")" "$type"
	n=$((n + 1))
done
printf '\t{ 0, 0, 0, 0 }\n};\n\nconst size_t assets_count = %d;\n' $n
