"""Cells get exactly the values that lie under them: no half-cell shift."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from mineral_prospectivity.geo.evidence import layer_evidence
from mineral_prospectivity.geo.grid import Window, make_grid
from mineral_prospectivity.geo.samples import overlap_shares
from mineral_prospectivity.geo.sources import raster_source

from .conftest import CRS, NORTH, WEST

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox


def values_of(layer, grid, **options):
    return layer_evidence(layer, grid, **options).array()


def test_same_grid_gives_the_pixels_themselves(grid, raster_layer):
    pixels = np.arange(20, dtype=np.float32).reshape(4, 5)
    assert np.array_equal(values_of(raster_layer(pixels), grid)[0], pixels)


def test_finer_pixels_are_averaged_by_hand(grid, raster_layer):
    pixels = np.random.default_rng(0).normal(size=(8, 10))
    expected = pixels.reshape(4, 2, 5, 2).mean(axis=(1, 3))
    assert np.allclose(values_of(raster_layer(pixels, pixel=50.0), grid)[0], expected, rtol=1e-6)


def test_offset_pixels_are_weighted_by_the_area_they_share(raster_layer):
    # Cells of 100 m over pixels of 40 m that start 20 m west and 20 m north of the grid: the
    # first cell covers half of pixel 0, all of 1 and 2, and none of 3.
    grid = make_grid(CRS, 100.0, (WEST, NORTH - 100, WEST + 100, NORTH))
    pixels = np.random.default_rng(1).normal(size=(3, 3))
    weights = np.array([20.0, 40.0, 40.0]) / 100.0
    layer = raster_layer(pixels, pixel=40.0, west=WEST - 20, north=NORTH + 20)
    value = raster_source(layer, grid).samples(Window(0, 0, 1, 1)).mean().item()
    assert value == pytest.approx(weights @ pixels @ weights, rel=1e-12)


def test_pixels_of_the_real_200_m_overview_are_weighted_by_their_overlap(raster_layer):
    # The cells of Dist2Fault.vrt are 199.84 m wide: a known case of misaligned layers.
    pixels = np.random.default_rng(2).normal(size=(10, 10))
    step = 199.84126984126985
    layer = raster_layer(pixels, pixel=step, resampling="average")
    grid = make_grid(CRS, 250.0, (WEST, NORTH - 500, WEST + 500, NORTH))
    edges = np.arange(11) * step
    overlap = np.clip(np.minimum.outer([250.0, 500.0], edges[1:]), 0, None) - np.maximum.outer(
        [0.0, 250.0], edges[:-1]
    )
    weights = np.clip(overlap, 0, None) / 250.0
    expected = weights @ pixels @ weights.T
    assert np.allclose(values_of(layer, grid)[0], expected, rtol=1e-6)


def test_coarser_classes_keep_their_edges(grid, raster_layer):
    pixels = np.array([[1, 2]], dtype=np.int16)
    layer = raster_layer(pixels, pixel=250.0, kind="categorical", name="lithology")
    wide = make_grid(CRS, 100.0, (WEST, NORTH - 200, WEST + 500, NORTH))
    shares = values_of(layer, wide)
    assert np.allclose(shares[0], [1, 1, 0.5, 0, 0])
    assert np.allclose(shares.sum(axis=0), 1.0)


def test_a_plane_is_interpolated_exactly_between_coarser_pixels(raster_layer):
    # The value of a plane at a cell centre is known: half a cell of shift would show.
    centre = 50.0 + 400.0 * np.arange(6) + 150.0
    plane = (2.0 * centre - 3.0 * centre[:, None]).astype(np.float64)
    layer = raster_layer(plane, pixel=400.0)
    grid = make_grid(CRS, 100.0, (WEST + 400, NORTH - 2000, WEST + 2000, NORTH - 400))
    cell = 450.0 + 100.0 * np.arange(16)
    assert np.allclose(values_of(layer, grid)[0], 2.0 * cell - 3.0 * cell[:, None], atol=1e-3)


def test_nearest_takes_the_pixel_under_the_centre(raster_layer):
    pixels = np.arange(9.0).reshape(3, 3)
    layer = raster_layer(pixels, pixel=140.0, resampling="nearest")
    grid = make_grid(CRS, 100.0, (WEST, NORTH - 400, WEST + 400, NORTH))
    assert values_of(layer, grid)[0, 0].tolist() == [0.0, 1.0, 1.0, 2.0]


def test_missing_pixels_are_left_out_of_the_mean(grid, raster_layer):
    pixels = np.ones((8, 10), dtype=np.float32)
    pixels[0, 0] = 5.0
    pixels[0, 1], pixels[1, 0], pixels[1, 1] = -9999.0, np.nan, -9999.0
    pixels[2:4, 2:4] = -9999.0
    values = values_of(raster_layer(pixels, pixel=50.0, nodata=-9999.0), grid)[0]
    assert values[0, 0] == 5.0
    assert np.isnan(values[1, 1])
    assert np.isfinite(values).sum() == 19


@pytest.mark.parametrize("band", [1, 2])
@pytest.mark.parametrize("crs", [CRS, "EPSG:32634"])
def test_a_band_is_missing_where_it_says_so_whatever_the_others_hold(grid, raster_layer, crs, band):
    bands = np.random.default_rng(0).random((2, 60, 60))
    bands[0, :30], bands[1, 30:] = -9999.0, -1.0
    layer = raster_layer(bands, crs=crs, transform=_covering(grid, crs, 20.0), band=band)
    declared = layer.spec.model_copy(update={"nodata": (-9999.0, -1.0)[band - 1]})
    values = values_of(replace(layer, spec=declared), grid)[0]
    assert 0 < np.isfinite(values).sum() < values.size
    assert np.nanmin(values) >= 0


def test_nodata_can_be_declared_where_the_file_does_not(grid, raster_layer):
    pixels = np.arange(20.0).reshape(4, 5)
    pixels[1, 2] = -1.0
    assert values_of(raster_layer(pixels), grid)[0, 1, 2] == -1.0
    layer = raster_layer(pixels)
    declared = replace(layer, spec=layer.spec.model_copy(update={"nodata": -1.0}))
    assert np.isnan(values_of(declared, grid)[0, 1, 2])


def test_beyond_the_raster_there_is_no_value(grid, raster_layer):
    layer = raster_layer(np.arange(4.0).reshape(2, 2), west=WEST + 100, north=NORTH - 100)
    values = values_of(layer, grid)[0]
    assert np.array_equal(values[1:3, 1:3], [[0, 1], [2, 3]])
    assert np.isfinite(values).sum() == 4


@pytest.mark.parametrize("pixel", [30.0, 100.0, 170.0])
@pytest.mark.parametrize("crs", [CRS, "EPSG:32634", "EPSG:4326"])
def test_windows_of_any_size_give_the_same_map(grid, raster_layer, pixel, crs):
    transform = _covering(grid, crs, pixel)
    pixels = np.random.default_rng(3).normal(size=(60, 60))
    raster = layer_evidence(raster_layer(pixels, crs=crs, transform=transform), grid)
    whole = raster.array()
    assert np.isfinite(whole).all()
    for window, values in raster.blocks(size=2):
        assert np.array_equal(values, whole[(slice(None), *window.slices)])


def _covering(grid: GeoBox, crs: str, pixel: float) -> Affine:
    """Return a transform of 60 by 60 pixels about the grid."""
    to_crs = Transformer.from_crs(CRS, crs, always_xy=True)
    x, y = to_crs.transform(WEST + 250, NORTH - 200)
    east, _ = to_crs.transform(WEST + 250 + pixel, NORTH - 200)
    step = abs(east - x) if crs == "EPSG:4326" else pixel
    return Affine(step, 0, x - 30 * step, 0, -step, y + 30 * step)


@pytest.mark.parametrize("crs", [CRS, "EPSG:32634"])
def test_numbers_with_a_scale_and_an_offset(grid, raster_layer, crs):
    """Nodata is a number of the file; codes of classes have no scale."""
    numbers = np.arange(400, dtype=np.int16).reshape(20, 20) % 30
    place = {"pixel": 100.0, "west": WEST - 500, "north": NORTH + 800, "crs": CRS}
    if crs != CRS:
        place |= {"pixel": 200.0, "west": 27_000.0, "north": 5_019_000.0, "crs": crs}
    plain = raster_layer(numbers, nodata=7, **place, name="plain", ordinal=True)
    layer = raster_layer(numbers, nodata=7, **place)
    codes = raster_layer(numbers, nodata=7, **place, name="codes", kind="categorical")
    for one in (layer, codes):
        with rasterio.open(one.path, "r+") as dataset:
            dataset.scales, dataset.offsets = (0.5,), (-3.0,)
    expected = layer_evidence(plain, grid).array() / 2 - 3
    assert np.allclose(layer_evidence(layer, grid).array(), expected, equal_nan=True)
    assert "codes_8" in layer_evidence(codes, grid).names


def test_a_reprojected_field_keeps_its_place(grid, raster_layer):
    # The field is a plane of the grid's own coordinates, written in longitude and latitude:
    # after reprojection each cell must hold the value of its centre.
    to_grid = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    transform = _covering(grid, "EPSG:4326", 10.0)
    transform = transform @ Affine.translation(-90, -90)
    col, row = np.meshgrid(np.arange(240) + 0.5, np.arange(240) + 0.5)
    x, y = to_grid.transform(*(transform @ (col, row)))
    plane = 2.0 * (x - WEST) - 3.0 * (y - NORTH)
    values = values_of(raster_layer(plane, crs="EPSG:4326", transform=transform), grid)[0]
    centre_x, centre_y = 50 + 100 * np.arange(5), -50 - 100 * np.arange(4)
    expected = 2.0 * centre_x - 3.0 * centre_y[:, None]
    assert np.allclose(values, expected, atol=10.0)  # a tenth of a 10 m pixel times the slope
    assert abs(np.mean(values - expected)) < 3.0


def test_a_south_up_raster_is_turned(grid, raster_layer):
    pixels = np.arange(20.0).reshape(4, 5)
    upside_down = Affine(100.0, 0, WEST, 0, 100.0, NORTH - 400)
    layer = raster_layer(pixels[::-1], transform=upside_down)
    assert np.array_equal(values_of(layer, grid)[0], pixels)


@settings(max_examples=60, deadline=None)
@given(
    start=st.floats(-50, 50),
    width=st.floats(0.05, 20),
    count=st.integers(1, 12),
    pixels=st.integers(1, 40),
)
def test_shares_are_lengths_of_overlap(start, width, count, pixels):
    edges = start + width * np.arange(count + 1)
    shares, first, last = overlap_shares(edges, pixels)
    pixel = np.arange(first, last)
    expected = np.minimum.outer(edges[1:], pixel + 1.0) - np.maximum.outer(edges[:-1], pixel)
    expected = np.clip(expected, 0, None) / width
    assert np.allclose(shares.toarray(), expected, atol=3e-6 / width)
    inside = np.clip(np.minimum(edges[1:], pixels) - np.maximum(edges[:-1], 0), 0, None) / width
    assert np.allclose(shares.sum(axis=1), inside, atol=3e-6 / width)
