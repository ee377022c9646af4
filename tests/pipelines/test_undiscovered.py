"""The number of undiscovered deposits, from the parameter to the economics."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import cell_centres, make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.parameters import EconomicsParameters
from mineral_prospectivity.pipelines.risk.nodes import appraise, weigh_undiscovered

GRID = make_grid("EPSG:32633", 500.0, (0, 0, 5_000, 5_000))
P = np.random.default_rng(6).uniform(0.01, 0.4, 100)
NAMES = ("probability", "epistemic", "log_odds_mean", "log_odds_sd")


@pytest.fixture
def prediction():
    logit = np.log(P / (1 - P))
    values = np.stack([P, 0.1 * P, logit, np.full(100, 0.3)]).reshape(4, 10, 10)
    return Raster(GRID, tuple(map(Band, NAMES)), lambda window: values[:, *window.slices])


@pytest.fixture
def cells():
    x, y = cell_centres(GRID, np.arange(100))
    deposits = np.zeros(100, int)
    deposits[[3, 30, 70]] = 2, 1, 1
    return pd.DataFrame({
        "cell": np.arange(100), "x": x, "y": y, "label": (deposits > 0).astype(int),
        "deposits": deposits, "weight": 1.0, "probability": P,
    })  # fmt: skip


@pytest.mark.parametrize("undiscovered", [0.0, 1.0, 2.0, 8.0])
def test_the_economics_count_discoveries_for_each_known_deposit(prediction, cells, undiscovered):
    parameters = EconomicsParameters(undiscovered_deposits=undiscovered)
    economics, _ = appraise(prediction, cells, parameters)
    chance = economics.select(["probability"]).array().ravel()
    expected = np.minimum(undiscovered / 4 * P / (1 - P), 1)
    np.testing.assert_allclose(chance, expected, rtol=1e-6)


def test_without_a_number_the_economics_take_p_as_it_is(prediction, cells):
    economics, _ = appraise(prediction, cells, EconomicsParameters())
    np.testing.assert_allclose(economics.select(["probability"]).array().ravel(), P, rtol=1e-6)


def test_the_report_is_told_of_the_same_number(cells):
    found = weigh_undiscovered(cells, EconomicsParameters(undiscovered_deposits=6.0))
    assert (found["assumed"], found["known_deposits"]) == (6.0, 4)
    assert 6.0 in [row["undiscovered_deposits"] for row in found["table"]]
