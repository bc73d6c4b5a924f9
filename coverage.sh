#!/usr/bin/env bash
# Measures which lines and branches of core and runtime their tests and the fuzzing replay reach.
#
# Needs llvm-profdata and llvm-cov of the compiler's LLVM (rustc -vV), from PATH or named by
# LLVM_PROFDATA and LLVM_COV. Prints a table; with --lines also every line that was not reached.
set -euo pipefail
cd "$(dirname "$0")"
profdata=${LLVM_PROFDATA:-llvm-profdata}
cov=${LLVM_COV:-llvm-cov}
out=$PWD/target/coverage
rm -rf "$out/profiles"
mkdir -p "$out/profiles"

# Branches are an unstable option of the stable compiler.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS='-Cinstrument-coverage -Zcoverage-options=branch'
export CARGO_TARGET_DIR=$out
# A child process of a test writes its own profile.
export LLVM_PROFILE_FILE=$out/profiles/%p-%m.profraw
packages=(-p framepool-core -p framepool -p framepool-fuzz)
features=(--features framepool-core/bytes,framepool-core/serde)
# What compiles other programs shows nothing here.
skip=(--skip misuse_does_not_compile --skip acquire_and_release_link)

cargo test --quiet --tests "${packages[@]}" "${features[@]}" -- "${skip[@]}" > "$out/tests.log" ||
    { cat "$out/tests.log" >&2; exit 1; }
"$profdata" merge --sparse "$out"/profiles/*.profraw -o "$out/merged.profdata"

objects=()
while read -r program; do
    objects+=(--object "$program")
done < <(cargo test --quiet --no-run --tests "${packages[@]}" "${features[@]}" \
    --message-format=json | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
shown=("${objects[@]}" --instr-profile "$out/merged.profdata"
    --ignore-filename-regex='/(tests|fuzz|benches|pvcam|target)/|/.cargo/|/rustc/')
"$cov" report "${shown[@]}" |
    awk 'BEGIN { print "file lines missed reached branches missed reached" }
        /\.rs|TOTAL/ { print $1, $8, $9, $10, $11, $12, $13 }' | column -t
if [ "${1:-}" = --lines ]; then
    "$cov" show "${shown[@]}" --show-branches=count |
        grep -E '^ +[0-9]+\| +0\||^/.*\.rs:$|Branch.*: 0[,\]]' || true
fi
