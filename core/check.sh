#!/usr/bin/env bash
# Runs core's tests under valgrind, and under the address and thread sanitizers where a nightly
# toolchain is installed. Minutes, not seconds: no part of every CI run.
#
# `models` runs the models of I7 under the address sanitizer: loom explores the orders, and the
# sanitizer sees whether a pool is touched that was freed, which loom itself does not.
#
# Usage: core/check.sh [memcheck] [address] [thread] [models]      all of them if none is named
set -euo pipefail
cd "$(dirname "$0")/.."

# Tests that compile other programs (ui, no_panic) or read sources (house_rules) show nothing here.
tests=(--lib)
for test in pools groups hooks buffers forget stress bytes; do
    tests+=(--test "$test")
done
package=(-p framepool-core --features alloc,bytes)
# Apart: with the feature `std` a lock is one that the thread sanitizer does not see, and tasks seldom wait here.
kept=(-p framepool-core --features alloc,std --test cached)
host=$(rustc -vV | sed -n 's/^host: //p')
runner=CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<< "$host")_RUNNER

step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }

# What cannot run is an error if it was asked for by name.
missing() {
    if [ -n "$named" ]; then
        echo "failed: $1" >&2
        exit 1
    fi
    echo "skipped: $1"
}

memcheck() {
    step 'memcheck'
    if ! command -v valgrind > /dev/null; then
        missing 'valgrind is not installed'
        return
    fi
    export "$runner=valgrind --quiet --fair-sched=yes --leak-check=full \
--show-leak-kinds=definite --errors-for-leak-kinds=definite --error-exitcode=9"
    cargo test "${package[@]}" --target "$host" "${tests[@]}"
    cargo test "${kept[@]}" --target "$host"
    unset "$runner"
}

# The standard library is not instrumented: that would take its source.
sanitized() {
    step "$1 sanitizer"
    if ! cargo +nightly --version > /dev/null 2>&1; then
        missing 'no nightly toolchain is installed'
        return
    fi
    RUSTFLAGS=$2 cargo +nightly test --target "$host" --target-dir "target/$1" "${@:3}"
}

# A test asks for more memory than there is: that is to be refused, and not the end.
address() {
    export ASAN_OPTIONS=allocator_may_return_null=1
    sanitized address '-Zsanitizer=address' "${package[@]}" "${tests[@]}"
    sanitized address '-Zsanitizer=address' "${kept[@]}"
}

# Loom switches stacks on its own: what is said about that is no finding, nor are its leaks.
models() {
    export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0
    sanitized address '-Zsanitizer=address' --release -p framepool-loom-tests \
        --test i6_owned_waiters --test i7_closing --test i7_freeing --test i7_unwrapping \
        -- --test-threads 1
}

# One test at a time: what tests share, such as how panics are printed, is std's. The threads of each
# test are many all the same.
thread() {
    export RUST_TEST_THREADS=1
    export TSAN_OPTIONS="allocator_may_return_null=1 suppressions=$PWD/core/tsan.supp"
    local flags='-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer'
    sanitized thread "$flags" "${package[@]}" "${tests[@]}"
    sanitized thread "$flags" "${kept[@]}"
}

named=$*
if [ $# -eq 0 ]; then
    set -- memcheck address thread models
fi
for check in "$@"; do
    case $check in
        memcheck | address | thread | models) ("$check") ;;
        *) echo "no such check: $check" >&2; exit 2 ;;
    esac
done

step 'done'
