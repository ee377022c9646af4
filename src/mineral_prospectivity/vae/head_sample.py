"""The cells that a head is fitted to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mineral_prospectivity.vae.batches import Fit
    from mineral_prospectivity.vae.data import TrainingData


BACKGROUND_A_DEPOSIT = 10
"""Background cells drawn for each deposit, at least: with fewer, the sample blurs what the deposits
tell."""


class HeadSample(NamedTuple):
    """Cells that a head is fitted to: all positives, then a sample of background."""

    rows: NDArray[np.int64]
    """Rows of the data, shape ``(rows,)``."""
    counts: NDArray[np.float64]
    """Cells of the map that each stands for, shape ``(rows,)``."""

    @classmethod
    def draw(
        cls,
        data: TrainingData,
        fit: Fit,
        size: int,
        rng: np.random.Generator,
        *,
        pilot: Callable[[NDArray[np.int64]], NDArray[np.float64]],
        stands_for: float = 1.0,
    ) -> HeadSample:
        """Draw background cells, more of them where deposits are likely.

        Half of the draws follow the map, half the probability of a pilot model; each cell stands
        for as many as its chance of being drawn says. Likely ground, which decides the ranking,
        is so known as well as from a uniform sample four times as large. After Fithian and
        Hastie (2014), Local case-control sampling, Annals of Statistics 42(5).

        Parameters
        ----------
        data, fit
            What the fit may see.
        size
            About as many background cells are drawn, or ten for each deposit if these are more;
            where there are no more, all are taken.
        rng
            Generator of the draws.
        pilot
            Gives the probability of a deposit in each of the given rows.
        stands_for
            Cells without a deposit over those of the background: the sample counts for them, too.
        """
        seen = fit.sees(data.folds)
        positives = np.flatnonzero(seen & data.positive)
        drawn = np.flatnonzero(seen & data.background)
        deposits = data.deposits_a_positive(positives) * len(positives)
        size = max(size, round(BACKGROUND_A_DEPOSIT * deposits))
        mass = data.weights[drawn]
        counts = mass
        if len(drawn) > size:
            likely = mass * pilot(drawn)
            chance = np.minimum(size / 2 * (mass / mass.sum() + likely / likely.sum()), 1.0)
            chosen = rng.random(len(drawn)) < chance
            drawn, counts = drawn[chosen], (mass / chance)[chosen]
        counts = counts * (stands_for * mass.sum() / counts.sum())
        counts = np.concatenate([data.weights[positives], counts])
        return cls(np.concatenate([positives, drawn]), counts)
