#!/usr/bin/env bash
# Runs every test project of the solution and ends with one line "N passed, N failed" for all of them.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
configuration=$1
shift
mkdir -p artifacts/test-results
log=artifacts/test-results/run.log
dotnet test --solution LtxEngine.sln -c "$configuration" --no-build --no-progress "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
count() { sed -n "s/^ *$1: *\([0-9][0-9]*\)$/\1/p" "$log" | tail -n 1; }
passed=$(count succeeded)
failed=$(count failed)
skipped=$(count skipped)
passed=${passed:-0}
failed=${failed:-0}
# A test project that crashed reports no failed test; the run has failed all the same.
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
if [ "${skipped:-0}" -ne 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
[ "$status" -eq 0 ] && [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
