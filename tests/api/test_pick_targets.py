"""Targets from maps in one call."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from mineral_prospectivity import load_ensemble, pick_targets
from mineral_prospectivity.datasets import RasterDataset
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
