#!/bin/sh
# Builds the simulated library and puts it into a folder under the names by which programs look for it.
#
# Usage: lay_out.sh FOLDER [--version-nodes]
#
# With --version-nodes the exported names have the versions of the vendor's library. Few programs ask for them;
# this takes a C compiler.
set -eu

usage() {
    sed -n '2,7s/^# \{0,1\}//p' "$0"
    exit "$1"
}
case ${1:-} in
    '') usage 2 >&2 ;;
    -h | --help) usage 0 ;;
esac
case ${2:-} in
    '' | --version-nodes) ;;
    *) usage 2 >&2 ;;
esac

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
versioned=${2:-}

cd "$here"
target=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
if [ "$versioned" ]; then
    cargo rustc --release --quiet --package framepool-pvcam-sim --lib --crate-type staticlib
    ${CC:-cc} -shared -o "$folder/libpvcam.so.2" \
        -Wl,--whole-archive "$target/release/libframepool_pvcam_sim.a" -Wl,--no-whole-archive \
        -Wl,--version-script="$here/versions.map" -Wl,-soname,libpvcam.so.2 -lpthread -ldl -lm -lgcc_s
else
    # As a plain `cargo build --release` does, which puts it into the same file.
    cargo build --release --quiet --lib --package framepool-pvcam-sim --package framepool-pvcam
    # A program may have the old one loaded: it keeps that.
    install -m 755 "$target/release/libframepool_pvcam_sim.so" "$folder/libpvcam.so.2"
fi
# PyVCAM, and what links the vendor's library; then names by which others load it.
for name in libpvcam.so pvcam.so pvcam64.dll; do
    ln -sf libpvcam.so.2 "$folder/$name"
done
echo "$folder: libpvcam.so.2, libpvcam.so, pvcam.so, pvcam64.dll"
