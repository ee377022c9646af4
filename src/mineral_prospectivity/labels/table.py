"""The cells table: what every later stage knows of labels, clusters, folds and weights."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mineral_prospectivity.errors import DepositError
from mineral_prospectivity.geo.grid import cell_centres
from mineral_prospectivity.geo.layers import name_rows
from mineral_prospectivity.labels.folds import spatial_folds
from mineral_prospectivity.labels.positives import home_cells, label_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

logger = logging.getLogger(__name__)

TAKEN = ("fid", "geom", "geometry", "cell", "cluster", "fold")
"""Columns of the deposits that a GeoPackage keeps for itself, or that are made here."""


def make_cells(
    grid: GeoBox,
    valid_cells: NDArray[np.int64],
    deposits: gpd.GeoDataFrame,
    *,
    buffer: float = 0.0,
    cluster_distance: float = 2000.0,
    exclusion: float = 0.0,
    max_background: int = 500_000,
    fold_count: int = 5,
    block_size: float = 20_000.0,
    seed: int = 0,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the table of cells, and the deposits with their cell, cluster and fold.

    Parameters
    ----------
    grid
        Grid of the experiment.
    valid_cells
        Flat indices of the cells with evidence, each once, any order.
    deposits
        Points or polygons in the CRS of the grid, from :func:`select_deposits`.
    buffer, cluster_distance, exclusion
        Distances, m; see :func:`label_cells`.
    max_background
        Background cells in the table; when the map has more they are drawn uniformly.
    fold_count, block_size, seed
        Folds K, side of a block in m, and the seed of folds and drawn background.

    Returns
    -------
    pandas.DataFrame
        One row a cell, ascending: ``cell, x, y, label, deposits, cluster, fold, training,
        weight``. Weights add up to the number of valid cells: a drawn background cell stands
        for several.
    geopandas.GeoDataFrame
        Points with the columns of the source and ``cell, cluster, fold``. A column of the source
        whose name is one of ``TAKEN`` or repeats another, whatever the case, is called
        ``<column>_source``, which is logged. A polygon becomes the centre of its middle cell.
        Deposits on cells without evidence are left out and logged.

    Raises
    ------
    DepositError
        If no deposit has evidence, or the folds cannot each hold one.
    """
    cells = np.sort(np.asarray(valid_cells, dtype=np.int64))
    deposits, without = split_by_evidence(grid, cells, deposits)
    if without:
        logger.warning(without_evidence(without, len(without) + len(deposits)))
    labels = label_cells(
        grid,
        cells,
        deposits,
        buffer=buffer,
        cluster_distance=cluster_distance,
        exclusion=exclusion,
    )
    fold = spatial_folds(
        grid, cells, labels.cluster, count=fold_count, block_size=block_size, seed=seed
    )
    x, y = cell_centres(grid, cells)
    table = pd.DataFrame(
        {
            "cell": cells,
            "x": x,
            "y": y,
            "label": labels.label,
            "deposits": labels.deposits,
            "cluster": labels.cluster,
            "fold": fold,
            "training": labels.training,
        }
    )
    points = deposit_points(grid, deposits, labels.home)
    located = gpd.GeoDataFrame(_attributes(deposits), geometry=points, crs=deposits.crs).assign(
        cell=labels.home,
        cluster=labels.deposit_cluster,
        fold=fold[np.searchsorted(cells, labels.home)],
    )
    return _draw_background(table, max_background, seed), located


def split_by_evidence(
    grid: GeoBox, cells: NDArray[np.int64], deposits: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[int]]:
    """Return the deposits on cells with evidence, and the row of each of the others.

    Parts of one geometry are deposits of one row: it is given for each that lies elsewhere.

    Parameters
    ----------
    grid
        Grid of the experiment.
    cells
        Flat indices of the cells with evidence, ascending.
    deposits
        Points or polygons in the CRS of the grid; a polygon needs one cell with evidence.

    Raises
    ------
    DepositError
        If none is left.
    """
    has_evidence = home_cells(grid, cells, deposits) >= 0
    if not has_evidence.any():
        msg = (
            f"deposits: none of the {len(deposits)} on the grid lies on a cell with evidence; "
            "check that the layers cover the deposits, or lower grid.min_coverage"
        )
        raise DepositError(msg)
    return deposits[has_evidence], [int(row) for row in deposits.index[~has_evidence]]


def without_evidence(rows: Sequence[int], given: int) -> str:
    """Return, in words, that deposits lie on cells without evidence.

    Parameters
    ----------
    rows
        Their rows, counted from 0.
    given
        Deposits on the grid.

    Examples
    --------
    >>> without_evidence([0, 0, 3], 6)
    'deposits: 3 of 6 points lie on cells without evidence (rows 1, 4); they were left out'
    """
    return (
        f"deposits: {len(rows)} of {given} points lie on cells without evidence "
        f"({name_rows(rows)}); they were left out"
    )


def deposit_points(
    grid: GeoBox, deposits: gpd.GeoDataFrame, home: NDArray[np.int64]
) -> NDArray[np.object_]:
    """Return where each deposit counts: a point where it is, a polygon in the middle of its cell.

    Parameters
    ----------
    grid
        Grid of the experiment.
    deposits
        Points or polygons in the CRS of the grid.
    home
        The one cell of each: see :func:`~mineral_prospectivity.labels.positives.home_cells`.
    """
    is_point = (deposits.geom_type == "Point").to_numpy()
    points: NDArray[np.object_] = np.where(
        is_point, deposits.geometry.array, shapely.points(*cell_centres(grid, home))
    )
    return points


def _attributes(deposits: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what the source says of deposits, no column of which a file or a step overwrites.

    Names that differ in case alone are one name in a GeoPackage.
    """
    table = pd.DataFrame(deposits.drop(columns=deposits.select_dtypes("geometry").columns))
    names: list[str] = []
    for name in map(str, table.columns):
        own = name
        while own.lower() in {*TAKEN, *(other.lower() for other in names)}:
            own += "_source"
        names.append(own)
    pairs = zip(table.columns, names, strict=True)
    renamed = [f"{old} is {new}" for old, new in pairs if old != new]
    if renamed:
        logger.warning("deposits: names of columns are taken: %s", ", ".join(renamed))
    return table.set_axis(names, axis=1)


def _draw_background(table: pd.DataFrame, max_background: int, seed: int) -> pd.DataFrame:
    background = np.flatnonzero(table["label"] == 0)
    if background.size <= max_background:
        return table.assign(weight=1.0)
    # The second number keeps this stream apart from the one that deals the folds.
    rng = np.random.default_rng([seed, 1])
    drawn = rng.choice(background, max_background, replace=False, shuffle=False)
    weight = np.zeros(len(table))
    weight[drawn] = background.size / max_background
    weight[table["label"] == 1] = 1.0
    return table.assign(weight=weight)[weight > 0].reset_index(drop=True)
