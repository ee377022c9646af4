"""Whether uncertainty is large where the error is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.scoring.binning import group_sums, mid_ranks
from mineral_prospectivity.scoring.sample import UndefinedMetricError, aligned

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def spearman(first: ArrayLike, second: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the rank correlation, with mid-ranks for ties.

    Parameters
    ----------
    first, second
        For example an uncertainty and the squared error, ``(cells,)``.
    weights
        Sampling weights; a weight of 2 is a cell that comes twice.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight, or either is constant.

    Examples
    --------
    >>> spearman([1, 2, 3], [10, 30, 20])
    0.5
    """
    a, b, w = aligned(weights, first=first, second=second)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        msg = "it is the same in every cell"
        raise UndefinedMetricError(msg)
    centred = [_centred_ranks(values, w) for values in (a, b)]
    (xx, xy), (_, yy) = [[float(w @ (i * j)) for j in centred] for i in centred]
    return float(xy / np.sqrt(xx * yy))


def aurc(losses: ArrayLike, uncertainty: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the area under the risk-coverage curve.

    The curve is the mean loss of the most certain share c of the cells, for c from 0 to 1; cells
    of equal uncertainty enter together, at the mean loss of their group. An uncertainty that
    knows nothing of the error gives the mean loss.

    Parameters
    ----------
    losses, uncertainty, weights
        Loss and uncertainty of each cell, and sampling weights, ``(cells,)``.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight.

    References
    ----------
    Geifman, Uziel and El-Yaniv 2019, Bias-reduced uncertainty estimation for deep neural
    classifiers, ICLR.

    Examples
    --------
    >>> aurc([0.2, 0.2, 0.2], [1, 2, 3])
    0.2
    """
    coverage, joint = _generalised_risk(losses, uncertainty, weights)
    low, high = coverage[:-1], coverage[1:]
    slope = np.diff(joint) / np.diff(coverage)
    # Between corners the joint risk is a line, and its mean over c has this closed form.
    constant = joint[:-1] - slope * low
    log_ratio = np.log(high[1:] / low[1:])
    return float(slope @ np.diff(coverage) + constant[1:] @ log_ratio)


def augrc(losses: ArrayLike, uncertainty: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the area under the generalised risk-coverage curve.

    The curve is the mean over all cells of the loss of the accepted ones, so that no cell counts
    more for being accepted early. An uncertainty that knows nothing of the error gives half of the
    mean loss.

    Parameters
    ----------
    losses, uncertainty, weights
        As in `aurc`.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight.

    References
    ----------
    Traub et al. 2024, Overcoming common flaws in the evaluation of selective classification
    systems, NeurIPS.

    Examples
    --------
    >>> augrc([0.2, 0.2, 0.2], [1, 2, 3])
    0.1
    """
    coverage, joint = _generalised_risk(losses, uncertainty, weights)
    return float(np.trapezoid(joint, coverage))


def _generalised_risk(
    losses: ArrayLike, uncertainty: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners: coverage, and the loss of the accepted cells per cell of all."""
    loss, u, w = aligned(weights, losses=losses, uncertainty=uncertainty)
    group = np.unique(u, return_inverse=True)[1]
    mass, lost = group_sums(group, w), group_sums(group, w * loss)
    start = np.zeros(1)
    coverage = np.concatenate([start, np.cumsum(mass) / mass.sum()])
    joint = np.concatenate([start, np.cumsum(lost) / mass.sum()])
    return coverage, joint


def _centred_ranks(
    values: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    ranks = mid_ranks(np.unique(values, return_inverse=True)[1], weights)
    centred: NDArray[np.float64] = ranks - np.average(ranks, weights=weights)
    return centred
