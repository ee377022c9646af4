"""Zones: shares of deposits and of area, with the deposits of a cluster drawn together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.scoring.sample import UndefinedMetricError
from mineral_prospectivity.scoring.zones import require_every_cell, zone_capture


def region(clusters, deposits=None, background=100, weight=1.0):
    count = len(clusters)
    rest = np.zeros(background)
    return pd.DataFrame(
        {
            "label": np.r_[np.ones(count), rest],
            "deposits": np.r_[np.ones(count) if deposits is None else deposits, rest],
            "cluster": np.r_[clusters, rest - 1].astype(int),
            "weight": np.r_[np.ones(count), rest + weight],
        }
    )


def test_deposits_count_and_not_cells():
    cells = region([0, 1, 2, 2], deposits=[4, 1, 1, 2])
    inside = np.r_[[True, False, False, True], np.arange(100) < 10]
    found = zone_capture(cells, inside)
    assert (found.captured, found.deposits) == (6, 8)
    assert found.capture.value == 6 / 8
    assert found.area_share == pytest.approx(12 / 104)


def test_a_row_stands_for_its_cells():
    cells = region([0, 1], background=10, weight=3.0)
    found = zone_capture(cells, np.r_[[True, True], np.arange(10) < 5])
    assert found.area_share == pytest.approx(17 / 32)


def test_the_interval_is_that_of_the_binomial_where_every_deposit_is_a_cluster():
    count, share = 200, 0.3
    inside = np.r_[np.arange(count) < share * count, np.zeros(100)].astype(bool)
    found = zone_capture(region(np.arange(count)), inside, replicates=4000)
    half = 1.96 * np.sqrt(share * (1 - share) / count)
    assert found.capture.low == pytest.approx(share - half, abs=0.01)
    assert found.capture.high == pytest.approx(share + half, abs=0.01)


def test_clusters_widen_the_interval():
    inside = np.r_[np.arange(200) % 200 < 60, np.zeros(100)].astype(bool)
    alone = zone_capture(region(np.arange(200)), inside).capture
    together = zone_capture(region(np.arange(200) // 20), inside).capture
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_one_cluster_has_no_interval():
    with pytest.raises(UndefinedMetricError, match="1 deposit clusters"):
        zone_capture(region([0, 0]), np.zeros(102, bool))


def test_a_sample_of_the_background_is_no_map():
    require_every_cell(region([0, 1]))
    with pytest.raises(UndefinedMetricError, match=r"raise labels\.max_background"):
        require_every_cell(region([0, 1], weight=2.0))
