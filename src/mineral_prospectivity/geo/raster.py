"""A raster that is read window by window, whether it lies in a file or is being computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.grid import WINDOW_SIZE, Window, widened, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.bands import Band


@dataclass(frozen=True)
class Raster:
    """Bands on a grid, read lazily: nothing is computed or held until a window is asked for.

    Parameters
    ----------
    grid
        Where the cells lie.
    bands
        What each band is.
    read
        Gives the values of a window, shape ``(bands, height, width)``, float32, NaN where
        there is no value. The window lies inside the grid.
    categories
        Names of the values of a categorical raster (uint8), by value; empty for others.
    colours
        Colours of the values, ``#rrggbb``, by value; where there are none, files get a palette.
    """

    grid: GeoBox
    bands: tuple[Band, ...]
    read: Callable[[Window], NDArray[np.generic]]
    categories: tuple[tuple[int, str], ...] = ()
    colours: tuple[tuple[int, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the bands, in order."""
        return tuple(band.name for band in self.bands)

    def blocks(self, size: int = WINDOW_SIZE) -> Iterator[tuple[Window, NDArray[np.generic]]]:
        """Yield each window of the grid with its values."""
        for window in windows(self.grid, size):
            yield window, self.read(window)

    def array(self) -> NDArray[np.generic]:
        """Return the whole raster, shape ``(bands, rows, columns)``: for maps that fit memory."""
        rows, cols = self.grid.shape
        return self.read(Window(0, 0, rows, cols))

    def select(self, names: Sequence[str]) -> Raster:
        """Return a raster of some of the bands, in the order given.

        Raises
        ------
        ConfigurationError
            If there is no such band.
        """
        unknown = [repr(name) for name in names if name not in self.names]
        if unknown:
            what = "is no band" if len(unknown) == 1 else "are no bands"
            msg = f"there {what} {', '.join(unknown)}, only {', '.join(self.names)}"
            raise ConfigurationError(msg)
        index = [self.names.index(name) for name in names]
        bands = tuple(self.bands[i] for i in index)
        return Raster(self.grid, bands, lambda window: self.read(window)[index])

    def read_padded(self, window: Window, pad: int) -> NDArray[np.float32]:
        """Return a window with ``pad`` cells more on each side, NaN beyond the grid."""
        wider = widened(window, pad, self.grid)
        inner = self.read(wider)
        shape = (len(self.bands), window.height + 2 * pad, window.width + 2 * pad)
        padded = np.full(shape, np.nan, dtype=np.float32)
        top, left = wider.row - (window.row - pad), wider.col - (window.col - pad)
        padded[:, top : top + inner.shape[1], left : left + inner.shape[2]] = inner
        return padded
