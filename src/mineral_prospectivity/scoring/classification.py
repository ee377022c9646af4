"""Confusion matrix and F1 at a threshold that the scored fold had no part in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.scoring.binning import group_sums
from mineral_prospectivity.scoring.sample import UndefinedMetricError, aligned, need_both_classes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Confusion:
    """Weights of the four outcomes of calling cells prospective.

    Parameters
    ----------
    true_positive, false_positive, false_negative, true_negative
        Cells of the map.
    """

    true_positive: float
    false_positive: float
    false_negative: float
    true_negative: float

    @property
    def precision(self) -> float:
        """Share of the cells called prospective that hold a deposit."""
        called = self.true_positive + self.false_positive
        if called == 0:
            msg = "no cell is called prospective"
            raise UndefinedMetricError(msg)
        return self.true_positive / called

    @property
    def recall(self) -> float:
        """Share of the deposit cells that are called prospective."""
        return self.true_positive / (self.true_positive + self.false_negative)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        wrong = self.false_positive + self.false_negative
        return 2 * self.true_positive / (2 * self.true_positive + wrong)


def confusion(labels: ArrayLike, called: ArrayLike, weights: ArrayLike | None = None) -> Confusion:
    """Return the confusion matrix of cells called prospective.

    Parameters
    ----------
    labels, called, weights
        0/1 labels, 0/1 calls and sampling weights, ``(cells,)``.

    Raises
    ------
    UndefinedMetricError
        When one class is missing.
    """
    y, c, w = aligned(weights, labels=labels, called=called)
    need_both_classes(y)
    return Confusion(
        true_positive=float(w @ (y * c)),
        false_positive=float(w @ ((1 - y) * c)),
        false_negative=float(w @ (y * (1 - c))),
        true_negative=float(w @ ((1 - y) * (1 - c))),
    )


def best_f1_threshold(
    labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Return the score t whose rule ``score >= t`` has the largest F1; the highest when tied.

    Parameters
    ----------
    labels, scores, weights
        0/1 labels, any score that rises with prospectivity and sampling weights, ``(cells,)``.

    Raises
    ------
    UndefinedMetricError
        When there is no deposit cell.
    """
    y, s, w = aligned(weights, labels=labels, scores=scores)
    if not y.any():
        msg = "there is no deposit cell to choose a threshold on"
        raise UndefinedMetricError(msg)
    distinct, group = np.unique(s, return_inverse=True)
    called = np.cumsum(group_sums(group, w)[::-1])
    hit = np.cumsum(group_sums(group, w * y)[::-1])
    f1 = 2 * hit / (called + hit[-1])  # called = TP + FP, hit[-1] = TP + FN
    return float(distinct[::-1][np.argmax(f1)])


def held_out_confusion(
    labels: ArrayLike, scores: ArrayLike, folds: ArrayLike, weights: ArrayLike | None = None
) -> tuple[Confusion, dict[int, float]]:
    """Return the pooled confusion matrix, each fold at the threshold of the other folds.

    Parameters
    ----------
    labels, scores, weights
        As in `best_f1_threshold`; the scores are out of fold.
    folds
        Fold of each cell.

    Returns
    -------
    confusion, thresholds
        And the threshold that each fold was judged at.

    Raises
    ------
    UndefinedMetricError
        When there is one fold alone, or all deposit cells lie in one fold.
    """
    y, s, k, w = aligned(weights, labels=labels, scores=scores, folds=folds)
    thresholds: dict[int, float] = {}
    called: NDArray[np.float64] = np.zeros_like(y)
    for fold in np.unique(k):
        others = k != fold
        if not others.any():
            msg = "there is one fold alone, so no other to choose a threshold on"
            raise UndefinedMetricError(msg)
        threshold = best_f1_threshold(y[others], s[others], w[others])
        called[~others] = s[~others] >= threshold
        thresholds[int(fold)] = threshold
    return confusion(y, called, w), thresholds
