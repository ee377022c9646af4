"""The number of undiscovered deposits, from the parameter to the economics."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import cell_centres, make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.labels.positives import label_cells
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
    expected = np.minimum(undiscovered / 4 * P / (1 - P), 1) * (cells["label"] == 0)
    np.testing.assert_allclose(chance, expected, rtol=1e-6)


def test_without_a_number_the_economics_take_p_as_it_is(prediction, cells):
    economics, _ = appraise(prediction, cells, EconomicsParameters())
    expected = P * (cells["label"] == 0)
    np.testing.assert_allclose(
        economics.select(["probability"]).array().ravel(), expected, rtol=1e-6
    )


def test_a_cell_of_a_known_deposit_pays_for_nothing(prediction, cells):
    economics, returns = appraise(prediction, cells, EconomicsParameters(exploration_cost=1.5))
    known = (cells["label"] == 1).to_numpy().reshape(10, 10)
    values = dict(zip(economics.names, economics.array()[:, known], strict=True))
    for name in ("expected_value", "cvar", "risk_adjusted_return"):
        np.testing.assert_array_equal(values[name], -1.5)
    for name in ("probability", "probability_lower", "probability_upper", "return_sd", "drill"):
        np.testing.assert_array_equal(values[name], 0.0)
    assert (returns.array()[0][~known] > 0).any()


def test_the_discoveries_of_a_buffered_map_are_the_undiscovered_deposits():
    """A buffer of 500 m makes 13 cells of 250 m positive; each deposit is to be found once."""
    rng = np.random.default_rng(5)
    grid = make_grid("EPSG:32633", 250.0, (0, 0, 30_000, 30_000))
    seen = cell_centres(grid, rng.choice(np.arange(14_400), 12, replace=False))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*seen), crs="EPSG:32633")
    labels = label_cells(grid, np.arange(14_400), points, buffer=500.0)
    p, (x, y) = np.full(14_400, labels.label.mean()), cell_centres(grid, np.arange(14_400))
    cells = pd.DataFrame({
        "cell": np.arange(14_400), "x": x, "y": y, "label": labels.label,
        "deposits": labels.deposits, "weight": 1.0, "probability": p,
    })  # fmt: skip
    parameters = EconomicsParameters(undiscovered_deposits=6.0)
    assert cells["label"].sum() > 100
    values = np.stack([p, 0.1 * p, np.log(p / (1 - p)), np.full(14_400, 0.3)])
    values = values.reshape(4, 120, 120)
    maps = Raster(grid, tuple(map(Band, NAMES)), lambda window: values[:, *window.slices])
    economics, _ = appraise(maps, cells, parameters)
    chance, value = economics.select(["probability", "expected_value"]).array().astype(float)
    assert chance.sum() == pytest.approx(6.0, rel=1e-4)
    assert value.sum() == pytest.approx(
        6 * parameters.discovery_value - 14_400 * parameters.exploration_cost, rel=1e-4
    )
    dear = EconomicsParameters(undiscovered_deposits=6.0, discovery_value=1e5)
    found = weigh_undiscovered(cells, dear)
    told = next(row for row in found["table"] if row["undiscovered_deposits"] == 6.0)
    assert told["discoveries"] == pytest.approx(6.0)
    assert told["deposit_probability"] * 14_400 == pytest.approx(18.0)


def test_the_report_is_told_of_the_same_number(cells):
    found = weigh_undiscovered(cells, EconomicsParameters(undiscovered_deposits=6.0))
    assert (found["assumed"], found["known_deposits"]) == (6.0, 4)
    assert 6.0 in [row["undiscovered_deposits"] for row in found["table"]]
