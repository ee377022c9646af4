"""Hot spots of a map: Getis-Ord Gi* with a false discovery rate, computed window by window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import oaconvolve
from scipy.special import ndtr

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.focal import disc_of_cells
from mineral_prospectivity.geo.raster import Raster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mineral_prospectivity.geo.grid import Window

BANDS = (
    Band("hot_spot_z", description="Getis-Ord Gi* as a standard score"),
    Band("hot_spot_p", description="One-sided p-value of Gi*"),
    Band("high_return", description="1 where the hot spot is significant, else 0"),
)

ROUNDING = 1e-9
"""Relative slack of the critical p, so that the size of the windows never flips a cell."""


@dataclass(frozen=True)
class Moments:
    """Number of cells of a map, their mean, and their standard deviation (``ddof = 0``)."""

    cells: int
    mean: float
    sd: float


@dataclass(frozen=True)
class HotSpots:
    """Gi* of a map.

    Parameters
    ----------
    map
        Bands ``hot_spot_z``, ``hot_spot_p`` and ``high_return`` (1 or 0), computed lazily.
    critical_p
        Largest p-value that the Benjamini-Hochberg rule rejects; 0 where it rejects none.
    cells
        Cells with a value.
    significant
        Cells whose hot spot is significant.
    """

    map: Raster
    critical_p: float
    cells: int
    significant: int


def hot_spots(surface: Raster, *, radius: float, significance: float) -> HotSpots:
    """Find where high values of a map cluster.

    The significance is one-sided (hot, not cold) under the Benjamini-Hochberg false discovery
    rate. A prospectivity map is smooth, so independence, the null hypothesis of Gi*, does not
    hold: read the result as a rule that delineates clusters, not as a test of them.

    Parameters
    ----------
    surface
        One band: the mean probability or log-odds; NaN cells are no cells.
    radius
        Radius of the neighbourhood of a cell, itself included, m.
    significance
        False discovery rate.

    Raises
    ------
    ConfigurationError
        If the surface has several bands, no spread, or lies within one neighbourhood.

    References
    ----------
    Getis & Ord 1992; Ord & Getis 1995, doi:10.1111/j.1538-4632.1995.tb00912.x; Benjamini &
    Hochberg 1995.
    """
    if len(surface.bands) != 1:
        msg = f"surface: {len(surface.bands)} bands {surface.names}; select the one to cluster"
        raise ConfigurationError(msg)
    name, disc = surface.names[0], disc_of_cells(surface.grid, radius, least=0.0)
    moments = map_moments(surface)
    if moments.cells < 2 or moments.sd <= 0:  # noqa: PLR2004
        msg = f"surface '{name}': {moments.cells} cells without any spread; there is no hot spot"
        raise ConfigurationError(msg)

    def read(window: Window) -> NDArray[np.float64]:
        reach = disc.shape[0] // 2
        values = surface.read_padded(window, reach)[0]
        rows, cols = window.shape
        return gi_star(values, disc, moments)[reach : reach + rows, reach : reach + cols]

    scores = Raster(surface.grid, BANDS[:1], read)
    critical, significant = _false_discovery(scores, significance)
    marks = Raster(surface.grid, BANDS, lambda window: _mark(read(window), critical))
    return HotSpots(marks, critical, moments.cells, significant)


def map_moments(surface: Raster) -> Moments:
    """Return the moments of a one-band map in one pass over its windows (Chan et al. 1979)."""
    total = Moments(0, 0.0, 0.0)
    for values in _finite_values(surface):
        block = Moments(values.size, float(values.mean()), float(values.std()))
        total = _merge(total, block)
    return total


def _merge(one: Moments, other: Moments) -> Moments:
    cells = one.cells + other.cells
    shift = other.mean - one.mean
    mean = one.mean + shift * other.cells / cells
    squares = one.cells * one.sd**2 + other.cells * other.sd**2
    squares += shift**2 * one.cells * other.cells / cells
    return replace(one, cells=cells, mean=mean, sd=float(np.sqrt(squares / cells)))


def gi_star(
    values: NDArray[np.floating], disc: NDArray[np.float64], moments: Moments
) -> NDArray[np.float64]:
    """Return the standard score of Gi*: binary weights, the cell among its own neighbours.

    Parameters
    ----------
    values
        Shape ``(rows, columns)``; NaN is no cell, and nothing lies beyond the array.
    disc
        The neighbourhood, odd and square, 1 at its cells.
    moments
        Of the whole map, of which ``values`` may be a part.

    Returns
    -------
    ndarray
        Shape of ``values``; NaN where there is no cell.

    Raises
    ------
    ConfigurationError
        If one neighbourhood holds the whole map.
    """
    inside = np.isfinite(values)
    # in double precision, so that the order of summation never shows in the significance
    deviation = np.where(inside, values.astype(np.float64) - moments.mean, 0.0)
    excess = oaconvolve(deviation, disc, mode="same")
    neighbours = np.rint(oaconvolve(inside.astype(float), disc, mode="same"))
    n, k = moments.cells, np.where(inside, neighbours, np.nan)
    if np.any(k == n):
        msg = (
            f"risk.hot_spots.radius: the neighbourhood of a cell ({disc.shape[0]} cells across) "
            f"holds all {n} cells of the map, so nothing stands out; take a smaller radius"
        )
        raise ConfigurationError(msg)
    return np.asarray(excess / (moments.sd * np.sqrt((n * k - k**2) / (n - 1))))


def _false_discovery(scores: Raster, significance: float) -> tuple[float, int]:
    """Return the critical p of Benjamini and Hochberg, and how many cells it rejects.

    A p-value above the rate is never rejected, so only those below are held.
    """
    cells, small = 0, [np.empty(0)]
    for z in _finite_values(scores):
        p = ndtr(-z)
        cells += p.size
        small.append(p[p <= significance])
    ordered = np.sort(np.concatenate(small))
    passing = np.flatnonzero(ordered <= significance * np.arange(1, ordered.size + 1) / cells)
    if not passing.size:
        return 0.0, 0
    return float(ordered[passing[-1]]), int(passing[-1]) + 1


def _mark(z: NDArray[np.float64], critical: float) -> NDArray[np.float32]:
    p = ndtr(-z)
    high = np.where(np.isnan(z), np.nan, p <= critical * (1 + ROUNDING))
    return np.stack([z, p, high]).astype(np.float32)


def _finite_values(surface: Raster) -> Iterator[NDArray[np.float64]]:
    for _, block in surface.blocks():
        values = block[np.isfinite(block)].astype(np.float64)
        if values.size:
            yield values
