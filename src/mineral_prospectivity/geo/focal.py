"""What lies around a cell: gradients, and means and deviations within a radius."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import oaconvolve

from mineral_prospectivity.geo.bands import require_own_names
from mineral_prospectivity.geo.raster import Raster

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.geo.grid import Window

_NOISE = 1e-10
"""Share of the largest value in a window below which a sum is rounding."""


@dataclass(frozen=True)
class Focal:
    """An operation that makes bands from the surroundings of each cell.

    Parameters
    ----------
    pad
        Cells needed on each side of a window.
    bands
        The bands made from one band.
    compute
        From one padded band (height + 2 pad, width + 2 pad) to (bands, height, width).
    """

    pad: int
    bands: Callable[[Band], tuple[Band, ...]]
    compute: Callable[[NDArray[np.float32]], NDArray[np.floating]]


def with_focal(base: Raster, operations: Sequence[Focal]) -> Raster:
    """Return the bands of a raster followed by those made from their surroundings.

    The base is read once a window, with the widest margin that any operation needs.

    Raises
    ------
    ConfigurationError
        If a band of the base has the name of one that is made.
    """
    pad = max((operation.pad for operation in operations), default=0)
    made = [new for one in base.bands for op in operations for new in op.bands(one)]
    bands = require_own_names((*base.bands, *made))

    def read(window: Window) -> NDArray[np.float32]:
        padded = base.read_padded(window, pad)
        planes = [trim(padded, pad)]
        planes += [op.compute(trim(band, pad - op.pad)) for band in padded for op in operations]
        return np.concatenate(planes).astype(np.float32)

    return Raster(base.grid, bands, read) if operations else base


def trim(array: NDArray[np.float32], margin: int) -> NDArray[np.float32]:
    """Return an array without a margin on its last two axes."""
    if margin == 0:
        return array
    return array[..., margin:-margin, margin:-margin]


def gradient(grid: GeoBox) -> Focal:
    """Return the operation that gives the steepest slope, unit per metre.

    Central differences of neighbours; one-sided beside missing values and at the edge of the map.
    """
    spacing = abs(grid.resolution.y), abs(grid.resolution.x)

    def bands(band: Band) -> tuple[Band, ...]:
        made = replace(
            band,
            name=f"{band.name}_gradient",
            unit=f"{band.unit}/m",
            description=f"Gradient magnitude of {band.name}",
        )
        return (made,)

    def compute(padded: NDArray[np.float32]) -> NDArray[np.floating]:
        values = padded.astype(np.float64)
        down = _slope(values[:, 1:-1], spacing[0])
        along = _slope(values[1:-1].T, spacing[1]).T
        return np.hypot(down, along)[None]

    return Focal(1, bands, compute)


def _slope(values: NDArray[np.float64], spacing: float) -> NDArray[np.float64]:
    """Return slopes along the first axis, shape (n - 2, m); NaN only where no side is known."""
    steps = np.diff(values, axis=0) / spacing
    before, after = steps[:-1], steps[1:]
    known = np.isfinite(before).astype(int) + np.isfinite(after)
    total = np.nan_to_num(before) + np.nan_to_num(after)
    return np.asarray(np.divide(total, known, out=np.full_like(total, np.nan), where=known > 0))


def neighbourhood(grid: GeoBox, radius: float) -> Focal:
    """Return the operation that gives mean and standard deviation within a radius, m.

    Missing cells are left out; a cell that is missing itself takes those of its neighbours.
    """
    disc = disc_of_cells(grid, radius)

    def bands(band: Band) -> tuple[Band, ...]:
        words = {"mean": "Mean", "sd": "Standard deviation"}
        return tuple(_within(band, radius, f"_{key}", word) for key, word in words.items())

    def compute(padded: NDArray[np.float32]) -> NDArray[np.floating]:
        return np.stack(disc_moments(padded, disc))

    return Focal(disc.shape[0] // 2, bands, compute)


def disc_mean(grid: GeoBox, radius: float) -> Focal:
    """Return the operation that gives the mean of a density within a radius, m."""
    disc = disc_of_cells(grid, radius)

    def bands(band: Band) -> tuple[Band, ...]:
        return (_within(band, radius, "", "Mean"),)

    def compute(padded: NDArray[np.float32]) -> NDArray[np.floating]:
        return disc_mean_of(padded, disc)[None]

    return Focal(disc.shape[0] // 2, bands, compute)


def _within(band: Band, radius: float, suffix: str, word: str) -> Band:
    return replace(
        band,
        name=f"{band.name}{suffix}_{radius:.0f}m",
        kind="continuous",
        description=f"{word} of {band.name} within {radius:.0f} m",
    )


def disc_of_cells(grid: GeoBox, radius: float, *, least: float = 1.0) -> NDArray[np.float64]:
    """Return an odd square array, 1 at cells whose centre is within the radius of the middle, m.

    Parameters
    ----------
    least
        Cells that the disc reaches at least; by default a radius below one cell takes the four
        neighbours all the same.
    """
    cell = abs(grid.resolution.x)
    reach = max(least, radius / cell * (1 + 1e-9))
    steps = np.arange(-int(reach), int(reach) + 1)
    return np.asarray(np.hypot(steps[:, None], steps) <= reach, dtype=np.float64)


def disc_sum(padded: NDArray[np.floating], disc: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums over a disc around each cell, with no margin; ``padded`` has no NaN.

    Sums that are 0 but for the rounding of the Fourier transform are made 0: models rank values,
    and noise would rank cells that are the same.
    """
    total = np.asarray(oaconvolve(padded, disc, mode="valid"), dtype=np.float64)
    total[np.abs(total) < _NOISE * np.abs(padded).max()] = 0.0
    return total


def disc_mean_of(padded: NDArray[np.floating], disc: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the known cells of a disc around each cell, NaN where none is."""
    known = np.isfinite(padded)
    values = np.where(known, padded, 0.0).astype(np.float64)
    return disc_sum(values, disc) / _count(known, disc)


def _count(known: NDArray[np.bool_], disc: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the known cells of each disc, NaN for none."""
    count = np.rint(disc_sum(known.astype(np.float64), disc))
    count[count == 0] = np.nan
    return count


def disc_moments(
    padded: NDArray[np.floating], disc: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation over the known cells of a disc, NaN where none is.

    Notes
    -----
    Values are centred before they are squared: E[v²] - E[v]² loses every digit of a field that
    varies by a few units around 50,000.
    """
    known = np.isfinite(padded)
    values = np.where(known, padded, 0.0).astype(np.float64)
    centred = np.where(known, values - values.sum() / max(known.sum(), 1), 0.0)
    count = _count(known, disc)
    mean = disc_sum(values, disc) / count
    variance = disc_sum(centred**2, disc) / count - (disc_sum(centred, disc) / count) ** 2
    variance[variance < _NOISE * np.square(centred).max()] = 0.0
    return mean, np.sqrt(variance)
