#!/usr/bin/env bash
# Checks of the simulated library that take a nightly toolchain, or valgrind: no part of every CI run.
#
#   calls     1 000 000 random calls with random arguments, under the address sanitizer
#   threads   eight threads that call everything at once, and the tests with handlers of their own, under the thread
#             sanitizer
#   c         the client in C, from init to uninit, under valgrind
#
# Usage: pvcam/sim/check.sh [calls] [threads] [c]        all of them if none is named
set -euo pipefail
cd "$(dirname "$0")/../.."
host=$(rustc -vV | sed -n 's/^host: //p')

sanitized() { # sanitizer, flags, arguments of cargo test
    RUSTFLAGS=$2 CARGO_PROFILE_RELEASE_LTO=off \
        cargo +nightly test --target "$host" --target-dir "target/$1" "${@:3}"
}

calls() {
    export FRAMEPOOL_SIM_CONFIG=$PWD/pvcam/sim/clients/cameras.toml FRAMEPOOL_RANDOM_OPS=1000000
    sanitized address -Zsanitizer=address --release -p framepool-fuzz --test random random_sdk_calls -- --nocapture
}

# The standard library is not instrumented; what it is then accused of is in that list.
threads() {
    export TSAN_OPTIONS="suppressions=$PWD/core/tsan.supp" RUST_TEST_THREADS=1
    sanitized thread '-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer' -p framepool-pvcam-sim \
        --test threads --test sequences --test metadata --test states
}

c() { pvcam/sim/clients/run.sh c; }

if [ $# -eq 0 ]; then
    set -- calls threads c
fi
for check in "$@"; do
    case $check in
        calls | threads | c) printf '\n== %s\n' "$check" && ("$check") ;;
        *) echo "no such check: $check" >&2 && exit 2 ;;
    esac
done
