#!/usr/bin/env bash
# Checks the models of the waiter protocol and of lock-freedom with spin, and that their mutants are
# found: two at a time, as they end. Needs spin and gcc (Debian: apt install spin gcc), and 6 GB of memory,
# for --quick 2 GB.
#
# Usage: loom-tests/spin/check.sh [--quick]      no model of four tasks, no large one of three
set -euo pipefail
models=$(cd "$(dirname "$0")" && pwd)
quick=
if [ "${1:-}" = --quick ]; then quick=yes; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Explores a model; prints "errors states", and fails if it was not explored to the end.
explore() { # model, flags of the model, flags of the compiler, flags of the search
    local place
    place=$(mktemp -d "$work/XXXXXX")
    cd "$place"
    spin -a $2 "$models/$1.pml" > spin.log || { cat spin.log >&2; return 1; }
    gcc -w -DCOLLAPSE $3 -o pan pan.c || return 1
    ./pan $4 > pan.log
    if grep -q 'max search depth too small\|out of memory' pan.log; then
        echo 'not explored to the end' >&2
        return 1
    fi
    sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log | tr '\n' ' '
    sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log
    rm -rf "$place"
}

judge() { # as for expect
    local found states began=$SECONDS
    read -r found states <<< "$(explore "${@:3}")"
    if [ "$found" = 0 ]; then found=no; else found=yes; fi
    local verdict=ok
    if [ "$found" != "$1" ] || [ -z "$states" ]; then
        verdict=FAILED
        touch "$work/failed"
    fi
    printf '%-7s %-62s %12s states %4s s\n' "$verdict" "$2" "${states:-?}" "$((SECONDS - began))"
}

running=0
expect() { # yes or no: faults are expected; what; then as for explore
    if [ "$running" = 2 ]; then
        wait -n || true
        running=1
    fi
    judge "$@" &
    running=$((running + 1))
}

# A fault is found before a compiler has optimised the search for it.
effort() { if [ "$1" = yes ]; then echo -O0; else echo -O2; fi; }
lock_free() { expect "$1" "$2" lock_freedom "$3" "-O0 -DNP" '-l -m1000000'; }
waiting() { expect "$1" "$2" waiting "$3" "-DSAFETY -DNOFAIR $(effort "$1")" '-m4000000 -w22'; }
# A task that has stopped is no deadlock.
stopping() {
    expect "$1" "$2" waiting "-DSTOPS $3" '-DSAFETY -DNOFAIR -O0' '-E -m4000000 -w22'
}
large() { if [ -z "$quick" ]; then waiting no "$@"; fi; }

# What each task does, by a bit for each task: a model in which each task did everything would not end.
apart='-DCLAIM=4 -DWAIT=3'
confirming='-DWORDS=2 -DWAIT=0 -DFAST=0 -DCONFIRM=1 -DCLEAR=2'

lock_free no 'claim and release are lock-free' ''
lock_free yes '  a claim that locks the word' -DMUTANT=1
lock_free no 'a release is, while a task waits' -DWAITED
lock_free yes '  it tries the lock until it is free' '-DWAITED -DMUTANT=2'
lock_free yes '  it looks until word of it was taken' '-DWAITED -DMUTANT=3'
if [ -z "$quick" ]; then
    stopping no 'one of three tasks stops for ever, releases end' "$apart"
fi
stopping no 'one of two tasks stops for ever, releases end' -DTASKS=2
stopping yes '  a release waits for the lock' '-DTASKS=2 -DMUTANT=21'

waiting no 'no lost wake-up, FIFO: three tasks, one slot' -DCANCEL=4
waiting no 'the same, each served task woken at once' -DAT_ONCE=1
waiting no 'the same in a shared pool, with two tasks' '-DTASKS=2 -DSHARED'
waiting no 'the same in critical sections' -DCRITICAL
waiting no 'two slots: two tasks that wait for ever, and one that does not' \
    "-DSLOTS=2 $apart -DCANCEL=0"
