"""Which evidence sets a target apart from the rest of the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.targeting.zones import zone_statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.raster import Raster
    from mineral_prospectivity.targeting.zones import Zones

NORMAL_MAD = 1.4826
"""SD of a Gaussian over its median absolute deviation."""

SAMPLE = 200_000
"""Cells, at most, that give the median and the spread of a band."""


def target_drivers(evidence: Raster, zones: Zones, *, count: int = 3) -> list[str]:
    """Return, for each zone, the bands that differ most from the map, with their robust z.

    z is the mean over the zone minus the median over the map, over the spread of the cells of
    the map (1.4826 times the median absolute deviation; the SD where most cells are equal, as
    with the share of a rare class). It describes the zone; it is no attribution of the model.

    Parameters
    ----------
    evidence
        The bands that the models saw.
    zones
        On the same grid.
    count
        Bands named per zone.

    Returns
    -------
    list of str
        For example ``"gravity +3.1; fault_distance -1.4"``; bands with |z| below 0.05 or
        without spread are left out.
    """
    centre, spread = _centre_and_spread(evidence)
    z = (zone_statistics(evidence, zones).means - centre) / spread
    return [_describe(row, evidence.names, count) for row in z]


def _describe(z: NDArray[np.float64], names: tuple[str, ...], count: int) -> str:
    strength = np.nan_to_num(np.abs(z))
    order = np.argsort(-strength, kind="stable")[:count]
    return "; ".join(f"{names[i]} {z[i]:+.1f}" for i in order if strength[i] >= 0.05)  # noqa: PLR2004


def _centre_and_spread(evidence: Raster) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return median and spread of each band over a regular sample of the map."""
    sample = _regular_sample(evidence)
    centre, spread = np.full(len(sample), np.nan), np.full(len(sample), np.nan)
    for band, column in enumerate(sample):
        values = column[np.isfinite(column)].astype(np.float64)
        if not values.size:
            continue
        centre[band] = np.median(values)
        deviation = NORMAL_MAD * np.median(np.abs(values - centre[band]))
        spread[band] = deviation or values.std() or np.nan
    return centre, spread


def _regular_sample(evidence: Raster) -> NDArray[np.float32]:
    """Return every k-th row and column of the map, shape ``(bands, cells)``."""
    rows, cols = evidence.grid.shape
    step = max(1, int(np.ceil(np.sqrt(rows * cols / SAMPLE))))
    parts = [
        block[:, -window.row % step :: step, -window.col % step :: step].reshape(len(block), -1)
        for window, block in evidence.blocks()
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)
