"""Labels drawn from p itself: what a model with the right probabilities would show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.scoring.binning import group_sums

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

DRAWS = 400
"""Maps that a null band rests on."""

_BAND = (0.025, 0.975)


def drawn_positives(
    probability: NDArray[np.float64],
    weights: NDArray[np.float64],
    groups: NDArray[np.intp],
    seed: int,
) -> NDArray[np.float64]:
    """Return how many cells of each group are positive on each drawn map, ``(DRAWS, groups)``.

    Cells are drawn independently: a row that stands for itself is positive with probability p. One
    that stands for w cells was drawn from the background, where positives are rare: their number
    is Poisson(w p), and that of a group the sum. Were all of a row's cells positive or none, the
    maps would vary w times too much.

    Parameters
    ----------
    probability, weights
        p in [0, 1] and cells that each row stands for, ``(rows,)``.
    groups
        Group of each row, counted from 0, ``(rows,)``.
    seed
        Seed of the draws.
    """
    rng = np.random.default_rng(seed)
    count = int(groups.max()) + 1
    alone = weights == 1
    p, of_alone = probability[alone], groups[alone]
    expected = group_sums(groups, np.where(alone, 0.0, weights * probability))
    drawn = np.empty((DRAWS, count))
    for positives in drawn:
        found = of_alone[rng.random(len(p)) < p]
        positives[:] = np.bincount(found, minlength=count)
    return drawn + rng.poisson(expected, size=drawn.shape)


def null_band(values: ArrayLike) -> NDArray[np.float64]:
    """Return the ends of the central 95 % of the drawn maps' values, ``(2, ...)``."""
    drawn = np.asarray(values, dtype=np.float64)
    return np.asarray(np.quantile(drawn, _BAND, axis=0))
