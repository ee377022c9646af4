"""Grid, deposits and cells, as an experiment's parameters declare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mineral_prospectivity.geo.extent import common_bounds
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.labels import make_cells, select_deposits

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.layers import EvidenceLayer
    from mineral_prospectivity.labels.deposits import DepositReport
    from mineral_prospectivity.parameters import FoldParameters, GridParameters, LabelParameters


def declared_grid(grid: GridParameters, layers: Sequence[EvidenceLayer]) -> GeoBox:
    """Return the grid: within the bounds declared, or in what all layers share."""
    bounds = grid.bounds or common_bounds(layers, grid.crs, grid.resolution)
    return make_grid(grid.crs, grid.resolution, bounds)


def declared_deposits(
    deposits: gpd.GeoDataFrame, geobox: GeoBox, grid: GridParameters, labels: LabelParameters
) -> tuple[gpd.GeoDataFrame, DepositReport]:
    """Return the deposits that count, and what was left out; see :func:`select_deposits`."""
    return select_deposits(deposits, geobox, include=labels.include, reproject=grid.reproject)


def declared_cells(
    geobox: GeoBox,
    valid_cells: NDArray[np.int64],
    deposits: gpd.GeoDataFrame,
    labels: LabelParameters,
    folds: FoldParameters,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the table of cells, and the deposits on it; see :func:`make_cells`."""
    return make_cells(
        geobox,
        valid_cells,
        deposits,
        buffer=labels.buffer,
        cluster_distance=labels.cluster_distance,
        exclusion=labels.exclusion,
        max_background=labels.max_background,
        fold_count=folds.count,
        block_size=folds.block_size,
        seed=folds.seed,
    )
