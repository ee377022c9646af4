"""The grid of an experiment, and the windows in which maps are worked through."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from odc.geo import CRS
from odc.geo.geobox import GeoBox

from mineral_prospectivity.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

WINDOW_SIZE = 512
"""Side of a window, in cells; a multiple of the block size of the rasters we write."""


MOST_CELLS = 1_000_000_000
"""Cells of a continent at 100 m; more are a slip in resolution or bounds."""


@dataclass(frozen=True)
class Window:
    """A rectangle of cells: first row and column, height and width."""

    row: int
    col: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in cells."""
        return self.height, self.width

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices into an array of the whole grid."""
        return (
            slice(self.row, self.row + self.height),
            slice(self.col, self.col + self.width),
        )


def make_grid(crs: str, resolution: float, bounds: tuple[float, float, float, float]) -> GeoBox:
    """Return the grid of an experiment, north up, anchored at multiples of the resolution.

    Parameters
    ----------
    crs
        A projected coordinate reference system, in metres, for example ``EPSG:7845``.
    resolution
        Side of a cell, m.
    bounds
        West, south, east and north limits, m; enlarged outwards to whole cells.

    Raises
    ------
    ConfigurationError
        If the CRS cannot be used (`projected_crs`), or the bounds enclose nothing, or more cells
        than any map has.

    Examples
    --------
    >>> grid = make_grid("EPSG:32633", 100.0, (0, 0, 250, 200))
    >>> grid.shape
    Shape2d(x=3, y=2)
    """
    reference = projected_crs(crs)
    require_bounds(bounds, crs)
    west, south, east, north = bounds
    cells = (east - west) * (north - south) / resolution**2
    if cells > MOST_CELLS:
        msg = (
            f"grid: {cells:,.0f} cells of {resolution:g} m; at most {MOST_CELLS:,} can be mapped. "
            "Raise grid.resolution, or narrow grid.bounds"
        )
        raise ConfigurationError(msg)
    return GeoBox.from_bbox(bounds, crs=reference, resolution=resolution, anchor="edge")


def require_bounds(bounds: tuple[float, float, float, float], crs: str) -> None:
    """Refuse bounds of a grid that enclose nothing.

    Raises
    ------
    ConfigurationError
        If so.
    """
    west, south, east, north = bounds
    if not (np.isfinite(bounds).all() and west < east and south < north):
        msg = (
            f"grid.bounds: {tuple(bounds)} enclose nothing; give west, south, east, north in the "
            f"units of {crs}, west < east and south < north"
        )
        raise ConfigurationError(msg)


def projected_crs(crs: str) -> CRS:
    """Return the CRS of a grid by its name.

    Raises
    ------
    ConfigurationError
        If it is unknown, or not projected in metres.
    """
    try:
        reference = CRS(crs)
    except Exception as error:
        msg = f"grid.crs: {crs!r} is no coordinate reference system; give one such as EPSG:7845"
        raise ConfigurationError(msg) from error
    unit = reference.proj.axis_info[0].unit_name
    if reference.projected and unit == "metre":
        return reference
    kind = f"measured in units of a {unit}" if reference.projected else "not projected"
    kind = "geographic (degrees)" if reference.geographic else kind
    msg = (
        f"grid.crs: {crs} is {kind}; areas and distances need a projected CRS in metres, such as "
        "the UTM zone of the region"
    )
    raise ConfigurationError(msg)


def grid_crs(grid: GeoBox) -> CRS:
    """Return the CRS of a grid.

    Raises
    ------
    ConfigurationError
        If it has none.
    """
    if grid.crs is None:
        msg = "the grid has no CRS. Make it with make_grid, from a projected CRS"
        raise ConfigurationError(msg)
    return grid.crs


def diagonal(grid: GeoBox) -> float:
    """Return the distance between opposite corners of a grid, m."""
    box = grid.extent.boundingbox
    return math.hypot(box.span_x, box.span_y)


def named_crs(found: Any) -> CRS:
    """Return a CRS, by its EPSG code where it has one: files spell one CRS in many ways.

    Parameters
    ----------
    found
        What a file gives: WKT, or a CRS of rasterio or pyproj.
    """
    crs = CRS(found)
    return crs if crs.epsg is None else CRS(f"EPSG:{crs.epsg}")


def windows(grid: GeoBox, size: int = WINDOW_SIZE) -> Iterator[Window]:
    """Yield the windows that tile the grid, row by row."""
    rows, cols = grid.shape
    for row in range(0, rows, size):
        for col in range(0, cols, size):
            yield Window(row, col, min(size, rows - row), min(size, cols - col))


def widened(window: Window, margin: int, grid: GeoBox) -> Window:
    """Return a window with a margin of cells on each side, as far as the grid reaches."""
    rows, cols = grid.shape
    row, col = max(window.row - margin, 0), max(window.col - margin, 0)
    bottom = min(window.row + window.height + margin, rows)
    right = min(window.col + window.width + margin, cols)
    return Window(row, col, bottom - row, right - col)


def cell_centres(
    grid: GeoBox, cells: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return easting and northing of cell centres, m; cells count along rows from the north west.

    Parameters
    ----------
    cells
        Flat cell indices ``row * width + column``, any shape.
    """
    row, col = np.divmod(cells, grid.shape.x)
    to_crs = grid.transform
    x = to_crs.a * (col + 0.5) + to_crs.b * (row + 0.5) + to_crs.c
    y = to_crs.d * (col + 0.5) + to_crs.e * (row + 0.5) + to_crs.f
    return np.asarray(x), np.asarray(y)


def window_cells(grid: GeoBox, window: Window) -> NDArray[np.int64]:
    """Return the flat indices of the cells in a window, shape ``window.shape``."""
    rows = np.arange(window.row, window.row + window.height, dtype=np.int64)
    cols = np.arange(window.col, window.col + window.width, dtype=np.int64)
    return np.asarray(rows[:, None] * grid.shape.x + cols)


def lattice_position(
    grid: GeoBox, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return row and column of points as fractions of cells; may lie outside the grid.

    Parameters
    ----------
    x, y
        Easting and northing, m, any shape.
    """
    inverse = ~grid.transform
    row = inverse.d * np.asarray(x) + inverse.e * np.asarray(y) + inverse.f
    col = inverse.a * np.asarray(x) + inverse.b * np.asarray(y) + inverse.c
    return row, col


def cells_of_points(
    grid: GeoBox, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the flat cell index of each point, -1 where a point lies outside the grid.

    A point on the edge between two cells belongs to the eastern or southern one.
    """
    row, col = lattice_position(grid, x, y)
    rows, cols = grid.shape
    inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
    flat = np.floor(np.where(inside, row, 0)) * cols + np.floor(np.where(inside, col, 0))
    return np.where(inside, flat, -1).astype(np.int64)
