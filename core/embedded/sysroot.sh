#!/usr/bin/env bash
# Libraries for microcontrollers where rustup cannot be asked for them: `core` and `alloc` built from
# Debian's sources of the compiler's own version, into a folder that serves as --sysroot.
#
# Usage: sysroot.sh CACHE TARGET...      prints the folder
#
# Environment: RUSTC, the compiler; RUST_SRC, the package with its sources. An archive must have it in
# that version: see apt.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$1
shift
rustc=${RUSTC:-rustc}
cargo=${CARGO:-cargo}
package=${RUST_SRC:-rust-src}
version=$("$rustc" -V | cut -d' ' -f2)
# Another one when this file changes: what was built against it is then built again.
out=$cache/sysroot-$version-$(cksum < "$0" | cut -d' ' -f1)
mkdir -p "$out"
say() { echo "sysroot: $*" >&2; }

missing=()
for target in "$@"; do
    [ -e "$out/lib/rustlib/$target/done" ] || missing+=("$target")
done

if [ ${#missing[@]} -gt 0 ]; then
    source=$cache/rust-src-$version
    if [ ! -e "$source" ]; then
        say "fetching $package $version"
        "$here/apt.sh" "$cache/apt" unpack "$source.part" "$package" "$version"
        mv "$source.part" "$source"
    fi
    library=$(echo "$source"/usr/src/rustc*/library)
    build=$cache/build-$version
    say "building core and alloc for ${missing[*]}"
    # With bitcode, for link-time optimisation.
    RUSTC_BOOTSTRAP=1 RUSTFLAGS='-Zforce-unstable-if-unmarked -Cembed-bitcode=yes' \
        "$cargo" build --quiet --locked --release --manifest-path "$library/alloc/Cargo.toml" \
        --features compiler-builtins-mem "${missing[@]/#/--target=}" --target-dir "$build" >&2
    for target in "${missing[@]}"; do
        mkdir -p "$out/lib/rustlib/$target/lib"
        # The last of these is there in older versions only.
        for name in core alloc compiler_builtins rustc_std_workspace_core; do
            find "$build/$target/release/deps" -name "lib$name-*.rlib" \
                -exec cp {} "$out/lib/rustlib/$target/lib/" \;
        done
        touch "$out/lib/rustlib/$target/done"
    done
    rm -rf "$build"
fi
echo "$out"
