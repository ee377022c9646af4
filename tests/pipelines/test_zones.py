"""The zones of the fit and those of held-out predictions are scored apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.tabulate import raster_of_cells
from mineral_prospectivity.parameters import EvaluationParameters, HotSpotParameters
from mineral_prospectivity.pipelines.risk.nodes import find_hot_spots, score_zones

ROWS, COLS = 40, 60
SPOTS = HotSpotParameters(radius=1500.0)


@pytest.fixture
def region():
    """Two rises of the map: deposits lie under the first, and the held-out map has the second."""
    grid = make_grid("EPSG:32633", 500.0, (0, 0, COLS * 500, ROWS * 500))
    row, col = np.divmod(np.arange(ROWS * COLS), COLS)
    first, second = (np.exp(-((row - 20) ** 2 + (col - c) ** 2) / 20) for c in (15, 45))
    noise = np.random.default_rng(0).random(row.size) * 0.01
    label = ((row - 20) ** 2 + (col - 15) ** 2 <= 4).astype(int)
    cells = pd.DataFrame(
        {
            "cell": np.arange(row.size), "label": label, "deposits": label, "weight": 1.0,
            "cluster": np.where(label == 1, np.arange(row.size), -1),
            "x": 250.0 + 500 * col, "y": ROWS * 500 - 250.0 - 500 * row,
            "probability": second + noise,
        }
    )  # fmt: skip
    fit = raster_of_cells(grid, cells["cell"].to_numpy(), first + noise, Band("probability"))
    return fit, cells


def test_the_fit_holds_what_the_held_out_map_misses(region):
    fit, cells = region
    found, summary = find_hot_spots(fit, SPOTS)
    scores = score_zones(found, cells, cells, SPOTS, EvaluationParameters(bootstrap=50))
    assert scores["fit"]["capture"]["value"] == 1.0
    assert scores["fit"]["area_share"] == pytest.approx(summary["area_share"])
    assert scores["held_out"]["capture"]["value"] == 0.0
    assert 0 < scores["held_out"]["area_share"] < 0.2


def test_a_sample_of_the_map_has_no_held_out_zones(region):
    fit, cells = region
    found, _ = find_hot_spots(fit, SPOTS)
    sampled = cells.assign(weight=np.where(cells["label"] == 1, 1.0, 2.0))
    scores = score_zones(found, sampled, sampled, SPOTS, EvaluationParameters(bootstrap=50))
    assert "sample of the background" in scores["held_out"]["absent"]
    assert scores["fit"]["capture"]["value"] == 1.0
