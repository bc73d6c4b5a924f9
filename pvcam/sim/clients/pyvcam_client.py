"""Runs PyVCAM, the vendor's Python wrapper, unmodified, on the simulated library: two cameras are listed, opened and
closed again and again; every parameter that its class has is read and set; frames come singly, in sequences and live,
of one region and of several, with metadata; each row of each region carries the frame's number.

Usage: FRAMEPOOL_SIM_CONFIG=cameras.toml LD_LIBRARY_PATH=FOLDER pyvcam_client.py    needs PyVCAM, FOLDER/libpvcam.so.2
"""

import warnings
from importlib.metadata import version

from frames import number
from pyvcam import constants, pvc
from pyvcam.camera import Camera

warnings.simplefilter("error")


# What the simulated camera does not have.
MISSING = {
    "centroids_mode", "prog_scan_dir", "prog_scan_dir_reset", "prog_scan_line_delay", "prog_scan_width",
}
# What it has, and says that it is read only.
READ_ONLY = {"live_roi"}


def properties(camera):
    """Reads every property of the class, and sets each that can be set to what it was. Returns how many there are."""
    missing, count = set(), 0
    for name, member in vars(Camera).items():
        if not isinstance(member, property) or getattr(member.fget, "__wrapped__", None):
            continue  # no property, or a deprecated name of another
        try:
            value = getattr(camera, name)
        except AttributeError:
            missing.add(name)
            continue
        count += 1
        if member.fset and name not in READ_ONLY:
            setattr(camera, name, value)
            assert getattr(camera, name) == value, name
    assert missing == MISSING, missing ^ MISSING
    return count


def sweep(camera):
    """Sets every value of every enumeration, the ends of every range, and each port, speed and gain."""
    for name, table in [("clear_mode", camera.clear_modes), ("fan_speed", camera.fan_speeds),
                        ("exp_res", camera.exp_resolutions), ("exp_mode", camera.exp_modes),
                        ("exp_out_mode", camera.exp_out_modes), ("prog_scan_mode", camera.prog_scan_modes)]:
        first = getattr(camera, name)
        for label, value in table.items():
            setattr(camera, name, label)
            assert getattr(camera, name) == value, (name, label)
        setattr(camera, name, first)
    for port in camera.port_speed_gain_table.values():
        camera.readout_port = port["port_value"]
        for speed_name, speed in port.items():
            if speed_name == "port_value":
                continue
            camera.speed = speed["speed_index"]
            for gain_name, gain in speed.items():
                if isinstance(gain, dict):
                    camera.gain = gain["gain_index"]
                    assert (camera.gain_name, camera.bit_depth) == (gain_name, gain["bit_depth"])
    camera.readout_port, camera.speed, camera.gain = 0, 0, 1
    for feature, params in camera.post_processing_table.items():
        for name, param in params.items():
            for value in param["param_min"], param["param_max"]:
                camera.set_post_processing_param(feature, name, value)
                assert camera.get_post_processing_param(feature, name) == value
    camera.reset_pp()
    camera.smart_stream_exp_params = [3, 1, 4, 1, 5]
    assert camera.smart_stream_exp_params == [3, 1, 4, 1, 5]


def live(camera, count):
    """Takes so many frames while the camera runs. Returns the numbers that their rows carry."""
    camera.start_live(exp_time=2)
    numbers = [number(camera.poll_frame(timeout_ms=5000)[0]["pixel_data"]) for _ in range(count)]
    camera.finish()
    assert numbers == sorted(set(numbers)), numbers
    return numbers


pvc.init_pvcam()
names = list(Camera.get_available_camera_names())
assert names == ["SimCam00", "SimCam01"], names
cameras = [Camera(name) for name in names]
camera = cameras[0]

for _ in range(20):
    camera.open()
    camera.close()

camera.open()
count = properties(camera)
sweep(camera)

