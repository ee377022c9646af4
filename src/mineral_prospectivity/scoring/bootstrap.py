"""Intervals of the headline scores, and paired differences between models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.scoring.kernels import SegmentTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from mineral_prospectivity.scoring.resampling import ResamplingUnits

LOWER_IS_BETTER = frozenset({"nll", "brier"})
"""Headline scores of which the lower is the better."""


@dataclass(frozen=True)
class Interval:
    """A score with the central interval of its bootstrap replicates.

    Parameters
    ----------
    value
        On the cells as they are.
    low, high
        Ends of the interval.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """Reference model less another, on the same cells and the same replicates.

    Parameters
    ----------
    value, low, high
        Reference's score less the other's, with its interval.
    share_better
        Share of replicates in which the reference is better, ties half.
    """

    value: float
    low: float
    high: float
    share_better: float


@dataclass(frozen=True)
class BootstrapScores:
    """Intervals by model and score, and the reference's differences to every other model."""

    intervals: dict[str, dict[str, Interval]]
    differences: dict[str, dict[str, Difference]]


def bootstrap_scores(
    labels: ArrayLike,
    models: Mapping[str, ArrayLike],
    deposits: ArrayLike,
    weights: ArrayLike,
    units: ResamplingUnits,
    *,
    reference: str,
    capture_areas: Sequence[float] = (0.01, 0.02, 0.05, 0.1),
    replicates: int = 500,
    confidence: float = 0.95,
    seed: int = 0,
) -> BootstrapScores:
    """Return percentile intervals of ROC-AUC, average precision, NLL, Brier and capture.

    Parameters
    ----------
    labels, deposits, weights
        0/1 labels, deposits and sampling weight of each cell, ``(cells,)``.
    models
        Probabilities by model, each ``(cells,)``; of other scores NLL and Brier are left out.
    units
        What a replicate draws.
    reference
        The model whose differences to the others are wanted.
    capture_areas
        Shares of the area.
    replicates
        Bootstrap replicates, the same draws for every model.
    confidence
        Level of the intervals.
    seed
        Seed of the draws.

    Returns
    -------
    BootstrapScores
        A score that is not finite (an NLL with p = 0 at a deposit) is left out.

    Raises
    ------
    ValueError
        When a deposit lies in a cell that is not labelled 1.

    References
    ----------
    Efron and Tibshirani 1993, An introduction to the bootstrap, ch. 13.
    """
    y, d, w = (np.asarray(values, dtype=np.float64) for values in (labels, deposits, weights))
    if (d[y != 1] > 0).any():
        msg = f"{int((d[y != 1] > 0).sum())} cells hold deposits but are not labelled 1"
        raise ValueError(msg)
    drawn = units.draw(replicates, seed)
    multiplicity = np.column_stack([np.ones(units.count), drawn])  # column 0: the cells themselves
    scores = {
        name: _finite_scores(
            SegmentTable.of(y, np.asarray(p, dtype=np.float64), d, w, units),
            multiplicity, capture_areas,
        )
        for name, p in models.items()
    }  # fmt: skip
    ends = ((1 - confidence) / 2, (1 + confidence) / 2)
    intervals = {
        name: {metric: _interval(values, ends) for metric, values in found.items()}
        for name, found in scores.items()
    }
    differences = {
        name: _differences(scores[reference], found, ends)
        for name, found in scores.items()
        if name != reference
    }
    return BootstrapScores(intervals, differences)


def _finite_scores(
    table: SegmentTable, multiplicity: NDArray[np.float64], capture_areas: Sequence[float]
) -> dict[str, NDArray[np.float64]]:
    with np.errstate(invalid="ignore"):  # an infinite loss that a replicate leaves out
        scores = table.scores(multiplicity, capture_areas)
    return {name: values for name, values in scores.items() if np.isfinite(values).all()}


def _interval(values: NDArray[np.float64], ends: tuple[float, float]) -> Interval:
    low, high = np.quantile(values[1:], ends)
    return Interval(float(values[0]), float(low), float(high))


def _differences(
    reference: dict[str, NDArray[np.float64]],
    other: dict[str, NDArray[np.float64]],
    ends: tuple[float, float],
) -> dict[str, Difference]:
    found = {}
    for metric in (name for name in reference if name in other):
        gap = reference[metric] - other[metric]
        sign = -1 if metric in LOWER_IS_BETTER else 1
        better = float(np.mean((np.sign(sign * gap[1:]) + 1) / 2))
        interval = _interval(gap, ends)
        found[metric] = Difference(interval.value, interval.low, interval.high, better)
    return found
