#!/usr/bin/env bash
# Builds framepool-core with a compiler of the version that its Cargo.toml declares, for this machine
# with all features and for a Cortex-M3. The compiler is Debian's, unpacked into the cache.
#
# Usage: msrv.sh CACHE
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$(mkdir -p "$1" && cd "$1" && pwd)
declared=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$here/../Cargo.toml")
root=$cache/rustc-$declared

if [ ! -e "$root" ]; then
    rm -rf "$root.part"
    # The compiler, its library for this machine, and what it links.
    for package in rustc-web libstd-rust-web-dev "libstd-rust-web-$declared"; do
        "$here/apt.sh" "$cache/apt" unpack "$root.part" "$package" "$declared"
    done
    for package in libllvm19 libz3-4; do
        "$here/apt.sh" "$cache/apt" unpack "$root.part" "$package" ''
    done
    cat > "$root.part/rustc" <<SH
#!/bin/sh
LD_LIBRARY_PATH=$root/usr/lib/$(uname -m)-linux-gnu exec $root/usr/bin/rustc "\$@"
SH
    chmod +x "$root.part/rustc"
    mv "$root.part" "$root"
fi
export RUSTC=$root/rustc
"$RUSTC" -V
export CARGO_TARGET_DIR=$cache/target-$declared
sysroot=$(RUST_SRC=rust-web-src "$here/sysroot.sh" "$cache" thumbv7m-none-eabi)
cd "$here/.."
cargo build --quiet --locked -p framepool-core --all-features
cd "$here"
CARGO_TARGET_THUMBV7M_NONE_EABI_RUSTFLAGS="--sysroot $sysroot" \
    cargo build --quiet --locked -p framepool-core --target thumbv7m-none-eabi
echo "framepool-core builds with $declared: $(uname -m) with all features, thumbv7m-none-eabi"
