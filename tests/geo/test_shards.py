"""Parts of a map that are computed apart are the map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mineral_prospectivity.errors import OutdatedError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.geotiff import read_geotiff, write_geotiff
from mineral_prospectivity.geo.grid import Window, make_grid, windows
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.shards import Shards, assemble, shard

BANDS = (Band("probability", description="p"), Band("total"))


def grid_of(rows, cols):
    return make_grid("EPSG:32633", 100.0, (0, 0, cols * 100, rows * 100))


def raster_of(grid, asked=None):
    values = np.random.default_rng(0).random((2, *grid.shape), np.float32)
    values[:, 3:5, :2] = np.nan

    def read(window):
        if asked is not None:
            asked.append(window)
        return values[:, *window.slices]

    return Raster(grid, BANDS, read)


sides = st.integers(1, 40)


@settings(max_examples=60, deadline=None)
@given(rows=sides, cols=sides, size=st.integers(1, 17), count=st.integers(1, 30), data=st.data())
def test_the_parts_together_are_the_whole(rows, cols, size, count, data):
    grid = grid_of(rows, cols)
    whole = raster_of(grid)
    parts = [shard(whole, part, count, size) for part in range(count)]
    assembled = assemble(grid, parts, size)
    np.testing.assert_array_equal(assembled.array(), whole.array())
    row, col = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, cols - 1))
    height = data.draw(st.integers(1, rows - row))
    window = Window(row, col, height, data.draw(st.integers(1, cols - col)))
    np.testing.assert_array_equal(assembled.read(window), whole.read(window))


@settings(max_examples=60, deadline=None)
@given(rows=sides, cols=sides, size=st.integers(1, 17), count=st.integers(1, 30))
def test_every_window_has_one_part_and_parts_are_nearly_equal(rows, cols, size, count):
    shards = Shards(grid_of(rows, cols), count, size)
    dealt = [shards.numbers(part) for part in range(count)]
    assert [number for numbers in dealt for number in numbers] == list(range(shards.total))
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1


def test_a_part_asks_for_its_own_windows_and_no_others():
    grid, asked = grid_of(25, 30), []
    whole = raster_of(grid, asked)
    for part in range(4):
        asked.clear()
        for window, _ in shard(whole, part, 4, 10).blocks(10):
            assert window.row % 10 == window.col % 10 == 0
        expected = [list(windows(grid, 10))[number] for number in Shards(grid, 4, 10).numbers(part)]
        assert asked == expected


def test_a_map_assembled_from_files_has_the_bytes_of_the_whole(tmp_path):
    grid = grid_of(600, 1100)
    whole = raster_of(grid)
    write_geotiff(whole, tmp_path / "whole.tif")
    for part in range(7):
        write_geotiff(shard(whole, part, 7), tmp_path / f"part_{part}.tif")
    parts = [read_geotiff(tmp_path / f"part_{part}.tif") for part in range(7)]
    write_geotiff(assemble(grid, parts), tmp_path / "assembled.tif")
    assert (tmp_path / "assembled.tif").read_bytes() == (tmp_path / "whole.tif").read_bytes()


def test_parts_of_another_grid_are_refused():
    parts = [shard(raster_of(grid_of(25, 30)), part, 2, 10) for part in range(2)]
    message = "part 1 of 2 of the map lies on another grid than the evidence. Run uncertainty again"
    with pytest.raises(OutdatedError, match=message):
        assemble(grid_of(26, 30), parts, 10)
