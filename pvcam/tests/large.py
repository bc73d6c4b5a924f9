"""Records more frames and more bytes than 16 and 32 bits count, and fills a disk; what is there is read back.

usage: large.py FRAMEGRAB FOLDER        writes and removes 5 GB; needs tifffile, numpy, zarr; mounts a small disk if it may
"""

import errno
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import numpy
import tifffile
import zarr

program = os.path.abspath(sys.argv[1])


def run(*args):
    ended = subprocess.run([program, *map(str, args)], capture_output=True, text=True)
    return ended.returncode, ended.stdout, ended.stderr


def record(path, *args):
    code, said, error = run("--out", path, "--json", *args)
    assert code == 0, error
    summary = json.loads(said)
    assert summary["complete"] and summary["heap_allocations_per_frame"] == 0, summary
    code, said, error = run("verify", path, "--json")
    assert code == 0, error
    found = json.loads(said)
    assert found["frames"] == summary["saved"]["saved"] == found["pixels"]["stamped"], found
    return found["frames"]


def stamp(pixels):
    return int(pixels[0, 0]) | int(pixels[0, 1]) << 16


def many(folder):
    args = ["--roi", "0,0,16,16", "--fps", 10_000, "--frames", 70_000, "--pool", 10_000, "--ring", 20_000]
    path = folder / "many.ome.tif"
    frames = record(path, *args)
    with tifffile.TiffFile(path) as stack:
        assert stack.is_ome and stack.series[0].axes == "TYX", stack.series
        assert stack.series[0].shape == (frames, 16, 16)
        assert [stamp(stack.pages[i].asarray()) for i in (0, 65_535, frames - 1)] == [1, 65_536, frames]
        planes = xml.etree.ElementTree.fromstring(stack.ome_metadata).iterfind(".//{*}Plane")
        assert sum(1 for _ in planes) == frames
    path = folder / "many.ome.zarr"
    assert record(path, *args) == frames
    pixels = zarr.open_group(path, mode="r")["0"]
    assert pixels.shape == (frames, 16, 16)
    assert [stamp(pixels[i]) for i in (0, 65_535, frames - 1)] == [1, 65_536, frames]
    print(f"{frames} frames in one file")


def large(folder):
    path = folder / "large.tif"
    frames = record(path, "--frames", 520, "--direct", "--pool", 100)
    assert path.stat().st_size > 1 << 32
    with tifffile.TiffFile(path) as stack:
        assert len(stack.pages) == frames
        pixels = stack.pages[frames - 1].asarray()
        stamps = pixels[:, 0].astype(numpy.uint32) | pixels[:, 1].astype(numpy.uint32) << 16
        assert (stamps == frames).all()
    print(f"{path.stat().st_size} bytes in one file")


def full(folder):
    """A disk that another program fills while frames come."""
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", disk], capture_output=True).returncode:
        print("a full disk was NOT tried: it cannot be mounted here")
        return
    try:
        for name in ("x.tif", "x.raw", "x.zarr"):
            args = [program, "--roi", "0,0,128,64", "--fps", "500", "--frames", "1000", "--json"]
            args += ["--out", disk / name]
            grab = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            while not list(disk.glob("x.partial*")):
                assert grab.poll() is None, grab.stderr.read()
            with open(disk / "another's", "wb", buffering=0) as other:
                try:
                    while other.write(bytes(4096)):
                        pass
                except OSError as error:
                    assert error.errno == errno.ENOSPC, error
            said, error = grab.communicate(timeout=60)
            assert grab.returncode == 1 and "No space left" in error, error
            saved = json.loads(said)["saved"]
            code, said, _ = run("info", saved["path"], "--json")
            assert code == 0 and json.loads(said)["frames"] == saved["saved"], (said, saved)
            print(f"{name}: {saved['saved']} frames on a disk that is full")
            for left in disk.iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


with tempfile.TemporaryDirectory(dir=sys.argv[2]) as folder:
    for trial in (many, large, full):
        trial(pathlib.Path(folder))
