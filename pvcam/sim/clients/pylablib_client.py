"""Runs pylablib unmodified on the simulated library: the cameras are listed, opened and described; every attribute is
read, and set to what it is; a frame is snapped, and 50 come live, with metadata and without; each row carries the
frame's number.

Usage: FRAMEPOOL_SIM_CONFIG=cameras.toml pylablib_client.py FOLDER        needs pylablib, and FOLDER/pvcam64.dll
"""

import sys
import warnings
from importlib.metadata import version

import pylablib
from frames import number

pylablib.par["devices/only_windows_dlls"] = False
pylablib.par["devices/dlls/pvcam"] = sys.argv[1]
from pylablib.devices import Photometrics  # noqa: E402 (it looks for the library when it is imported)

warnings.simplefilter("error")


def live(camera):
    """Takes 50 frames while the camera runs."""
    camera.start_acquisition(mode="sequence", nframes=64)
    numbers = []
    while len(numbers) < 50:
        camera.wait_for_frame(timeout=5)
        numbers += [number(frame) for frame in camera.read_multiple_images()]
    camera.stop_acquisition()
    assert numbers == list(range(1, len(numbers) + 1)), numbers


names = Photometrics.list_cameras()
assert names == ["SimCam00", "SimCam01"], names
assert Photometrics.get_cameras_number() == 2

for name, size, has_metadata in [("SimCam00", (2048, 2048), True), ("SimCam01", (1392, 1040), False)]:
    camera = Photometrics.PvcamCamera(name)
    assert camera.get_detector_size() == size, camera.get_detector_size()
    values = camera.get_all_attribute_values()
    assert len(values) > 40, len(values)
    written = 0
    for attribute, value in values.items():
        if camera.attributes[attribute].writable and not isinstance(value, (list, tuple)):
            camera.set_attribute_value(attribute, value, truncate=False)
            written += 1
    modes = camera.get_all_readout_modes()
    for mode in modes:
        camera.set_readout_mode(mode.port_idx, mode.speed_idx, mode.gain_idx)
    camera.set_readout_mode(modes[0].port_idx, modes[0].speed_idx, modes[0].gain_idx)
    camera.get_device_info(), camera.get_temperature(), camera.get_frame_timings()
    camera.set_exposure(0.01)
    frame = camera.snap()
    assert frame.shape == (size[1], size[0]) and number(frame) == 1
    live(camera)
    camera.set_roi(64, 576, 32, 288, 2, 2)
    assert camera.snap().shape == (128, 256)
    camera.set_roi()
    if has_metadata:
        camera.enable_metadata()
        frames, infos = camera.grab(3, return_info=True)
        assert [number(frame) for frame in frames] == [info.framestamp for info in infos] == [1, 2, 3], infos
        live(camera)
        camera.enable_metadata(False)
    camera.close()
    print(f"{name}: {len(values)} attributes, {written} written, {len(modes)} readout modes")
print(f"pylablib {version('pylablib')}: listed, opened, snapped, live, metadata")
