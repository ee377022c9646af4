"""Maps computed in parts: each part has a run of the map's windows and a file of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.errors import OutdatedError
from mineral_prospectivity.geo.grid import WINDOW_SIZE, Window
from mineral_prospectivity.geo.raster import Raster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox


@dataclass(frozen=True)
class Shards:
    """The windows of a grid, row by row, dealt to parts in runs of nearly equal length.

    A part lies on a strip of the grid: the rows of its windows, over the whole width. Windows are
    what a map is computed in, so that a part has exactly the values of the whole. Where there are
    more parts than windows, some parts have none, and a strip without values.

    Parameters
    ----------
    grid
        Of the whole map.
    count
        Number of parts.
    size
        Side of a window, in cells.

    Examples
    --------
    >>> from mineral_prospectivity.geo.grid import make_grid
    >>> grid = make_grid("EPSG:32633", 100.0, (0, 0, 120_000, 100_000))
    >>> shards = Shards(grid, 4)
    >>> [len(shards.numbers(part)) for part in range(4)]
    [2, 1, 2, 1]
    >>> shards.rows(1), shards.rows(3)
    ((0, 512), (512, 1000))
    """

    grid: GeoBox
    count: int
    size: int = WINDOW_SIZE

    @property
    def across(self) -> int:
        """Windows side by side."""
        return -(-self.grid.shape.x // self.size)

    @property
    def total(self) -> int:
        """Windows in all."""
        return self.across * -(-self.grid.shape.y // self.size)

    def numbers(self, part: int) -> range:
        """Return the windows of a part, by their numbers along the rows."""
        first, last = (-(-n * self.total // self.count) for n in (part, part + 1))
        return range(first, last)

    def rows(self, part: int) -> tuple[int, int]:
        """Return the first row of a part's strip and the one after its last."""
        numbers = self.numbers(part)
        first = min(numbers.start, self.total - 1)
        top, bottom = first // self.across, max(first, numbers.stop - 1) // self.across + 1
        return top * self.size, min(bottom * self.size, self.grid.shape.y)

    def strip(self, part: int) -> GeoBox:
        """Return the grid of a part."""
        top, bottom = self.rows(part)
        return self.grid[top:bottom, :]

    def pieces(self, window: Window) -> Iterator[tuple[int, Window]]:
        """Yield the part that has it, and what lies within a window, for each window touched."""
        size = self.size
        for row in range(window.row // size, -(-(window.row + window.height) // size)):
            for col in range(window.col // size, -(-(window.col + window.width) // size)):
                number = row * self.across + col
                top, left = max(row * size, window.row), max(col * size, window.col)
                bottom = min((row + 1) * size, window.row + window.height)
                right = min((col + 1) * size, window.col + window.width)
                piece = Window(top, left, bottom - top, right - left)
                yield number * self.count // self.total, piece


def shard(raster: Raster, part: int, count: int, size: int = WINDOW_SIZE) -> Raster:
    """Return one part of a raster, on its strip; NaN in the windows that other parts have.

    Nothing is computed outside of the part's windows.

    Parameters
    ----------
    raster
        The whole, computed when it is read.
    part, count, size
        As of :class:`Shards`.
    """
    shards = Shards(raster.grid, count, size)
    top, _ = shards.rows(part)

    def read(window: Window) -> NDArray[np.generic]:
        values = np.full((len(raster.bands), *window.shape), np.nan, dtype=np.float32)
        wanted = Window(window.row + top, window.col, *window.shape)
        for owner, piece in shards.pieces(wanted):
            if owner == part:
                values[:, *_within(piece, wanted)] = raster.read(piece)
        return values

    return Raster(shards.strip(part), raster.bands, read)


def assemble(grid: GeoBox, parts: Sequence[Raster], size: int = WINDOW_SIZE) -> Raster:
    """Return the whole of which these are all parts, in order; a window is read from its part.

    Raises
    ------
    OutdatedError
        If a part does not lie where that part of the grid lies.
    """
    shards = Shards(grid, len(parts), size)
    for number, part in enumerate(parts):
        if part.grid != shards.strip(number):
            msg = (
                f"part {number + 1} of {len(parts)} of the map lies on another grid than the "
                "evidence. Run uncertainty again"
            )
            raise OutdatedError(msg)
    tops = [shards.rows(number)[0] for number in range(len(parts))]

    def read(window: Window) -> NDArray[np.generic]:
        values = np.empty((len(parts[0].bands), *window.shape), dtype=np.float32)
        for owner, piece in shards.pieces(window):
            own = Window(piece.row - tops[owner], piece.col, *piece.shape)
            values[:, *_within(piece, window)] = parts[owner].read(own)
        return values

    return Raster(grid, parts[0].bands, read)


def _within(piece: Window, window: Window) -> tuple[slice, slice]:
    """Return where a piece of a window stands in the window's array."""
    row, col = piece.row - window.row, piece.col - window.col
    return slice(row, row + piece.height), slice(col, col + piece.width)
