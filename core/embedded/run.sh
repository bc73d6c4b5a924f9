#!/usr/bin/env bash
# Runs the core on microcontrollers, under QEMU: the firmwares of `firmware` on each target, their
# interrupts swept over the timer's periods, and then counts what a pool costs there.
#
# Usage: run.sh --rustup | --apt [--check | --write]
#
#   --rustup    libraries from rustup; qemu-system-arm and qemu-system-riscv32 are there
#   --apt       libraries built from Debian's rust-src, QEMU from Debian's backports, and also a build
#               with the oldest compiler that is supported; all kept in FRAMEPOOL_CACHE (default:
#               ~/.cache/framepool)
#   --check     the table of costs must be the one in README.md
#   --write     puts it there
set -euo pipefail
cd "$(dirname "$0")"

libraries=${1:-}
table=${2:-}
case $libraries in --rustup | --apt) ;; *) sed -n '2,/^set/s/^# \{0,1\}//p' run.sh; exit 2 ;; esac
cache=${FRAMEPOOL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/framepool}
mkdir -p "$cache"
# One for all targets, beside what else is kept.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}

# what it is | target | features | machine
boards() {
    cat <<'BOARDS'
Cortex-M4|thumbv7em-none-eabihf||arm -machine mps2-an386
Cortex-M3|thumbv7m-none-eabi||arm -machine mps2-an385
Cortex-M0, critical section|thumbv6m-none-eabi|critical-section|arm -machine microbit
Cortex-M0, single core|thumbv6m-none-eabi|single-core|arm -machine microbit
RISC-V rv32imac|riscv32imac-unknown-none-elf||riscv32 -machine virt -bios none
RISC-V rv32imc, critical section|riscv32imc-unknown-none-elf|critical-section|riscv32 -machine virt -bios none -cpu rv32,a=off,zawrs=off
BOARDS
}
targets=$(boards | cut -d'|' -f2 | sort -u)

if [ "$libraries" = --rustup ]; then
    # shellcheck disable=SC2086
    rustup target add $targets
else
    missing=()
    for system in arm riscv32; do
        command -v "qemu-system-$system" > /dev/null || missing=(qemu-system-arm qemu-system-riscv)
    done
    [ ${#missing[@]} -eq 0 ] || ./apt.sh "$cache/apt" install "${missing[@]}" > /dev/null
    # shellcheck disable=SC2086
    sysroot=$(./sysroot.sh "$cache" $targets)
    for target in $targets; do
        name=$(tr 'a-z-' 'A-Z_' <<< "$target")
        export "CARGO_TARGET_${name}_RUSTFLAGS=--sysroot $sysroot"
    done
    ./msrv.sh "$cache"
fi
python=$cache/venv/bin/python
if ! "$python" -c 'import elftools' 2> /dev/null; then
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet pyelftools
fi

costs=$(mktemp)
trap 'rm -f "$costs"' EXIT
while IFS='|' read -r board target cas machine; do
    echo "== $board ($target)"
    features=()
    if [ -n "$cas" ]; then
        features=(framepool-firmware/cas-"$cas" framepool-probe/heapless-"$cas")
    elif [[ $target == riscv* ]]; then
        # heapless needs 64-bit atomics there, which the target lacks.
        features=(framepool-probe/heapless-critical-section)
    fi
    cargo build --quiet --locked --release --target "$target" --workspace --bins --examples \
        ${features[0]:+--features "$(IFS=,; echo "${features[*]}")"}
    cargo clippy --quiet --locked --release --target "$target" --workspace --bins --examples \
        ${features[0]:+--features "$(IFS=,; echo "${features[*]}")"} -- -D warnings
    built=$CARGO_TARGET_DIR/$target/release
    read -r -a qemu <<< "qemu-system-$machine -nographic -monitor none -serial none \
        -semihosting-config enable=on,target=native"
    for firmware in exchange waiting examples/line_sensor examples/async_camera; do
        timeout 120 "${qemu[@]}" -icount shift=5,sleep=off -kernel "$built/$firmware" < /dev/null
    done
    "$python" count.py measure "$board" "$built" "${qemu[@]}" >> "$costs" < /dev/null
done < <(boards)
"$python" count.py table "$costs" ../../README.md "$table"
