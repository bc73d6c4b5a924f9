#!/usr/bin/env bash
# Checks the models of the waiter protocol and of lock-freedom with spin, and that their mutants are
# found. Needs spin and gcc (Debian: apt install spin gcc), and 6 GB of memory for four tasks.
#
# Usage: loom-tests/spin/check.sh [--quick]      three tasks instead of four
set -euo pipefail
models=$(cd "$(dirname "$0")" && pwd)
tasks=4
if [ "${1:-}" = --quick ]; then tasks=3; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Explores a model; prints "errors states", and fails if it was not explored to the end.
explore() { # model, flags of the model, flags of the compiler, flags of the search
    rm -f pan pan.c pan.log
    spin -a $2 "$models/$1.pml" > spin.log || { cat spin.log >&2; return 1; }
    gcc -w -O2 -DCOLLAPSE $3 -o pan pan.c || return 1
    ./pan $4 > pan.log
    if grep -q 'max search depth too small\|out of memory' pan.log; then
        echo 'not explored to the end' >&2
        return 1
    fi
    sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log | tr '\n' ' '
    sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log
}

failed=0
expect() { # yes or no: faults are expected; what; then as for explore
    local found states began=$SECONDS
    read -r found states <<< "$(explore "${@:3}")"
    if [ "$found" = 0 ]; then found=no; else found=yes; fi
    local verdict=ok
    if [ "$found" != "$1" ] || [ -z "$states" ]; then verdict=FAILED failed=1; fi
    printf '%-7s %-62s %12s states %4s s\n' "$verdict" "$2" "${states:-?}" "$((SECONDS - began))"
}

waiting() { expect "$1" "$2" waiting "$3" -DSAFETY '-m20000000 -w25'; }

expect no 'claim and release are lock-free' lock_freedom '' -DNP '-l -m1000000'
expect yes '  a claim that locks the word' lock_freedom -DMUTANT=1 -DNP '-l -m1000000'
waiting no "no lost wake-up, FIFO: $tasks tasks, one slot" "-DTASKS=$tasks"
waiting no 'three tasks, two slots' '-DTASKS=3 -DSLOTS=2'
waiting no 'three tasks, two words' '-DTASKS=3 -DWORDS=2'
waiting no 'three tasks, and one that closes' '-DTASKS=3 -DCLOSES'
waiting yes '  last come, first served' '-DMUTANT=1'
waiting yes '  woken before it is served' '-DMUTANT=2'
waiting yes '  newcomers pass the waiters' '-DMUTANT=3'
waiting yes '  looks first, queues after' '-DMUTANT=4'
waiting yes '  a cancelled waiter is still counted' '-DMUTANT=5'
waiting yes '  a cancelled waiter keeps its slot' '-DMUTANT=6'
waiting yes '  turned away, and not told' '-DMUTANT=7 -DCLOSES'
waiting yes '  only the oldest is turned away' '-DMUTANT=8 -DCLOSES'
waiting yes '  WAITERS is set in the first word only' '-DMUTANT=9 -DWORDS=2'
exit "$failed"
