"""Maps small enough for a figure, read block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.raster import Raster

KILOMETRE = 1000.0


@dataclass(frozen=True)
class Thumbnail:
    """Every k-th row and column of a raster.

    Parameters
    ----------
    names
        Of the bands.
    values
        Shape ``(bands, rows, columns)``.
    extent
        West, east, south and north edge, km.
    step
        k: 1 where the raster is small enough as it is.
    """

    names: tuple[str, ...]
    values: NDArray[np.generic]
    extent: tuple[float, float, float, float]
    step: int

    def band(self, name: str) -> NDArray[np.generic]:
        """Return a band, shape ``(rows, columns)``."""
        return np.asarray(self.values[self.names.index(name)])


@dataclass(frozen=True)
class ReportMaps:
    """The maps of a report, each read once."""

    prediction: Thumbnail
    categories: Thumbnail
    returns: Thumbnail


def thumbnail(raster: Raster, max_side: int = 1000) -> Thumbnail:
    """Return the raster with at most ``max_side`` rows and columns.

    Cells are taken, not averaged, so categories stay categories and extremes stay extremes; the
    whole raster is never held.

    Parameters
    ----------
    raster
        Any number of bands.
    max_side
        Longest side of the result, cells.

    Examples
    --------
    >>> from mineral_prospectivity.geo.bands import Band
    >>> from mineral_prospectivity.geo.grid import make_grid
    >>> from mineral_prospectivity.geo.raster import Raster
    >>> grid = make_grid("EPSG:32633", 100.0, (0, 0, 500, 300))
    >>> ones = Raster(grid, (Band("one"),), lambda window: np.ones((1, *window.shape)))
    >>> small = thumbnail(ones, max_side=3)
    >>> small.values.shape, small.step, small.extent
    ((1, 2, 3), 2, (0.0, 0.6, -0.1, 0.3))
    """
    rows, cols = raster.grid.shape
    step = max(1, int(np.ceil(max(rows, cols) / max_side)))
    values: NDArray[np.generic] | None = None
    for window, block in raster.blocks():
        taken = block[:, -window.row % step :: step, -window.col % step :: step]
        if values is None:
            shape = len(raster.bands), -(-rows // step), -(-cols // step)
            values = np.empty(shape, dtype=block.dtype)
        top, left = -(-window.row // step), -(-window.col // step)
        values[:, top : top + taken.shape[1], left : left + taken.shape[2]] = taken
    assert values is not None  # noqa: S101 - a grid has at least one window
    return Thumbnail(raster.names, values, _extent(raster, values.shape, step), step)


def thinned(maps: Thumbnail, most_cells: int) -> Thumbnail:
    """Return a thumbnail with at most about ``most_cells`` cells, taken by the same rule.

    Examples
    --------
    >>> maps = Thumbnail(("one",), np.ones((1, 5, 3)), (0.0, 3.0, -5.0, 0.0), 1)
    >>> small = thinned(maps, 6)
    >>> small.values.shape, small.step, small.extent
    ((1, 3, 2), 2, (0.0, 4.0, -6.0, 0.0))
    """
    rows, cols = maps.values.shape[1:]
    step = max(1, int(np.ceil(np.sqrt(rows * cols / most_cells))))
    values = maps.values[:, ::step, ::step]
    west, east, south, north = maps.extent
    side = (east - west) / cols * step, (north - south) / rows * step
    extent = west, west + values.shape[2] * side[0], north - values.shape[1] * side[1], north
    return Thumbnail(maps.names, values, extent, maps.step * step)


def _extent(raster: Raster, shape: tuple[int, ...], step: int) -> tuple[float, float, float, float]:
    box, resolution = raster.grid.extent.boundingbox, raster.grid.resolution
    west, north = box.left / KILOMETRE, box.top / KILOMETRE
    width = shape[2] * step * abs(resolution.x) / KILOMETRE
    height = shape[1] * step * abs(resolution.y) / KILOMETRE
    return float(west), float(west + width), float(north - height), float(north)
