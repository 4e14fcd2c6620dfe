#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the fuzz targets, one after the other (build them first: cmake --preset fuzz && cmake --build --preset fuzz).
#
#   tests/fuzz/run_fuzzers.sh [--seconds S | --runs N] [TARGET…]
#
# Stops at the first finding, which lies in build/fuzz/findings then. Inputs that reach new code are kept in build/fuzz/corpus.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$here/../../build/fuzz
limit=(-max_total_time=20)
targets=()
while [ $# -gt 0 ]; do
    case "$1" in
        --seconds) limit=(-max_total_time="$2"); shift 2 ;;
        --runs) limit=(-runs="$2"); shift 2 ;;
        -h | --help) sed -n '3,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) targets+=("$1"); shift ;;
    esac
done
if [ ${#targets[@]} -eq 0 ]; then
    for program in "$build"/bin/fuzz_*; do targets+=("$(basename "$program" | sed 's/^fuzz_//')"); done
fi
[ -d /dev/shm ] && export TMPDIR=/dev/shm  # the files that the readers open
export ASAN_OPTIONS=allocator_may_return_null=0:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
findings=$build/findings
mkdir -p "$findings"
printf '%-20s %10s %8s %8s %10s\n' target runs seconds MiB "slowest s"
for target in "${targets[@]}"; do
    corpus=$build/corpus/$target
    mkdir -p "$corpus"
    log=$findings/$target.log
    begun=$SECONDS
    # The bounds: 64 MiB for one allocation, 1 GiB for the process (the sanitizer's own memory included), inputs of at most 8 KiB.
    if ! nice -n 15 "$build/bin/fuzz_$target" "$corpus" "$here/corpus/$target" "${limit[@]}" -max_len=8192 -timeout=5 -report_slow_units=1 \
        -malloc_limit_mb=64 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$findings/$target-" >"$log" 2>&1; then
        tail -n 60 "$log"
        echo "error: $target has a finding, see $findings" >&2
        exit 1
    fi
    stat() { sed -n "s/^stat::$1: *//p" "$log"; }
    printf '%-20s %10s %8s %8s %10s\n' "$target" "$(stat number_of_executed_units)" $((SECONDS - begun)) "$(stat peak_rss_mb)" "$(stat slowest_unit_time_sec)"
done
