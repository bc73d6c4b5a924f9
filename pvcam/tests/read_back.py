"""Reads recordings of framegrab with other programs' readers, without a warning of theirs, and checks every row's stamp.

usage: read_back.py FRAMES FILE..        .tif, .raw or .zarr; needs tifffile, numpy, pillow,
                                         opencv-python-headless, ome-types, lxml, xmlschema, zarr, ome-zarr-models
"""

import csv
import json
import pathlib
import shutil
import subprocess
import sys
import warnings

import cv2
import numpy
import ome_types
import ome_zarr_models.v05
import tifffile
import zarr
from PIL import Image

warnings.simplefilter("error")


def check_pixels(pixels, number):
    pixels = pixels.astype(numpy.uint32)
    stamps = pixels[:, 0] | pixels[:, 1] << 16
    assert (stamps == number).all(), f"frame {number} has rows of frames {set(stamps)}"
    assert (pixels[:, 2] == numpy.arange(len(pixels))).all(), f"rows of frame {number} are mixed"


def check_index(path, frames):
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [int(row["hardware_frame"]) for row in rows] == list(range(1, frames + 1))
    arrivals = [int(row["arrival_ns"]) for row in rows]
    assert arrivals == sorted(set(arrivals)), "frames arrive one after the other"


def check_about(about, shape):
    assert about["complete"] is True and about["frames"] == shape[0] and about["missing"] == 0
    across, down = about["binning"]
    width, height = about["region"][2:]
    assert (height // down, width // across) == shape[1:]


def check_tiff(path, frames):
    with tifffile.TiffFile(path) as stack:
        assert stack.is_bigtiff and stack.is_ome, "no OME BigTIFF"
        assert len(stack.pages) == frames, f"{len(stack.pages)} pages, not {frames}"
        series = stack.series[0]
        axes = "TYX" if frames > 1 else "YX"
        assert series.axes == axes, series.axes
        xml = stack.ome_metadata
        for number, page in enumerate(stack.pages, 1):
            page = page.aspage()
            check_pixels(page.asarray(), number)
            described = json.loads(page.tags["PageName"].value if number == 1 else page.description)
            assert described["frame"] == number
            assert "Predictor" not in page.tags, "without compression, readers warn of it"
        everything = stack.asarray()
        assert everything.shape[-2:] == stack.pages[0].shape
    described = ome_types.from_xml(xml, validate=True)
    pixels = described.images[0].pixels
    assert pixels.size_t == frames == len(pixels.planes)
    deltas = [plane.delta_t for plane in pixels.planes]
    assert deltas[0] == 0 and deltas == sorted(deltas)
    assert pixels.physical_size_x_unit.name == "MICROMETER" and pixels.physical_size_x >= 6.5

    with Image.open(path) as image:
        assert image.n_frames == frames
        for number in (1, frames):
            image.seek(number - 1)
            check_pixels(numpy.array(image), number)
    pages = cv2.imreadmulti(str(path), flags=cv2.IMREAD_UNCHANGED)[1]
    assert len(pages) == frames
    check_pixels(pages[-1], frames)
    if shutil.which("tiffinfo"):
        said = subprocess.run(["tiffinfo", path], capture_output=True, text=True, check=True)
        assert not said.stderr, said.stderr
        assert said.stdout.count("Image Width") == frames


def check_raw(path, frames):
    about = json.loads(pathlib.Path(f"{path}.json").read_text())
    kind = "<" if about["byte_order"] == "little" else ">"
    pixels = numpy.fromfile(path, f"{kind}u{about['bytes_per_pixel']}")
    pixels = pixels.reshape(-1, about["height"], about["width"])
    check_about(about, pixels.shape)
    assert len(pixels) == frames
    for number, frame in enumerate(pixels, 1):
        check_pixels(frame, number)
    check_index(pathlib.Path(f"{path}.csv"), frames)


def check_zarr(path, frames):
    group = zarr.open_group(path, mode="r")
    image = ome_zarr_models.v05.Image.from_zarr(group)
    assert [axis.name for axis in image.attributes.ome.multiscales[0].axes] == ["t", "y", "x"]
    pixels = group["0"]
    check_about(group.attrs["framegrab"], pixels.shape)
    assert pixels.shape[0] == frames
    for number in range(1, frames + 1):
        check_pixels(pixels[number - 1], number)
    check_index(pathlib.Path(path) / "frames.csv", frames)


checks = {".tif": check_tiff, ".raw": check_raw, ".zarr": check_zarr}
frames = int(sys.argv[1])
for path in sys.argv[2:]:
    checks[pathlib.Path(path).suffix](path, frames)
    print(f"{path}: {frames} frames, every row's number is right")
