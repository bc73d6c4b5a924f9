#!/usr/bin/env bash
# The whole proof, in one command: one line per check, begun when the check begins, logs in target/deep/,
# exit code 1 if any fails. What is missing on this machine fails its check, and says so in its log.
#
# Needs, beside the toolchain: spin, gcc, g++, valgrind (Debian's packages of these names), and a
# nightly toolchain for the sanitizers.
#
# Usage: loom-tests/deep.sh [TEXT]      only checks whose name contains TEXT
set -uo pipefail
cd "$(dirname "$0")/.."
only=${1:-}
logs=$PWD/target/deep
mkdir -p "$logs"
failed=0 checked=0

check() { # name, command...
    local name=$1 began=$SECONDS log
    shift
    case $name in *"$only"*) ;; *) return ;; esac
    checked=$((checked + 1))
    log=$logs/$(tr -c 'a-z0-9\n' - <<< "$name").log
    printf '%-58s ' "$name"
    if "$@" > "$log" 2>&1; then
        printf 'ok      %5s s\n' "$((SECONDS - began))"
    else
        printf 'FAILED  %5s s   %s\n' "$((SECONDS - began))" "$log"
        failed=1
    fi
}

sanitized() { # sanitizer, command...
    local target
    target=$(rustc -vV | sed -n 's/^host: //p')
    RUSTFLAGS=-Zsanitizer=$1 ASAN_OPTIONS=allocator_may_return_null=1 \
        cargo +nightly test --release --target "$target" --target-dir "target/$1" "${@:2}"
}

check 'mutants, each killed or excused' cargo run --release -p framepool-loom-tests --bin mutants
check 'models, in as many orders as end' \
    cargo run --release -p framepool-loom-tests --bin mutants -- --models
check 'loom itself' cargo test --release -p framepool-loom-tests --test loom_itself
check 'waiting and lock-freedom, any number of rounds' loom-tests/spin/check.sh
check 'eight threads, 2 000 random schedules each' \
    env FRAMEPOOL_SCHEDULES=2000 cargo test --release -p framepool-shuttle-tests
check 'a hundred million random operations each' \
    env FRAMEPOOL_RANDOM_OPS=100000000 cargo test --release -p framepool-fuzz --test random -- \
    --nocapture
check 'ten million each, address sanitizer' \
    env FRAMEPOOL_RANDOM_OPS=10000000 bash -c "$(declare -f sanitized); sanitized address \
        -p framepool-fuzz --test random"
for tool in memcheck address thread models; do
    check "stress and unit tests, $tool" core/check.sh "$tool"
done
for check in calls threads c; do
    check "simulated library, $check" pvcam/sim/check.sh "$check"
done
for target in pool_ops buffer_ops multi_pool async_ops lease_ops sdk_calls sdk_frames; do
    check "fuzzing, two minutes: $target" fuzz/run.sh "$target" 120
done
if [ "$checked" = 0 ]; then
    echo "no check has a name with '$only'" >&2
    exit 2
fi
exit "$failed"
