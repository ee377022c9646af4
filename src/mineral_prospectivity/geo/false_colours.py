"""Three bands of a raster as red, green and blue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.raster import Raster

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.grid import Window

ENDS = (0.02, 0.98)
"""Quantiles that become black and full colour."""


def false_colours(raster: Raster, sample: NDArray[np.generic]) -> Raster:
    """Return the first three bands as red, green and blue, 0 to 255, NaN where there is no value.

    Parameters
    ----------
    raster
        The bands; a colour for which there is none stays 0.
    sample
        Values of some cells, shape ``(cells, bands)``, that say how far each band is stretched.
    """
    count = min(3, len(raster.bands))
    low, high = np.nanquantile(np.asarray(sample, np.float64)[:, :count], ENDS, axis=0)
    spread = np.where(high > low, high - low, 1.0)
    shown = raster.select(raster.names[:count])
    bands = tuple(
        Band(colour, description="A component between its 2nd and 98th percentile, 0 to 255")
        for colour in ("red", "green", "blue")
    )

    def read(window: Window) -> NDArray[np.float32]:
        values = shown.read(window).astype(np.float64)
        share = (values - low[:, None, None]) / spread[:, None, None]
        colours = np.zeros((len(bands), *window.shape))
        colours[:count] = 255 * np.clip(share, 0, 1)
        colours[:, np.isnan(values).any(axis=0)] = np.nan
        return colours.astype(np.float32)

    return Raster(raster.grid, bands, read)
