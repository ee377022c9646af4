"""Rasters survive the way to a file and back, and the file is what it should be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from rio_cogeo import cog_validate

from mineral_prospectivity.errors import ProspectivityError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.geotiff import PALETTE, read_geotiff, write_geotiff
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.raster import Raster

from .conftest import CRS, NORTH, WEST

GRID = make_grid(CRS, 100.0, (WEST, NORTH - 60_000, WEST + 110_050, NORTH))
BANDS = (
    Band("gravity", "gravity", unit="µm/s²", transform="robust", description="Größe, m"),
    Band("rock_granite", "rock", kind="fraction", context=True),
)


@pytest.fixture(scope="module")
def values():
    values = np.random.default_rng(0).random((2, *GRID.shape)).astype(np.float32)
    values[0, :100, :300] = np.nan
    return values


@pytest.fixture
def raster(values):
    return Raster(GRID, BANDS, lambda window: values[(slice(None), *window.slices)])


def classes(values, categories):
    band = (Band("risk_return"),)
    return Raster(GRID, band, lambda window: values[(slice(None), *window.slices)], categories)


def test_round_trip(raster, values, tmp_path):
    write_geotiff(raster, tmp_path / "map.tif")
    again = read_geotiff(tmp_path / "map.tif")
    assert again.grid == GRID
    assert str(again.grid.crs) == CRS
    assert again.bands == BANDS
    assert np.array_equal(again.array(), values, equal_nan=True)
    for window, block in again.blocks():
        assert np.array_equal(block, values[(slice(None), *window.slices)], equal_nan=True)


def test_the_file_is_cloud_optimised_with_overviews_and_statistics(raster, values, tmp_path):
    path = tmp_path / "map.tif"
    write_geotiff(raster, path)
    valid, errors, warnings = cog_validate(path)
    assert (valid, errors, warnings) == (True, [], [])
    with rasterio.open(path) as dataset:
        assert dataset.overviews(1) == [2, 4]
        assert dataset.descriptions == ("gravity", "rock_granite")
        assert dataset.units == ("µm/s²", "1")
        assert np.isnan(dataset.nodata)
        mean = float(dataset.tags(1)["STATISTICS_MEAN"])
        assert mean == pytest.approx(np.nanmean(values[0], dtype=float), rel=1e-6)
    assert list(tmp_path.iterdir()) == [path]


def test_overviews_average_what_is_continuous(tmp_path):
    even = make_grid(CRS, 100.0, (WEST, NORTH - 60_000, WEST + 110_000, NORTH))
    values = np.random.default_rng(1).random((1, *even.shape)).astype(np.float32)
    raster = Raster(even, (Band("p"),), lambda window: values[(slice(None), *window.slices)])
    write_geotiff(raster, tmp_path / "map.tif")
    with rasterio.open(tmp_path / "map.tif", overview_level=0) as half:
        found = half.read(1)
    np.testing.assert_allclose(found, values.reshape(300, 2, 550, 2).mean(axis=(1, 3)), atol=1e-6)


def test_overviews_of_categories_hold_the_commonest(tmp_path):
    values = np.ones((1, *GRID.shape), dtype=np.uint8)
    values[0, ::2, ::2] = 3  # one cell in four
    path = tmp_path / "classes.tif"
    write_geotiff(classes(values, ((1, "low"), (3, "high"))), path)
    assert cog_validate(path) == (True, [], [])
    with rasterio.open(path, overview_level=0) as half:
        assert (half.read(1)[:, :-1] == 1).all()
    with rasterio.open(path) as dataset:
        assert dataset.overviews(1) == [2, 4]
        assert {"kind", "transform"}.isdisjoint(dataset.tags(1))


def test_the_same_raster_gives_the_same_bytes(raster, tmp_path):
    write_geotiff(raster, tmp_path / "one.tif")
    write_geotiff(raster, tmp_path / "two.tif")
    assert (tmp_path / "one.tif").read_bytes() == (tmp_path / "two.tif").read_bytes()


def test_categories_have_names_and_colours(tmp_path):
    values = np.random.default_rng(0).integers(0, 4, (1, *GRID.shape)).astype(np.uint8)
    path = tmp_path / "classes.tif"
    write_geotiff(classes(values, ((1, "low"), (2, "high"), (3, "medium"))), path)
    again = read_geotiff(path)
    assert again.categories == ((1, "low"), (2, "high"), (3, "medium"))
    assert np.array_equal(again.array(), values)
    assert again.array().dtype == np.uint8
    with rasterio.open(path) as dataset:
        assert dataset.nodata == 0
        assert dataset.colormap(1)[1] == (*bytes.fromhex(PALETTE[0][1:]), 255)
        assert set(np.unique(dataset.read(1, out_shape=(150, 275)))) <= {0, 1, 2, 3}


def test_what_is_no_category_is_no_value(tmp_path):
    values = np.random.default_rng(0).integers(0, 3, (1, *GRID.shape)).astype(np.float32)
    values[0, 0] = np.nan
    path = tmp_path / "classes.tif"
    colours = ((0, "#ffffff"), (1, "#000000"))
    write_geotiff(replace(classes(values, ((0, "no"), (1, "yes"))), colours=colours), path)
    with rasterio.open(path) as dataset:
        assert dataset.nodata == 255
        assert dataset.colormap(1)[0] == (255, 255, 255, 255)
    stored = read_geotiff(path).array()
    assert (stored[0, 0] == 255).all()
    assert np.array_equal(stored == 1, values == 1)
    assert np.array_equal(stored == 255, ~np.isin(values, [0, 1]))


def test_a_map_without_values(tmp_path):
    write_geotiff(classes(np.full((1, *GRID.shape), np.nan), ()), tmp_path / "empty.tif")
    assert np.isnan(read_geotiff(tmp_path / "empty.tif").array()).all()


def test_bands_of_other_programs(raster_layer):
    layer = raster_layer(np.arange(20, dtype=np.int16).reshape(4, 5), nodata=3)
    other = read_geotiff(layer.path)
    assert other.names == ("band_1",)
    assert np.isnan(other.array()[0, 0, 3])
    assert other.array()[0, 0, 4] == 4.0


def test_a_file_that_is_no_raster(tmp_path):
    (tmp_path / "map.tif").write_text("no raster")
    with pytest.raises(ProspectivityError) as caught:
        read_geotiff(tmp_path / "map.tif", origin="s3://bucket/map.tif")
    assert str(caught.value).startswith("s3://bucket/map.tif: cannot be read as a raster: ")


def test_a_file_that_was_cut_off(raster, tmp_path):
    path = tmp_path / "map.tif"
    write_geotiff(raster, path)
    path.write_bytes(path.read_bytes()[:-100_000])
    with pytest.raises(ProspectivityError, match="Is the file damaged or cut off"):
        read_geotiff(path).array()


def test_a_failed_raster_leaves_nothing_behind(raster, tmp_path):
    def fail(window):
        if window.row > 0:
            msg = "no memory"
            raise MemoryError(msg)
        return raster.read(window)

    with pytest.raises(MemoryError):
        write_geotiff(Raster(GRID, BANDS, fail), tmp_path / "map.tif")
    assert not (tmp_path / "map.plain.tif").exists()
