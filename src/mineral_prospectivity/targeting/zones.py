"""Zones: connected cells of high return, and what maps say over each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from mineral_prospectivity.geo.grid import cells_of_points, window_cells

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.raster import Raster

EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class Zones:
    """Zones of a grid.

    Parameters
    ----------
    labels
        Shape of the grid, int32: 0 outside, 1 to n in a zone.
    cells
        Number of cells of each zone, shape (n,).
    """

    labels: NDArray[np.int32]
    cells: NDArray[np.int64]

    def __len__(self) -> int:
        return self.cells.size

    def keep(self, order: NDArray[np.intp]) -> Zones:
        """Return the zones of these positions (from 0), numbered anew in the order given."""
        number = np.zeros(len(self) + 1, dtype=np.int32)
        number[np.asarray(order) + 1] = np.arange(1, len(order) + 1)
        return Zones(number[self.labels], self.cells[order])


@dataclass(frozen=True)
class ZoneStatistics:
    """Sum, number of values and largest value, each of shape ``(zones, bands)``."""

    sums: NDArray[np.float64]
    counts: NDArray[np.int64]
    largest: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean over the cells with a value, NaN where a zone has none."""
        empty = np.full_like(self.sums, np.nan)
        return np.divide(self.sums, self.counts, out=empty, where=self.counts > 0)


def connected_zones(mark: Raster) -> Zones:
    """Return the zones of cells where a one-band raster is 1, joined over edges and corners.

    They are numbered by their first cell from the north west, so the same map always gives the
    same numbers. The labels of the whole map are held: 4 bytes a cell.
    """
    inside = np.zeros(tuple(mark.grid.shape), dtype=bool)
    for window, block in mark.blocks():
        inside[window.slices] = block[0] == 1
    labels = np.zeros(inside.shape, dtype=np.int32)
    count = ndimage.label(inside, structure=EIGHT_NEIGHBOURS, output=labels)
    return Zones(labels, np.bincount(labels.ravel(), minlength=count + 1)[1:])


def zone_statistics(raster: Raster, zones: Zones) -> ZoneStatistics:
    """Return the statistics of every band over every zone, in one pass over the windows."""
    shape = len(zones), len(raster.bands)
    sums, counts = np.zeros(shape), np.zeros(shape, dtype=np.int64)
    largest = np.full(shape, -np.inf)
    for window, block in raster.blocks():
        labels = zones.labels[window.slices]
        inside = labels > 0
        if not inside.any():
            continue
        for band, values in enumerate(block[:, inside].astype(np.float64)):
            known = np.isfinite(values)
            zone = labels[inside][known] - 1
            np.add.at(sums[:, band], zone, values[known])
            np.add.at(counts[:, band], zone, 1)
            np.maximum.at(largest[:, band], zone, values[known])
    return ZoneStatistics(sums, counts, np.where(counts > 0, largest, np.nan))


def best_cells(surface: Raster, zones: Zones) -> NDArray[np.int64]:
    """Return the cell of each zone where a one-band raster is largest, the first among equals.

    Returns
    -------
    ndarray
        Flat indices in the grid, shape ``(zones,)``.
    """
    largest = np.full(len(zones), -np.inf)
    best = np.zeros(len(zones), dtype=np.int64)
    for window, block in surface.blocks():
        labels = zones.labels[window.slices]
        inside = (labels > 0) & np.isfinite(block[0])
        zone, value = labels[inside] - 1, block[0][inside].astype(np.float64)
        cell = window_cells(surface.grid, window)[inside]
        order = np.lexsort((cell, -value, zone))
        zone, first = np.unique(zone[order], return_index=True)
        value, cell = value[order][first], cell[order][first]
        better = value > largest[zone]
        largest[zone[better]], best[zone[better]] = value[better], cell[better]
    return best


def zones_of_points(zones: Zones, points: gpd.GeoDataFrame, mark: Raster) -> NDArray[np.int32]:
    """Return the zone of each point, 0 for a point in none.

    Parameters
    ----------
    zones
        On the grid of ``mark``.
    points
        Point geometries in the CRS of the grid.
    mark
        The raster that the zones come from.
    """
    cell = cells_of_points(mark.grid, points.geometry.x, points.geometry.y)
    return np.where(cell >= 0, zones.labels.ravel()[cell], 0).astype(np.int32)