frame = camera.get_frame(exp_time=2)
assert frame.shape == (2048, 2048) and number(frame) == 1, number(frame)

# Each is a sequence of one frame.
frames = camera.get_sequence(5, exp_time=2)
assert [number(frame) for frame in frames] == [1] * 5

# Many short ones in a row, of exposures under a millisecond.
camera.set_roi(256, 128, 512, 64)
camera.exp_res = constants.EXP_RES_ONE_MICROSEC
for _ in range(100):
    frame = camera.get_frame(exp_time=50)
    assert frame.shape == (64, 512) and number(frame) == 1
frames = camera.get_vtm_sequence([10, 20, 30], constants.EXP_RES_ONE_MICROSEC, 6)
assert [number(frame) for frame in frames] == [1] * 6
camera.exp_res = constants.EXP_RES_ONE_MILLISEC

frames = camera.get_sequence(3, exp_time=1)
assert frames.shape == (3, 64, 512) and [number(frame) for frame in frames] == [1] * 3
camera.binning = 2
assert camera.get_frame(exp_time=1).shape == (32, 256)
camera.binning = 1
camera.reset_rois()

camera.start_seq(exp_time=2, num_frames=10)
frames = [camera.poll_frame(timeout_ms=5000)[0]["pixel_data"] for _ in range(10)]
camera.finish()
assert [number(frame) for frame in frames] == list(range(1, 11))

# A software trigger for each frame.
camera.exp_mode = "Software Edge"
camera.start_live(exp_time=1)
for expected in range(1, 4):
    camera.sw_trigger()
    frame = camera.poll_frame(timeout_ms=5000)[0]["pixel_data"]
    assert number(frame) == expected
camera.finish()
camera.exp_mode = "Internal Trigger"

live(camera, 50)

# Metadata, of one region and of several.
camera.metadata_enabled = True
camera.start_live(exp_time=2)
for _ in range(5):
    frame, _, _ = camera.poll_frame(timeout_ms=5000)
    header = frame["meta_data"]["frame_header"]
    assert number(frame["pixel_data"]) == header["frameNr"] and header["bitDepth"] == 16, header
camera.finish()
places = [(0, 0, 100, 50), (200, 10, 64, 32), (500, 600, 333, 21)]
for place in places:
    camera.set_roi(*place)
camera.start_live(exp_time=2)
for _ in range(20):
    frame, _, _ = camera.poll_frame(timeout_ms=5000)
    header = frame["meta_data"]["frame_header"]
    regions = frame["pixel_data"]
    assert [region.shape for region in regions] == [(height, width) for _, _, width, height in places]
    assert {number(region) for region in regions} == {header["frameNr"]}
    for (left, top, width, height), found in zip(places, frame["meta_data"]["roi_headers"]):
        roi = found["roi"]
        assert (roi["s1"], roi["s2"], roi["p1"], roi["p2"]) == (left, left + width - 1, top, top + height - 1), found
camera.finish()
camera.reset_rois()
camera.metadata_enabled = False

# The other camera, an older one, at the same time: each is called back for its own frames.
cameras[1].open()
assert cameras[1].sensor_size == (1392, 1040) and not cameras[1].check_param(constants.PARAM_METADATA_ENABLED)
for each in cameras:
    each.set_roi(0, 0, 64, 64)
    # The same rate for both: this program takes a frame of each in turn.
    each.start_live(exp_time=10)
seen = [[number(each.poll_frame(timeout_ms=5000)[0]["pixel_data"]) for each in cameras] for _ in range(50)]
for each in cameras:
    each.finish()
    each.close()
for numbers in zip(*seen):
    assert list(numbers) == sorted(set(numbers)), numbers

pvc.uninit_pvcam()
for _ in range(20):
    pvc.init_pvcam()
    assert pvc.get_cam_total() == 2
    pvc.uninit_pvcam()
print(f"PyVCAM {version('PyVCAM')}: {count} properties, single frames, sequences, regions, metadata, live, two cameras")
