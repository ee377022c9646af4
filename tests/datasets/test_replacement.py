"""A file is what it was, or what it should be: never half of it."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time

import pandas as pd
import pytest
from kedro.io import DatasetError

from mineral_prospectivity.datasets import RasterDataset, TableDataset, TextDataset
from mineral_prospectivity.datasets.stored_file import StoredFile
from mineral_prospectivity.geo.raster import Raster

SLOW_SAVE = textwrap.dedent("""
    import sys, time
    import numpy as np
    from mineral_prospectivity.datasets import RasterDataset
    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.geo.grid import make_grid
    from mineral_prospectivity.geo.raster import Raster

    grid = make_grid("EPSG:32633", 100.0, (0, 0, 204_800, 51_200))

    def read(window):
        if window.col > 512:
            print("half", flush=True)
            time.sleep(60)
        return np.random.default_rng(0).random((1, *window.shape), np.float32)

    RasterDataset(filepath=sys.argv[1]).save(Raster(grid, (Band("p"),), read))
""")

FULL_DISK = textwrap.dedent("""
    import resource, signal, sys
    import numpy as np
    from mineral_prospectivity.datasets import RasterDataset
    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.geo.grid import make_grid
    from mineral_prospectivity.geo.raster import Raster

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
    grid = make_grid("EPSG:32633", 100.0, (0, 0, 102_400, 102_400))
    noise = np.random.default_rng(0).integers(0, 2**30, (1, 1024, 1024)).view(np.float32)
    raster = Raster(grid, (Band("p"),), lambda window: noise[(0, *window.slices)][None])
    try:
        RasterDataset(filepath=sys.argv[1]).save(raster)
    except Exception as error:
        sys.exit(str(error))
""")

FULL_DISK_OF_FEATURES = textwrap.dedent("""
    import resource, signal, sys
    from pathlib import Path
    import geopandas
    from mineral_prospectivity.datasets import VectorDataset
    from mineral_prospectivity.errors import user_error

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    points = geopandas.points_from_xy(range(3000), range(3000), crs="EPSG:32633")
    dataset = VectorDataset(filepath=sys.argv[1])
    dataset.save(geopandas.GeoDataFrame({"n": range(3000)}, geometry=points))
    limit = int(Path(sys.argv[1]).stat().st_size * float(sys.argv[2])) - 1
    Path(sys.argv[1]).write_bytes(b"the targets of yesterday")
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        dataset.save(geopandas.GeoDataFrame({"n": range(3000)}, geometry=points))
    except Exception as error:
        sys.exit(str(user_error(error)))
""")


def left(folder):
    """Return the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("before", [None, b"the map of yesterday"])
def test_a_killed_process_leaves_no_half_map(tmp_path, before):
    target = tmp_path / "map.tif"
    if before:
        target.write_bytes(before)
    command = [sys.executable, "-c", SLOW_SAVE, str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "half\n"
        time.sleep(0.1)
        os.kill(process.pid, signal.SIGKILL)
    assert (target.read_bytes() if target.exists() else None) == before


def test_what_a_killed_write_left_goes_with_a_later_write_and_nothing_else_does(tmp_path):
    hours = {".map.tif.abcdefgh": 25, ".map.tif.12345678": 1, ".map.tif.older": 25}
    hours[".other.tif.abcdefgh"] = 25
    for name, age in hours.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "map.plain.tif").write_bytes(b"half")
        os.utime(tmp_path / name, 2 * (time.time() - 3600 * age,))

    TextDataset(filepath=str(tmp_path / "map.tif")).save("whole")

    assert left(tmp_path) == [
        ".map.tif.12345678",
        ".map.tif.older",
        ".other.tif.abcdefgh",
        "map.tif",
    ]


# Noise does not compress: 4.2 MB as a plain file, with its overviews about 5 as the final one.
@pytest.mark.parametrize("limit", [2_000_000, 4_300_000])
def test_a_full_disk_leaves_no_half_map_and_says_so(tmp_path, limit):
    target = tmp_path / "map.tif"
    target.write_bytes(b"the map of yesterday")
    command = [sys.executable, "-c", FULL_DISK, str(target), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "map.tif cannot be written: " in done.stderr
    assert "Is the disk full?" in done.stderr
    assert target.read_bytes() == b"the map of yesterday"
    assert left(tmp_path) == ["map.tif"]


# A GeoPackage may lack its spatial index, which is no content; GeoJSON its last line break.
@pytest.mark.parametrize(
    ("name", "share"), [("t.gpkg", 0.4), ("t.geojson", 0.999), ("t.parquet", 1)]
)
def test_a_full_disk_leaves_no_half_features_and_says_so(tmp_path, name, share):
    target = tmp_path / name
    command = [sys.executable, "-c", FULL_DISK_OF_FEATURES, str(target), str(share)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{target} cannot be written: " in done.stderr
    assert done.stderr.endswith(". Is the disk full?\n")
    assert target.read_bytes() == b"the targets of yesterday"
    assert left(tmp_path) == [name]


def test_no_space_left(tmp_path, monkeypatch):
    dataset = TableDataset(filepath=str(tmp_path / "cells.parquet"))
    dataset.save(pd.DataFrame({"cell": [1]}))

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DatasetError, match="No space left on device"):
        dataset.save(pd.DataFrame({"cell": [2]}))
    assert dataset.load()["cell"].tolist() == [1]
    assert left(tmp_path) == ["cells.parquet"]


def test_an_error_while_computing_leaves_the_old_map(tmp_path, raster):
    dataset = RasterDataset(filepath=str(tmp_path / "map.tif"))
    dataset.save(raster)
    before = (tmp_path / "map.tif").read_bytes()

    def fail(window):
        raise ZeroDivisionError

    with pytest.raises(DatasetError):
        dataset.save(Raster(raster.grid, raster.bands, fail))
    assert (tmp_path / "map.tif").read_bytes() == before
    assert left(tmp_path) == ["map.tif"]


def test_a_raster_that_is_being_read_can_be_replaced(tmp_path, raster):
    dataset = RasterDataset(filepath=str(tmp_path / "map.tif"))
    dataset.save(raster)
    twice = dataset.load()
    dataset.save(Raster(raster.grid, raster.bands, lambda window: 2 * twice.read(window)))
    assert dataset.load().array()[0, 0, 0] == 2 * raster.array()[0, 0, 0]


def test_a_failed_upload_leaves_no_object(bucket, monkeypatch):
    dataset = TextDataset(filepath=f"{bucket}/report.html")
    dataset.save("yesterday")
    file = StoredFile(f"{bucket}/report.html")

    def write_and_fail():
        with file.replaced() as path:
            path.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert dataset.load() == "yesterday"
