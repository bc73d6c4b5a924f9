#!/bin/sh
# Fuzzes on stable, without cargo-fuzz: fuzz/run.sh TARGET SECONDS [libFuzzer options], where `all`
# stands for every target in turn. Needs a C++ compiler. New inputs go to target/fuzz/, failing ones
# to fuzz/artifacts/TARGET/: copy those to fuzz/regressions/TARGET/, where plain tests replay them.
set -eu
if [ $# -lt 2 ]; then
    echo "usage: $0 TARGET|all SECONDS [libFuzzer options]" >&2
    exit 2
fi
target=$1 seconds=$2
shift 2
cd "$(dirname "$0")/.."
if [ "$target" = all ]; then
    for source in fuzz/fuzz_targets/*.rs; do
        fuzz/run.sh "$(basename "$source" .rs)" "$seconds" "$@"
    done
    exit
fi

host=$(rustc -vV | sed -n 's/^host: //p')
dir=${CARGO_TARGET_DIR:-target}/fuzz
# What cargo-fuzz passes, without a sanitizer. With --target, build scripts are left alone.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 -Cdebug-assertions=on \
-Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
# Without link-time optimisation: it makes the build slower.
CARGO_PROFILE_RELEASE_LTO=off cargo build --release --target "$host" --target-dir "$dir" \
    -p framepool-fuzz --features libfuzzer --bin "$target"

mkdir -p "$dir/corpus/$target" "fuzz/artifacts/$target"
exec "$dir/$host/release/$target" -max_total_time="$seconds" -max_len=1024 -timeout=10 \
    -artifact_prefix="fuzz/artifacts/$target/" "$@" \
    "$dir/corpus/$target" "fuzz/corpus/$target" "fuzz/regressions/$target"
