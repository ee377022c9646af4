"""Normal-score tables: weighted mid-ranks of a sample, linear in between, sloped at the ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

KNOTS = 256
"""Knots of a table: evenly spaced in the score, so that the tails are as fine as the middle."""

TAIL = 8
"""Outermost knots whose secant is the slope with which a table is left."""

_QUARTILES = ndtri(0.75) - ndtri(0.25)


class WeightedSample(NamedTuple):
    """Distinct values in ascending order, and the cells of the map that each stands for."""

    values: Values
    mass: Values

    @classmethod
    def of(cls, ascending: Values, weights: Values) -> Self:
        """Merge the ties of ascending values."""
        if not len(ascending):
            return cls(ascending, weights)
        starts = np.flatnonzero(np.r_[True, ascending[1:] != ascending[:-1]])
        return cls(ascending[starts], np.add.reduceat(weights, starts))

    def ranks(self) -> Values:
        """Return the mid-rank of each value, strictly inside (0, 1)."""
        ranks: Values = (np.cumsum(self.mass) - self.mass / 2) / self.mass.sum()
        return ranks

    def quantile(self, share: float) -> float:
        """Return a weighted quantile, linear between mid-ranks."""
        return float(np.interp(share, self.ranks(), self.values))

    def deviation(self) -> float:
        """Return the weighted standard deviation."""
        mean = np.average(self.values, weights=self.mass)
        return float(np.sqrt(np.average((self.values - mean) ** 2, weights=self.mass)))

    def spread(self) -> float:
        """Return the interquartile range as a standard deviation, or that where it is 0."""
        quartiles = (self.quantile(0.75) - self.quantile(0.25)) / _QUARTILES
        return float(quartiles) or self.deviation()


class ScoreTable(NamedTuple):
    """A strictly increasing, piecewise-linear map; segment ``i`` ends at knot ``i``.

    ``slopes`` has one entry more than ``knots``: the first and the last one hold beyond the
    extremes.
    """

    knots: Values
    scores: Values
    slopes: Values


def normal_score_table(sample: WeightedSample) -> ScoreTable:
    """Return the table that maps values to the standard normal quantile of their mid-rank.

    Fewer than two distinct values tell nothing: every score is 0.
    """
    if len(sample.values) < 2:  # noqa: PLR2004
        return ScoreTable(np.zeros(KNOTS), np.zeros(KNOTS), np.zeros(KNOTS + 1))
    scores = ndtri(sample.ranks())
    levels = np.linspace(scores[0], scores[-1], KNOTS)
    chosen = np.unique(np.searchsorted(scores, levels))
    return _table(sample.values[chosen], scores[chosen])


def linear_table(sample: WeightedSample) -> ScoreTable:
    """Return the table of the robust standard score: (value - median) / spread."""
    if len(sample.values) < 2:  # noqa: PLR2004
        return normal_score_table(sample)
    ends = sample.values[[0, -1]]
    return _table(ends, (ends - sample.quantile(0.5)) / sample.spread())


def _table(knots: Values, scores: Values) -> ScoreTable:
    inner = np.diff(scores) / np.diff(knots)
    first = min(TAIL, len(knots) - 1)
    below = (scores[first] - scores[0]) / (knots[first] - knots[0])
    above = (scores[-1] - scores[-1 - first]) / (knots[-1] - knots[-1 - first])
    padding = KNOTS - len(knots)
    slopes = np.concatenate([[below], inner, np.zeros(padding), [above]])
    return ScoreTable(
        np.pad(knots, (0, padding), mode="edge"), np.pad(scores, (0, padding), mode="edge"), slopes
    )
