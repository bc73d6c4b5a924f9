"""Compares `framegrab disk` with dd: the same block size on the same file system, in turns, through the page cache and past it.

usage: disk.py FRAMEGRAB FOLDER [ROUNDS]        writes and removes 0.8 GB at a time; 5 rounds are 35 GB
"""

import json
import os
import statistics
import subprocess
import sys
import time

program, folder = sys.argv[1:3]
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
FRAMES, BLOCK = 100, 2048 * 2048 * 2


def dd(direct):
    path = os.path.join(folder, "dd.partial")
    command = ["dd", "if=/dev/zero", f"of={path}", f"bs={BLOCK}", f"count={FRAMES}", "conv=fsync"]
    try:
        start = time.perf_counter()
        subprocess.run(command + ["oflag=direct"] * direct, check=True, stderr=subprocess.DEVNULL)
        return FRAMES * BLOCK / 1e6 / (time.perf_counter() - start)
    finally:
        os.remove(path)


def framegrab(kind, direct):
    command = [program, "disk", folder, "--json", "--format", kind, "--frames", str(FRAMES)]
    output = subprocess.run(command + ["--direct"] * direct, check=True, capture_output=True)
    speed = json.loads(output.stdout)
    assert speed["heap_allocations_per_frame"] == 0, speed
    assert speed["page_faults_per_frame"] == 0, speed
    return speed["megabytes_per_second"]


kinds = ["tif", "raw", "zarr"]
for direct in (False, True):
    rates = {kind: [] for kind in ["dd"] + kinds}
    ratios = {kind: [] for kind in kinds}
    for turn in range(rounds):
        # dd before and after: what the disk does meanwhile is not taken for a difference.
        before = dd(direct)
        for kind in kinds[turn % 3 :] + kinds[: turn % 3]:
            rate = framegrab(kind, direct)
            after = dd(direct)
            rates[kind].append(rate)
            rates["dd"].append(after)
            ratios[kind].append(rate / statistics.mean((before, after)))
            before = after
    print("past the page cache" if direct else "through the page cache")
    print(f"  dd    {statistics.median(rates['dd']):6.0f} MB/s")
    for kind in kinds:
        low, median, high = statistics.quantiles(ratios[kind], n=4)
        rate = statistics.median(rates[kind])
        print(f"  {kind:<5} {rate:6.0f} MB/s  {median:.2f} of dd ({low:.2f} to {high:.2f})")
