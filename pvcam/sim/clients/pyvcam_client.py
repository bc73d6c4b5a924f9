"""Runs PyVCAM, the vendor's Python wrapper, unmodified, on the simulated library: cameras are listed, opened and
closed again and again; frames come singly, in sequences and live; every pixel's row carries the frame's number.

Usage: LD_LIBRARY_PATH=FOLDER pyvcam_client.py        needs PyVCAM, and FOLDER/libpvcam.so.2
"""

from importlib.metadata import version

import numpy
from pyvcam import pvc
from pyvcam.camera import Camera


def number(frame):
    """Returns the number that each row of a frame begins with, after checking that each has it, and its own."""
    low, high, rows = (frame[:, column].astype(int) for column in range(3))
    assert (low == low[0]).all() and (high == high[0]).all(), "a torn frame"
    assert (rows == numpy.arange(len(rows))).all(), "rows in another order"
    return int(low[0] + (high[0] << 16))


pvc.init_pvcam()
names = list(Camera.get_available_camera_names())
assert names == [f"SimCam{index:02}" for index in range(len(names))] and names, names

for _ in range(20):
    camera = Camera(names[0])
    camera.open()
    camera.close()

camera.open()
frame = camera.get_frame(exp_time=2)
assert frame.shape == (2048, 2048) and number(frame) == 1, number(frame)

# Each is a sequence of one frame.
frames = camera.get_sequence(5, exp_time=2)
assert [number(frame) for frame in frames] == [1] * 5

camera.set_roi(256, 128, 512, 64)
frames = camera.get_sequence(3, exp_time=1)
assert frames.shape == (3, 64, 512) and [number(frame) for frame in frames] == [1] * 3

camera.start_seq(exp_time=2, num_frames=10)
frames = [camera.poll_frame(timeout_ms=5000)[0]["pixel_data"] for _ in range(10)]
camera.finish()
assert [number(frame) for frame in frames] == list(range(1, 11))

camera.start_live(exp_time=2)
numbers = []
for _ in range(50):
    frame, _, count = camera.poll_frame(timeout_ms=5000)
    numbers.append(number(frame["pixel_data"]))
camera.finish()
assert numbers == sorted(set(numbers)), numbers
camera.close()
pvc.uninit_pvcam()
print(f"PyVCAM {version('PyVCAM')}: single frames, sequences, a region, 50 frames live")
