"""Deposits that do not count are told one by one, in the report's words as well."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.parameters import FoldParameters, GridParameters, LabelParameters
from mineral_prospectivity.pipelines.data_engineering.nodes import label_cells

CRS = "EPSG:32633"
GRID = make_grid(CRS, 100.0, (0, 0, 2000, 2000))


def test_parts_of_a_deposit_on_cells_without_evidence():
    values = np.random.default_rng(0).random((1, 20, 20)).astype(np.float32)
    values[:, :10, :10] = np.nan
    layer = Raster(GRID, (Band("a"),), lambda window: values[(slice(None), *window.slices)])
    parts = shapely.MultiPoint([(250, 1750), (1550, 1750), (350, 1650)])
    lost = shapely.MultiPoint([(150, 1850), (9000, 0)])
    deposits = gpd.GeoDataFrame(
        geometry=[parts, shapely.Point(550, 450), shapely.Point(1550, 450), lost], crs=CRS
    )
    _, located, report = label_cells(
        deposits,
        GridParameters(crs=CRS, resolution=100.0),
        LabelParameters(cluster_distance=100.0),
        FoldParameters(count=3, block_size=500.0),
        layer,
    )
    assert len(located) == 3
    assert report["without_evidence"] == [0, 0, 3]
    assert report["messages"] == [
        "deposits: 1 of 7 points lie outside the grid (row 4); they were left out",
        "deposits: 3 of 6 points lie on cells without evidence (rows 1, 4); they were left out",
    ]
