"""Bins of equal mass, and groups of tied values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def equal_mass_bins(
    values: NDArray[np.float64], weights: NDArray[np.float64], bins: int
) -> NDArray[np.intp]:
    """Return the bin of each cell, ``(cells,)``, numbered from 0 without gaps.

    Each bin holds about the same weight; equal values share a bin, the one that the middle of
    their weight falls in, so there may be fewer bins than asked for.
    """
    _, group = np.unique(values, return_inverse=True)
    rank = mid_ranks(group, weights) / weights.sum()
    wanted = np.minimum((rank * bins).astype(np.intp), bins - 1)
    bin_of: NDArray[np.intp] = np.unique(wanted, return_inverse=True)[1]
    return bin_of


def group_sums(
    group: NDArray[np.intp], values: NDArray[np.float64], groups: int = 0
) -> NDArray[np.float64]:
    """Return the sum of the values of each group, ``(groups,)``; empty groups at the end on ask."""
    return np.asarray(np.bincount(group, weights=values, minlength=groups), dtype=np.float64)


def mid_ranks(group: NDArray[np.intp], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight below each cell's group and half of the group's, ``(cells,)``.

    ``group`` numbers the distinct values upwards. With unit weights this is the usual mid-rank
    less one half.
    """
    mass = group_sums(group, weights)
    ranks: NDArray[np.float64] = (np.cumsum(mass) - mass / 2)[group]
    return ranks
