"""Targets are cut from the best part of the ground of high return."""

from __future__ import annotations

import numpy as np
import pytest

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.targeting import best_ground
from mineral_prospectivity.targeting.ground import map_quantile

from .conftest import as_raster

GRID = make_grid("EPSG:32633", 100.0, (0, 0, 1000, 1000))
P = np.linspace(0.01, 1.0, 100).reshape(10, 10)


def ground(share, high):
    return best_ground(as_raster(GRID, high_return=high), as_raster(GRID, probability=P), share)


def test_only_the_most_prospective_share_is_left():
    marks = ground(0.1, np.ones((10, 10))).array()[0]

    assert marks.sum() == 10
    assert marks[9].all()


def test_ground_of_low_return_is_never_taken():
    high = np.zeros((10, 10))
    high[9, :4] = 1

    assert ground(0.1, high).array().sum() == 4


def test_the_whole_share_keeps_all_and_missing_stays_missing():
    high = np.ones((10, 10))
    high[0, 0] = np.nan

    marks = ground(1.0, high).array()[0]

    assert np.isnan(marks[0, 0])
    assert np.nansum(marks) == 99


def test_a_map_without_values_is_refused():
    nothing = as_raster(GRID, probability=np.full((10, 10), np.nan))
    with pytest.raises(ConfigurationError, match="no cell has a value of 'probability'"):
        map_quantile(nothing, 0.5)
