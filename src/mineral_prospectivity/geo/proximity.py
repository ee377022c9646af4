"""Exact distances from cell centres to lines, points, polygons and classes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import ndimage
from scipy.spatial import KDTree

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import Window, cell_centres, window_cells, windows
from mineral_prospectivity.geo.raster import Raster

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.layers import EvidenceLayer


def segments_of(lines: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the straight segments of lines, shape (segments, 2 ends, 2 coordinates), m."""
    parts = shapely.get_parts(lines)
    coordinates, line = shapely.get_coordinates(parts, return_index=True)
    joined = line[:-1] == line[1:]
    return np.stack([coordinates[:-1][joined], coordinates[1:][joined]], axis=1)


def distance_to_geometries(
    layer: EvidenceLayer, grid: GeoBox, geometries: NDArray[np.object_], what: str
) -> Raster:
    """Return the distance to the nearest of some geometries, m; 0 inside polygons.

    Lines are searched by their segments: the tree then rejects all but a few of them.
    """
    dimension = shapely.get_dimensions(geometries).max()
    if dimension == 1:
        geometries = shapely.linestrings(segments_of(geometries))
    tree = shapely.STRtree(shapely.get_parts(geometries))

    def distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
        _, distance = tree.query_nearest(
            shapely.points(points), return_distance=True, all_matches=False
        )
        return np.asarray(distance)

    return _distance_raster(layer, grid, "distance", what, distances)


def distance_to_points(
    layer: EvidenceLayer, grid: GeoBox, points: NDArray[np.float64], what: str
) -> Raster:
    """Return the distance to the nearest point, m; ``points`` has shape (n, 2)."""
    tree = KDTree(points)

    def distances(centres: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(tree.query(centres)[0])

    return _distance_raster(layer, grid, "distance", what, distances)


def distance_to_class(layer: EvidenceLayer, presence: Raster, suffix: str, what: str) -> Raster:
    """Return the distance to the nearest cell that holds a class, m; 0 in such cells.

    Parameters
    ----------
    presence
        Share of each cell that the class covers, one band.

    Notes
    -----
    The nearest such cell always lies on the rim of a patch, so only rims are kept in memory.
    """
    grid = presence.grid

    @cache
    def tree() -> KDTree:
        cells = np.concatenate([_rim(presence, window) for window in windows(grid)])
        return KDTree(np.column_stack(cell_centres(grid, cells)))

    def read(window: Window) -> NDArray[np.float32]:
        inside = presence.read(window)[0] > 0
        centres = np.stack(cell_centres(grid, window_cells(grid, window)), axis=-1)
        out = np.zeros(window.shape, dtype=np.float32)
        out[~inside] = tree().query(centres[~inside])[0]
        return out[None]

    return Raster(grid, (_distance_band(layer, suffix, what),), read)


def _rim(presence: Raster, window: Window) -> NDArray[np.int64]:
    """Return the cells of a window that hold the class and have a neighbour that does not."""
    inside = presence.read_padded(window, 1)[0] > 0
    core = ndimage.binary_erosion(inside, np.ones((3, 3), dtype=bool))
    rim = (inside & ~core)[1:-1, 1:-1]
    return np.asarray(window_cells(presence.grid, window)[rim])


def _distance_raster(
    layer: EvidenceLayer,
    grid: GeoBox,
    suffix: str,
    what: str,
    distances: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> Raster:
    def read(window: Window) -> NDArray[np.float32]:
        centres = np.column_stack(cell_centres(grid, window_cells(grid, window).ravel()))
        return distances(centres).reshape(1, *window.shape).astype(np.float32)

    return Raster(grid, (_distance_band(layer, suffix, what),), read)


def _distance_band(layer: EvidenceLayer, suffix: str, what: str) -> Band:
    return Band(
        f"{layer.name}_{suffix}",
        layer.name,
        unit="m",
        transform=layer.spec.transform,
        description=f"Distance to the nearest {what}",
    )
