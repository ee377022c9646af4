"""How well deposits rank above background: ROC-AUC and average precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.metrics import average_precision_score, roc_auc_score

from mineral_prospectivity.scoring.sample import aligned, need_both_classes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def roc_auc(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the chance that a deposit cell scores above a background cell, ties half.

    Parameters
    ----------
    labels, scores, weights
        0/1 labels, any score that rises with prospectivity, and sampling weights, ``(cells,)``.

    Raises
    ------
    UndefinedMetricError
        When one class is missing.

    References
    ----------
    Hanley and McNeil 1982, The meaning and use of the area under a ROC curve, Radiology 143.

    Examples
    --------
    >>> roc_auc([0, 0, 1], [0.1, 0.3, 0.3])
    0.75
    """
    y, s, w = aligned(weights, labels=labels, scores=scores)
    need_both_classes(y)
    return float(roc_auc_score(y, s, sample_weight=w))


def average_precision(
    labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Return the mean precision at the scores of the deposit cells.

    It starts from the prevalence, not from 0.5: compare it on the same cells only.

    Parameters
    ----------
    labels, scores, weights
        As in `roc_auc`.

    Raises
    ------
    UndefinedMetricError
        When one class is missing.

    References
    ----------
    Davis and Goadrich 2006, The relationship between precision-recall and ROC curves, ICML.

    Examples
    --------
    >>> average_precision([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])
    0.83
    """
    y, s, w = aligned(weights, labels=labels, scores=scores)
    need_both_classes(y)
    return float(average_precision_score(y, s, sample_weight=w))
