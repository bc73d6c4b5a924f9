#!/usr/bin/env bash
# Runs core's tests under Miri, which sees undefined behaviour that no processor shows: broken borrows,
# pointers without provenance, uninitialised memory, data races, leaks. Minutes, not seconds.
#
# Needs a nightly toolchain with the components miri and rust-src. Without it exits with 3: skipped.
#
# Usage: core/miri.sh [--if-present]      skipped is not an error: exits with 0
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cargo +nightly miri --version > /dev/null 2>&1; then
    echo 'skipped: no nightly toolchain with miri is installed'
    if [ "${1:-}" = --if-present ]; then exit 0; fi
    exit 3
fi
cargo +nightly miri setup

flags='-Zmiri-strict-provenance -Zmiri-tree-borrows'
package=(-p framepool-core --features 'alloc,bytes')

# Not here: stress, which takes native speed; ui and no_panic, which compile other programs; tests that
# read sources. What is skipped asks for more memory than there is, which Miri cannot refuse.
MIRIFLAGS=$flags cargo +nightly miri test "${package[@]}" --lib --test pools --test buffers \
    --test groups --test hooks --test bytes -- --skip impossible_pools_are_errors
# These forget on purpose.
MIRIFLAGS="$flags -Zmiri-ignore-leaks" cargo +nightly miri test "${package[@]}" --test forget
