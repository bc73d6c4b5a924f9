#!/usr/bin/env python3
"""Compares what a frame costs with the simulated library linked into framegrab and with the same library loaded: CPU
time of the whole process per frame, in turns, medians and their ratio.

Usage: sdk_cost.py [FRAMEGRAB LIBRARY]        default: those of target/release
"""

import json
import pathlib
import resource
import statistics
import subprocess
import sys

ROUNDS, FRAMES = 15, 400
RELEASE = pathlib.Path(__file__).parent.parent / "target" / "release"
program, library = sys.argv[1:] or (RELEASE / "framegrab", RELEASE / "libframepool_pvcam_sim.so")


def cost(*options):
    """Returns microseconds of CPU time per frame of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run([program, "--json", "--frames", str(FRAMES), *options], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert json.loads(run.stdout)["delivered"]["pooled"] == FRAMES
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / FRAMES * 1e6


linked, loaded, ratios = [], [], []
for _ in range(ROUNDS):
    linked.append(cost())
    loaded.append(cost("--sdk", library))
    ratios.append(loaded[-1] / linked[-1])
print(f"CPU time per frame: linked {statistics.median(linked):.0f} us, loaded {statistics.median(loaded):.0f} us; "
      f"ratio {statistics.median(ratios):.3f} (quartiles {', '.join(f'{q:.3f}' for q in statistics.quantiles(ratios)[::2])})")
