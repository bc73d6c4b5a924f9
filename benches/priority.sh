#!/usr/bin/env bash
# Checks that a release does not wait for threads of lower priority: a thread with SCHED_FIFO releases
# while it preempts, on one core, an ordinary thread that polls and cancels. Half a minute at most, and
# the build; a release that waits keeps that core from other programs for seconds.
#
# Prints a line for each contest. Exits with 1 if a release waited a millisecond or longer, and with 3
# where a thread may not have SCHED_FIFO, which takes Linux, and root or CAP_SYS_NICE: skipped.
#
# Usage: benches/priority.sh [--if-permitted] [options]      skipped is not an error: exits with 0
#        benches/priority.sh --help                          lists the options
set -euo pipefail
cd "$(dirname "$0")/.."

if_permitted=
if [ "${1:-}" = --if-permitted ]; then
    if_permitted=yes
    shift
fi

# Waiting for a lock with the help of the system, where core knows how.
features=()
if grep -q '^std = ' core/Cargo.toml; then
    features=(--features framepool-core/std)
fi

status=0
cargo run --locked --quiet --release -p framepool-benches --bin priority "${features[@]}" -- "$@" ||
    status=$?
if [ "$status" = 3 ] && [ -n "$if_permitted" ]; then exit 0; fi
exit "$status"
