"""Labels drawn from p itself: what a model with the right probabilities would show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

DRAWS = 400
"""Maps that a null band rests on."""

_BAND = (0.025, 0.975)


def drawn_positives(
    probability: NDArray[np.float64], weights: NDArray[np.float64], seed: int
) -> Iterator[NDArray[np.float64]]:
    """Yield, map by map, how many of the cells that each row stands for are positive, ``(rows,)``.

    Cells are drawn independently: a row that stands for itself is positive with probability p. One
    that stands for w cells was drawn from the background, where positives are rare: their number
    is Poisson(w p). Were all of its cells positive or none, the maps would vary w times too much.

    Parameters
    ----------
    probability, weights
        p in [0, 1] and cells that each row stands for, ``(rows,)``.
    seed
        Seed of the draws.
    """
    rng = np.random.default_rng(seed)
    several = np.flatnonzero(weights != 1)
    expected = (weights * probability)[several]
    for _ in range(DRAWS):
        drawn = (rng.random(len(probability)) < probability).astype(np.float64)
        if several.size:
            drawn[several] = rng.poisson(expected)
        yield drawn


def null_band(values: ArrayLike) -> NDArray[np.float64]:
    """Return the ends of the central 95 % of the drawn maps' values, ``(2, ...)``."""
    drawn = np.asarray(values, dtype=np.float64)
    return np.asarray(np.quantile(drawn, _BAND, axis=0))