waiting no 'two words: two tasks, each does everything' '-DTASKS=2 -DWORDS=2 -DHEEDS'
waiting no 'closing: two tasks that wait for ever, and one that does not' \
    "-DCLOSES $apart -DCANCEL=0"
large 'three tasks, one slot' ''
large 'four tasks, one slot: all wait' '-DTASKS=4 -DCLAIM=0 -DCANCEL=0'
large 'four tasks, one slot: three wait, and one does not' \
    '-DTASKS=4 -DCLAIM=8 -DWAIT=7 -DCANCEL=0'
large 'two slots: two tasks that wait, and one that does not' "-DSLOTS=2 $apart"
large 'three tasks, two slots, each served task woken at once' '-DSLOTS=2 -DAT_ONCE=1'
large 'closing: two tasks that wait, and one that does not' "-DCLOSES $apart"
large 'three tasks, one slot of a shared pool' '-DSHARED -DCANCEL=4'
large 'two slots, in critical sections' "-DSLOTS=2 -DCRITICAL $apart"
large 'two words: two that confirm, and one that only claims' \
    '-DWORDS=2 -DWAIT=0 -DFAST=0 -DCONFIRM=3 -DCLEAR=0 -DSECOND=0'
large 'two words: two that wait, and one that does not' "-DWORDS=2 $apart -DCANCEL=2"
large 'two words: one that confirms, one that clears, one that claims' "$confirming"

waiting yes '  last come, first served' -DMUTANT=1
waiting yes '  woken before it is served' '-DMUTANT=2 -DAT_ONCE=1'
waiting yes '  newcomers pass the waiters' -DMUTANT=3
waiting yes '  looks first, says that it waits after' '-DMUTANT=4 -DSHARED'
waiting yes '  the last waiter leaves WAITING up' -DMUTANT=5
waiting yes '  a cancelled waiter keeps its slot' -DMUTANT=6
waiting yes '  turned away, and not told' "-DMUTANT=7 -DCLOSES $apart"
waiting yes '  only the oldest is turned away' "-DMUTANT=8 -DCLOSES $apart"
waiting yes '  a closed pool is not watched' "-DMUTANT=22 -DCLOSES $apart"
waiting yes '  a task that queues does not look for word' -DMUTANT=10
waiting yes '  a claim that asks does not look for word' "-DMUTANT=23 -DSLOTS=2 $apart"
waiting yes '  a thread that serves does not look for word again' -DMUTANT=24
waiting yes '  it wakes those it has served before it looks for word' -DMUTANT=26
waiting yes '  the lock is not tried again after leaving word' -DMUTANT=11
waiting yes '  word that was left is taken before the lock' "-DMUTANT=18 -DSLOTS=2 $apart"
waiting yes '  word of what is for the next waiter is forgotten' "-DMUTANT=16 -DSLOTS=2 $apart -DAT_ONCE=1"
waiting yes '  turned away before what was left is served' "-DMUTANT=17 -DSLOTS=2 $apart"
waiting yes '  a release does not serve' -DMUTANT=20
waiting yes '  WATCHED is set in the first word only' "-DMUTANT=9 $confirming"
waiting yes '  WATCHED is set in no word' "-DMUTANT=19 $confirming"
waiting yes '  a report does not end EXHAUSTED' "-DMUTANT=12 $confirming"
waiting yes '  confirmed without comparing' "-DMUTANT=13 $confirming"
waiting yes '  searched once under the lock, whatever is reported' "-DMUTANT=27 $confirming"
waiting yes '  cleared without CLEARING' "-DMUTANT=14 $confirming"
waiting yes '  cleared without a report' "-DMUTANT=15 $confirming"
waiting yes '  cleared before it is said' "-DMUTANT=25 $confirming"
wait
[ ! -e "$work/failed" ]
