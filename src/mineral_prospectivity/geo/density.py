"""How much line, or how many points, there is around each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.focal import disc_of_cells, disc_sum
from mineral_prospectivity.geo.grid import lattice_position
from mineral_prospectivity.geo.raster import Raster

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.grid import Window
    from mineral_prospectivity.geo.layers import EvidenceLayer


@dataclass(frozen=True)
class Amounts:
    """Amounts that lie in cells of the endless lattice of a grid, inside and around it.

    Parameters
    ----------
    row, col
        Cell of each amount; may be negative or beyond the grid. Ascending rows.
    amount
        Metres of line, or points.
    """

    row: NDArray[np.int64]
    col: NDArray[np.int64]
    amount: NDArray[np.float64]

    def around(self, window: Window, pad: int) -> NDArray[np.float64]:
        """Return the amount in each cell of a window and ``pad`` cells around it."""
        height, width = window.height + 2 * pad, window.width + 2 * pad
        top, left = window.row - pad, window.col - pad
        first, last = np.searchsorted(self.row, [top, top + height])
        row, col = self.row[first:last] - top, self.col[first:last] - left
        within = (col >= 0) & (col < width)
        flat = row[within] * width + col[within]
        total = np.bincount(flat, self.amount[first:last][within], minlength=height * width)
        return np.asarray(total, dtype=np.float64).reshape(height, width)


def amounts_of_points(grid: GeoBox, points: NDArray[np.float64]) -> Amounts:
    """Return one for each point, shape (n, 2), m."""
    row, col = lattice_position(grid, *points.T)
    return _sorted(row, col, np.ones(len(points)))


def amounts_of_lines(grid: GeoBox, segments: NDArray[np.float64]) -> Amounts:
    """Return the length of line in each cell, m, exactly: segments are cut at the cell edges.

    Parameters
    ----------
    segments
        Shape (n, 2 ends, 2 coordinates), m.
    """
    ends = np.stack(lattice_position(grid, segments[..., 0], segments[..., 1]), axis=-1)
    which, start, stop = _cut_at_edges(ends)
    middle = ends[which, 0] + ((start + stop) / 2)[:, None] * (ends[which, 1] - ends[which, 0])
    length = np.hypot(*(segments[:, 1] - segments[:, 0]).T)[which] * (stop - start)
    return _sorted(middle[:, 0], middle[:, 1], length)


def _cut_at_edges(
    ends: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return pieces of segments that each lie in one cell: segment, start and stop in [0, 1].

    Parameters
    ----------
    ends
        Ends of the segments in cells, shape (n, 2, 2).
    """
    segment = np.arange(len(ends))
    owners, places = [segment, segment], [np.zeros(len(ends)), np.ones(len(ends))]
    for axis in (0, 1):
        low, high = np.sort(ends[:, :, axis], axis=1).T
        first = np.ceil(low).astype(np.int64)
        count = np.maximum(np.floor(high).astype(np.int64) - first + 1, 0)
        owner = np.repeat(segment, count)
        step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        span = (ends[:, 1, axis] - ends[:, 0, axis])[owner]
        crossed = span != 0
        place = (first[owner] + step - ends[owner, 0, axis])[crossed] / span[crossed]
        owners.append(owner[crossed])
        places.append(np.clip(place, 0.0, 1.0))
    owner, place = np.concatenate(owners), np.concatenate(places)
    order = np.lexsort((place, owner))
    owner, place = owner[order], place[order]
    same = owner[:-1] == owner[1:]
    return owner[:-1][same], place[:-1][same], place[1:][same]


def _sorted(
    row: NDArray[np.float64], col: NDArray[np.float64], amount: NDArray[np.float64]
) -> Amounts:
    rows, cols = np.floor(row).astype(np.int64), np.floor(col).astype(np.int64)
    order = np.argsort(rows, kind="stable")
    return Amounts(rows[order], cols[order], amount[order])


def density(
    layer: EvidenceLayer, grid: GeoBox, amounts: Amounts, radius: float, unit: str
) -> Raster:
    """Return the amount within a radius over the area of the cells within it.

    Parameters
    ----------
    radius
        Radius, m; at least the cell itself and its four neighbours are counted.
    unit
        ``km/km2`` for metres of line, ``1/km2`` for points.
    """
    disc = disc_of_cells(grid, radius)
    pad = disc.shape[0] // 2
    area = disc.sum() * abs(grid.resolution.x * grid.resolution.y)
    scale = {"km/km2": 1e3, "1/km2": 1e6}[unit] / area

    def read(window: Window) -> NDArray[np.float32]:
        total = disc_sum(amounts.around(window, pad), disc)
        return np.asarray(scale * np.maximum(total, 0.0), dtype=np.float32)[None]

    band = Band(
        f"{layer.name}_density_{radius:.0f}m",
        layer.name,
        unit=unit,
        transform=layer.spec.transform,
        description=f"Density of {layer.name} within {radius:.0f} m",
    )
    return Raster(grid, (band,), read)
