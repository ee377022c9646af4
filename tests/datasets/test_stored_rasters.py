"""Rasters on this disk and on S3, whole and by windows."""

from __future__ import annotations

import copy
import gc

import numpy as np
import pytest
from kedro.io import DatasetError

from mineral_prospectivity.datasets import (
    RasterDataset,
)
from mineral_prospectivity.datasets.stored_file import StoredFile
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import Window, make_grid
from mineral_prospectivity.geo.raster import Raster


def test_raster(root, raster):
    dataset = RasterDataset(filepath=f"{root}/maps/p.tif")
    assert not dataset.exists()
    dataset.save(raster)
    assert dataset.exists()
    again = dataset.load()
    assert np.array_equal(again.array(), raster.array(), equal_nan=True)
    assert again.bands == raster.bands
    assert len(dataset.preview()) > 100


def test_the_local_copy_lives_as_long_as_its_raster(bucket, raster):
    dataset = RasterDataset(filepath=f"{bucket}/p.tif")
    dataset.save(raster)
    loaded = dataset.load()
    folder = loaded.read.path.parent
    other = copy.deepcopy(loaded)
    del loaded
    gc.collect()
    assert np.array_equal(other.array(), raster.array(), equal_nan=True)
    del other
    gc.collect()
    assert not folder.exists()


def test_missing_raster_on_s3(bucket):
    with pytest.raises(DatasetError, match=r"maps/none\.tif: there is no such file\. Check"):
        RasterDataset(filepath=f"{bucket}/none.tif").load()


def test_a_streamed_raster_reads_its_header_and_the_windows_asked_for(bucket, monkeypatch):
    from s3fs.core import S3File

    fetched = []
    plain = S3File._fetch_range

    def fetch(file, start, end):
        fetched.append(min(end, file.size) - start)
        return plain(file, start, end)

    monkeypatch.setattr(S3File, "_fetch_range", fetch)
    grid = make_grid("EPSG:32633", 100.0, (0, 0, 307_200, 51_200))
    noise = np.random.default_rng(0).random((1, *grid.shape), np.float32)
    url = f"{bucket}/evidence.tif"
    RasterDataset(filepath=url).save(
        Raster(grid, (Band("p", unit="nT"),), lambda window: noise[:, *window.slices])
    )
    size = StoredFile(url).files.size(url)
    fetched.clear()

    streamed = RasterDataset(filepath=url, streamed=True).load()
    assert streamed.bands == (Band("p", unit="nT"),)
    assert sum(fetched) < 0.1 * size, "the header"
    window = Window(0, 1024, 512, 512)
    np.testing.assert_array_equal(streamed.read(window), noise[:, *window.slices])
    assert sum(fetched) < 0.4 * size, "a sixth of the map, and what is read ahead"


def test_a_streamed_raster_that_is_missing_is_named(bucket):
    url = f"{bucket}/none.tif"
    with pytest.raises(DatasetError, match=f"{url}: there is no such file. Check the filepath"):
        RasterDataset(filepath=url, streamed=True).load()
