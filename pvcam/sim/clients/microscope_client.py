"""Runs python-microscope unmodified on the simulated library: a camera is opened and closed again and again, every
setting is read, frames come by software triggers and from a running camera; each row carries the frame's number.

Usage: LD_LIBRARY_PATH=FOLDER microscope_client.py        needs microscope, and FOLDER/pvcam.so
"""

import logging
import os
import queue
from importlib.metadata import version

import microscope
from frames import number
from microscope.cameras import pvcam


class Warnings(logging.Handler):
    """Keeps what is logged as a warning or worse: a parameter of an unexpected type, for instance."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


warned = Warnings()
logging.getLogger().addHandler(warned)

# The driver's objects use the camera once more when they are deleted, closed or not: they stay until the end.
closed = []
for _ in range(5):
    closed.append(pvcam.PVCamera(index=0))
    closed[-1].shutdown()

camera = pvcam.PVCamera(index=0)
settings = camera.get_all_settings()
assert len(settings) > 50, len(settings)
assert camera.get_id() == "SimCam00"
# Lists it does not support itself, and a buffer's size there is after a setup only.
expected = ("unsupported parameter", "PARAM_FRAME_BUFFER_SIZE")
unexpected = [text for text in warned.messages if not any(known in text for known in expected)]
assert not unexpected, unexpected
warned.messages.clear()

received = queue.Queue()
camera._put = lambda frame, timestamp: received.put(frame)
camera.set_exposure_time(0.002)

camera.set_trigger(microscope.TriggerType.SOFTWARE, microscope.TriggerMode.ONCE)
camera.enable()
for _ in range(5):
    camera.trigger()
    assert number(received.get(timeout=5)) == 1
camera.disable()

# "Strobed", its first mode: the simulated line fires as soon as the camera can take it.
camera._trigger = pvcam.TRIG_STROBED
camera.enable()
numbers = [number(received.get(timeout=5)) for _ in range(50)]
camera.disable()
assert numbers == sorted(set(numbers)), numbers
camera.shutdown()
assert not warned.messages, warned.messages
print(f"microscope {version('microscope')}: {len(settings)} settings, software triggers, 50 frames strobed", flush=True)
os._exit(0)
