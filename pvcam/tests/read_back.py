"""Reads a stack that framegrab saved with another program's reader, and checks every row's stamp.

usage: read_back.py FILE.tif FRAMES
"""

import json
import sys

import numpy
import tifffile

path, frames = sys.argv[1], int(sys.argv[2])
with tifffile.TiffFile(path) as stack:
    assert stack.is_bigtiff, "not a BigTIFF"
    assert len(stack.pages) == frames, f"{len(stack.pages)} pages, not {frames}"
    for number, page in enumerate(stack.pages, 1):
        pixels = page.asarray().astype(numpy.uint32)
        stamps = pixels[:, 0] | pixels[:, 1] << 16
        assert (stamps == number).all(), f"page {number} has rows of frames {set(stamps)}"
        assert (pixels[:, 2] == numpy.arange(len(pixels))).all(), f"rows of page {number} are mixed"
        described = json.loads(page.description)
        assert described["frame"] == number
        assert described["region"][2:] == [stack.pages[0].imagewidth, stack.pages[0].imagelength]
        assert "Predictor" not in page.tags, "without compression, readers warn of it"
print(f"{path}: {frames} frames, every row's number is right")
