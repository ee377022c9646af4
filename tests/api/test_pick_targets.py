"""Targets from maps in one call."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity import analyse_risk_return, load_ensemble, pick_targets
from mineral_prospectivity.api import Prediction
from mineral_prospectivity.datasets import RasterDataset
from mineral_prospectivity.geo.grid import cell_centres
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.parameters import RiskParameters


def test_deposits_off_the_map_do_not_count_as_known(trained):
    evidence = RasterDataset(filepath=str(trained / "evidence.tif")).load()
    maps = load_ensemble(trained).map(evidence)
    left, bottom, right, top = evidence.grid.boundingbox.bbox
    inside = gpd.points_from_xy([(left + right) / 2], [(bottom + top) / 2])
    outside = gpd.points_from_xy(np.full(9, right + 1e5), np.full(9, top + 1e5))
    on_map, all_of_them = (
        gpd.GeoDataFrame(geometry=points, crs=str(evidence.grid.crs))
        for points in (inside, np.concatenate([inside, outside]))
    )
    expected = RiskParameters(economics={"undiscovered_deposits": 3})
    values = [
        pick_targets(maps, deposits, parameters=expected)[["expected_value", "testing_return"]]
        for deposits in (on_map, all_of_them)
    ]
    pd.testing.assert_frame_equal(*map(pd.DataFrame, values))


def test_deposits_without_evidence_do_not_count_as_known(trained):
    """The pipeline leaves them out, so that the same number means the same here."""
    evidence = RasterDataset(filepath=str(trained / "evidence.tif")).load()
    maps = load_ensemble(trained).map(evidence)
    blind = np.full((len(maps.bands), *evidence.grid.shape), np.nan, np.float32)
    whole = maps.array()
    blind[:, 1:] = whole[:, 1:]
    holed = Raster(maps.grid, maps.bands, lambda window: blind[:, *window.slices])
    columns, rows = np.arange(3) + 4, np.array([0, 0, 8])
    x, y = cell_centres(evidence.grid, rows * evidence.grid.shape.x + columns)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=str(evidence.grid.crs))
    expected = RiskParameters(economics={"undiscovered_deposits": 3})
    values = [
        pick_targets(holed, deposits, parameters=expected)[["expected_value", "testing_return"]]
        for deposits in (points, points.iloc[2:])
    ]
    pd.testing.assert_frame_equal(*map(pd.DataFrame, values))


def test_a_known_deposit_is_no_chance_of_profit():
    none = np.zeros(2)
    cells = Prediction(
        probability=np.full(2, 0.2), aleatoric=none, latent=none, epistemic=np.full(2, 0.01),
        total=none, mutual_information=none, log_odds_mean=np.full(2, -1.4),
        log_odds_sd=np.full(2, 0.1), novelty=none,
    )  # fmt: skip
    analysis = analyse_risk_return(cells, exploration_cost=1.0, discovery_value=50.0, known=[0, 1])
    assert analysis.drill.tolist() == [True, False]
    assert analysis.chance_of_profit[1] == 0
    assert analysis.economics.expected_value.tolist() == pytest.approx([9.0, -1.0])
