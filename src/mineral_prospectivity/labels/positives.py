"""Which cells the deposits make positive, and which deposits belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mineral_prospectivity.geo.grid import cell_centres, cells_of_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox


@dataclass(frozen=True)
class CellLabels:
    """Labels of cells, and the cell and cluster of each deposit.

    Parameters
    ----------
    label
        1 where a deposit makes the cell positive, int8, shape ``(cells,)``.
    deposits
        Number of deposits whose home the cell is, int16, shape ``(cells,)``.
    cluster
        Cluster of a positive cell, -1 for background, int32, shape ``(cells,)``.
    training
        False for background in the exclusion zone, shape ``(cells,)``.
    home
        Flat index of the one cell that each deposit counts in, int64, shape ``(deposits,)``;
        -1 where no cell of the deposit has evidence.
    deposit_cluster
        Cluster of each deposit, int32, shape ``(deposits,)``; -1 where it has no home.
    """

    label: NDArray[np.int8]
    deposits: NDArray[np.int16]
    cluster: NDArray[np.int32]
    training: NDArray[np.bool_]
    home: NDArray[np.int64]
    deposit_cluster: NDArray[np.int32]


def label_cells(
    grid: GeoBox,
    cells: NDArray[np.int64],
    deposits: gpd.GeoDataFrame,
    *,
    buffer: float = 0.0,
    cluster_distance: float = 0.0,
    exclusion: float = 0.0,
) -> CellLabels:
    """Return labels, clusters and the exclusion zone of cells.

    A point makes its own cell positive, a polygon every cell whose centre it covers; either way
    cells whose centre lies within the buffer are positive too. Clusters are single linkage:
    deposits within the cluster distance of one another, or with a positive cell in common, are
    in one cluster. They are numbered from 0 in the order of their first cell, so that the order
    of the deposits plays no part.

    Parameters
    ----------
    grid
        Grid of the experiment.
    cells
        Flat indices of the cells with evidence, ascending.
    deposits
        Points or polygons in the CRS of the grid.
    buffer, cluster_distance, exclusion
        Distances, m; see :class:`~mineral_prospectivity.parameters.LabelParameters`.
    """
    home = home_cells(grid, cells, deposits)
    at_home = np.flatnonzero(home >= 0)
    geometries = np.asarray(deposits.geometry.array, dtype=object)[at_home]
    positive = [_positions(grid, cells, geometry, buffer) for geometry in geometries]
    clusters = _clusters(geometries, positive, home[at_home], cluster_distance)
    cluster = np.full(cells.size, -1, dtype=np.int32)
    for at, number in zip(positive, clusters, strict=True):
        cluster[at] = number
    deposit_cluster = np.full(home.size, -1, dtype=np.int32)
    deposit_cluster[at_home] = clusters

    training = np.ones(cells.size, dtype=bool)
    if exclusion > 0:
        for geometry in geometries:
            training[_positions(grid, cells, geometry, exclusion)] = False
    training[cluster >= 0] = True
    counts = np.bincount(np.searchsorted(cells, home[at_home]), minlength=cells.size)
    return CellLabels(
        label=(cluster >= 0).astype(np.int8),
        deposits=counts.astype(np.int16),
        cluster=cluster,
        training=training,
        home=home,
        deposit_cluster=deposit_cluster,
    )


def home_cells(
    grid: GeoBox, cells: NDArray[np.int64], deposits: gpd.GeoDataFrame
) -> NDArray[np.int64]:
    """Return the one cell that each deposit counts in, -1 where it has no evidence.

    It is a point's own cell, and the middle one of the cells with evidence under a polygon.
    """
    home = np.full(len(deposits), -1, dtype=np.int64)
    for i, geometry in enumerate(deposits.geometry):
        own = cells[_positions(grid, cells, geometry, 0.0)]
        if own.size:
            x, y = cell_centres(grid, own)
            middle = shapely.point_on_surface(geometry)
            home[i] = own[np.argmin(np.hypot(x - middle.x, y - middle.y))]
    return home


def _positions(
    grid: GeoBox, cells: NDArray[np.int64], geometry: shapely.Geometry, distance: float
) -> NDArray[np.int64]:
    """Return where among the cells those within a distance of a geometry are."""
    near = _cells_near(grid, geometry, distance)
    first = np.searchsorted(cells, near)
    return first[np.searchsorted(cells, near, side="right") > first]


def _cells_near(grid: GeoBox, geometry: shapely.Geometry, distance: float) -> NDArray[np.int64]:
    """Return the cells whose centre is within a distance, and the one a point lies in."""
    west, south, east, north = geometry.bounds
    col, row = ~grid.transform @ (
        np.array([west - distance, east + distance]),
        np.array([north + distance, south - distance]),
    )
    # One cell more on each side: rounding may put a point on an edge into either neighbour.
    rows = np.arange(max(int(row[0]) - 1, 0), min(int(row[1]) + 2, grid.shape.y))
    cols = np.arange(max(int(col[0]) - 1, 0), min(int(col[1]) + 2, grid.shape.x))
    window = (rows[:, None] * grid.shape.x + cols).ravel()
    x, y = cell_centres(grid, window)
    inside = shapely.point_on_surface(geometry)
    own = cells_of_points(grid, np.array([inside.x]), np.array([inside.y]))
    near = shapely.dwithin(geometry, shapely.points(x, y), distance) | (window == own)
    return np.asarray(window[near])


def _clusters(
    geometries: NDArray[np.object_],
    positive: Sequence[NDArray[np.int64]],
    home: NDArray[np.int64],
    distance: float,
) -> NDArray[np.int32]:
    """Return the cluster of each deposit, shape ``(deposits,)``."""
    count = len(geometries)
    tree = shapely.STRtree(geometries)
    one, other = tree.query(geometries, predicate="dwithin", distance=distance)
    deposit = np.repeat(np.arange(count), [at.size for at in positive])
    # Positive cells are nodes beyond the deposits: two deposits that share one become linked.
    cell = count + np.unique(np.concatenate([*positive, [-1]]), return_inverse=True)[1][:-1]
    first, second = np.concatenate([one, deposit]), np.concatenate([other, cell])
    size = int(second.max(initial=0)) + 1
    links = coo_array((np.ones(first.size, dtype=np.int8), (first, second)), shape=(size, size))
    component = connected_components(links, directed=False)[1][:count]
    return _number_by_first_cell(component, home)


def _number_by_first_cell(
    component: NDArray[np.integer], home: NDArray[np.int64]
) -> NDArray[np.int32]:
    _, inverse = np.unique(component, return_inverse=True)
    first = np.full(inverse.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, inverse, home)
    return np.argsort(np.argsort(first))[inverse].astype(np.int32)
