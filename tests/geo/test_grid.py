"""Grids, windows, cells, and rasters read by window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import (
    Window,
    cell_centres,
    cells_of_points,
    make_grid,
    widened,
    window_cells,
    windows,
)
from mineral_prospectivity.geo.raster import Raster

from .conftest import CRS, NORTH, WEST


def test_bounds_are_enlarged_to_whole_cells():
    grid = make_grid(CRS, 100.0, (WEST + 1, NORTH - 399, WEST + 499, NORTH - 1))
    assert tuple(grid.extent.boundingbox) == (WEST, NORTH - 400, WEST + 500, NORTH)
    assert grid.transform.e < 0


@pytest.mark.parametrize(
    ("crs", "bounds", "message"),
    [
        (
            "EPSG:4326",
            (0, 0, 1, 1),
            "grid.crs: EPSG:4326 is geographic (degrees); areas and distances need a projected "
            "CRS in metres, such as the UTM zone of the region",
        ),
        (
            "EPSG:2277",
            (0, 0, 1, 1),
            "grid.crs: EPSG:2277 is measured in units of a US survey foot; areas and distances "
            "need a projected CRS in metres, such as the UTM zone of the region",
        ),
        (
            "somewhere",
            (0, 0, 1, 1),
            "grid.crs: 'somewhere' is no coordinate reference system; give one such as EPSG:7845",
        ),
        (
            CRS,
            (1, 0, 0, 1),
            "grid.bounds: (1, 0, 0, 1) enclose nothing; give west, south, east, north in the "
            "units of EPSG:32633, west < east and south < north",
        ),
        (
            CRS,
            (0, 0, float("nan"), 1),
            "grid.bounds: (0, 0, nan, 1) enclose nothing; give west, south, east, north in the "
            "units of EPSG:32633, west < east and south < north",
        ),
    ],
)
def test_grids_that_cannot_be_made(crs, bounds, message):
    with pytest.raises(ConfigurationError) as caught:
        make_grid(crs, 100.0, bounds)
    assert str(caught.value) == message


def test_a_slip_in_the_resolution_is_told_before_memory_is_asked_for():
    with pytest.raises(ConfigurationError) as caught:
        make_grid(CRS, 0.01, (WEST, NORTH - 36_000, WEST + 40_000, NORTH))
    assert str(caught.value) == (
        "grid: 14,400,000,000,000 cells of 0.01 m; at most 1,000,000,000 can be mapped. Raise "
        "grid.resolution, or narrow grid.bounds"
    )


sizes = st.integers(1, 40)


@given(rows=sizes, cols=sizes, size=sizes)
def test_windows_tile_the_grid(rows, cols, size):
    grid = make_grid(CRS, 10.0, (0, 0, cols * 10, rows * 10))
    cells = [window_cells(grid, window).ravel() for window in windows(grid, size)]
    assert np.array_equal(np.sort(np.concatenate(cells)), np.arange(rows * cols))


@given(rows=sizes, cols=sizes)
def test_the_centre_of_a_cell_lies_in_it(rows, cols):
    grid = make_grid(CRS, 30.0, (WEST, NORTH - rows * 30, WEST + cols * 30, NORTH))
    cells = np.arange(rows * cols)
    assert np.array_equal(cells_of_points(grid, *cell_centres(grid, cells)), cells)


def test_points_on_edges_and_outside(grid):
    x = WEST + np.array([0.0, 100.0, 500.0, -0.1, 250.0, 250.0])
    y = NORTH - np.array([0.0, 100.0, 50.0, 50.0, 400.0, -0.1])
    assert cells_of_points(grid, x, y).tolist() == [0, 6, -1, -1, -1, -1]


def test_windows_are_widened_as_far_as_the_grid_reaches(grid):
    assert widened(Window(1, 1, 1, 1), 1, grid) == Window(0, 0, 3, 3)
    assert widened(Window(0, 3, 2, 2), 2, grid) == Window(0, 1, 4, 4)


def test_margins_hold_what_lies_there_and_nan_beyond(grid):
    values = np.arange(20, dtype=np.float32).reshape(4, 5)
    raster = Raster(grid, (Band("a"),), lambda window: values[window.slices][None])
    padded = raster.read_padded(Window(0, 1, 2, 2), 1)[0]
    assert np.isnan(padded[0]).all()
    assert np.array_equal(padded[1:], values[:3, :4])


def test_selected_bands_come_in_the_order_asked(grid):
    values = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    bands = (Band("a"), Band("b"), Band("c"))
    raster = Raster(grid, bands, lambda window: values[(slice(None), *window.slices)])
    chosen = raster.select(["c", "a"])
    assert chosen.names == ("c", "a")
    assert np.array_equal(chosen.array(), values[[2, 0]])
