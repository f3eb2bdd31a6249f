#!/bin/sh
# Runs the browser tests against a build: run.sh BUILD-DIR.  What they need
# from npm (package-lock.json) is fetched once into node_modules; where there
# is no Node, no Chromium or no registry they are skipped with the reason.

skip()
{
	echo "browser: skipped: $1"
	echo "browser: 0 passed, 0 failed, 1 skipped"
	exit 0
}

FORUMD_BUILD=$(cd "$1" && pwd) && export FORUMD_BUILD
cd "$(dirname "$0")" || exit 2
command -v node >/dev/null || skip "no node"
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || skip "no Chromium"
if [ ! -d node_modules ]; then
	echo "browser: fetching the packages of package-lock.json"
	npm ci --ignore-scripts --no-audit --no-fund >/dev/null 2>&1 ||
	    skip "npm ci: no registry"
fi
out=$(mktemp)
# BROWSER_TRIES=2: what failed is said, and all is tried once more, so that a
# busy machine is told from a fault.
for try in $(seq "${BROWSER_TRIES:-1}"); do
	node --test --test-timeout=240000 --test-concurrency=2 \
	    --test-reporter=tap . >"$out" 2>&1
	rc=$?
	[ $rc -ne 0 ] || break
	[ "$try" -eq "${BROWSER_TRIES:-1}" ] ||
	    grep -A12 '^ *not ok' "$out"
done
[ $rc -eq 0 ] || grep -vE '^ *(duration_ms|type:|---|\.\.\.)' "$out"
awk -v rc=$rc '
    /^# pass / { p = $3 } /^# fail / { f = $3 }
    /^# cancelled / { f += $3 } /^# skipped / { s = $3 }
    END { if (rc && !f) f = 1
	printf "browser: %d passed, %d failed, %d skipped\n", p, f, s }' "$out"
rm -f "$out"
exit $rc
