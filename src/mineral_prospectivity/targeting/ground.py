"""The ground that targets are cut from: the best part of what is of high return."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.raster import Raster

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.grid import Window


def best_ground(high_return: Raster, maps: Raster, area_share: float) -> Raster:
    """Return the cells of high return among the most prospective share of the map.

    Hot spots of a smooth map run together into ground too large to walk; what is cut from it
    here is what one would look at first.

    Parameters
    ----------
    high_return
        A band ``high_return``: 1 in hot spots, 0 elsewhere, NaN outside.
    maps
        With the band ``probability``.
    area_share
        Share of the map's cells, in (0, 1]; 1 keeps all that is of high return.

    Returns
    -------
    Raster
        One band ``high_return`` of the same kind.
    """
    marks, best = high_return.select(["high_return"]), most_prospective(maps, area_share)

    def read(window: Window) -> NDArray[np.float32]:
        mark, prospective = (source.read(window).astype(np.float32) for source in (marks, best))
        return np.where(np.isnan(mark), np.nan, (mark > 0) & (prospective == 1)).astype(np.float32)

    return Raster(high_return.grid, marks.bands, read)


def most_prospective(maps: Raster, area_share: float) -> Raster:
    """Return the cells of the most prospective share of the map.

    Parameters
    ----------
    maps
        With the band ``probability``.
    area_share
        Share of the map's cells, in (0, 1].

    Returns
    -------
    Raster
        One band ``most_prospective``: 1 in these cells, else 0.
    """
    probability = maps.select(["probability"])
    least = map_quantile(probability, 1 - area_share)

    def read(window: Window) -> NDArray[np.float32]:
        p = probability.read(window).astype(np.float64)
        return (p >= least).astype(np.float32)

    return Raster(maps.grid, (Band("most_prospective"),), read)


def map_quantile(surface: Raster, quantile: float) -> float:
    """Return a quantile over a one-band map; it holds one float32 a cell.

    Raises
    ------
    ConfigurationError
        If no cell has a value.
    """
    values = np.concatenate([block[np.isfinite(block)] for _, block in surface.blocks()])
    if not values.size:
        msg = f"maps: no cell has a value of '{surface.names[0]}', so none can be called high"
        raise ConfigurationError(msg)
    return float(np.quantile(values, quantile))
