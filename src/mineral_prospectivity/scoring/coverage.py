"""Whether intervals of p hold the known p, and how narrow they are.

An interval around p cannot hold a 0/1 label. Where p given the layers is known, as on a simulated
region, coverage of that p is a fair question; on real labels the observed frequency of bins is
(`mineral_prospectivity.scoring.reliability`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.scoring.sample import aligned

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def interval_coverage(
    truth: ArrayLike, lower: ArrayLike, upper: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Return the share of cells whose known p lies in its interval, ends included.

    Parameters
    ----------
    truth, lower, upper, weights
        Known p, ends of the intervals and sampling weights, ``(cells,)``.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight.

    Examples
    --------
    >>> interval_coverage([0.1, 0.5], [0.0, 0.6], [0.2, 0.9])
    0.5
    """
    p, low, high, w = aligned(weights, truth=truth, lower=lower, upper=upper)
    return float(np.average((low <= p) & (p <= high), weights=w))


def mean_width(lower: ArrayLike, upper: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the mean width of the intervals: sharpness, to be read beside coverage only.

    Parameters
    ----------
    lower, upper, weights
        Ends of the intervals and sampling weights, ``(cells,)``.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight.
    """
    low, high, w = aligned(weights, lower=lower, upper=upper)
    return float(np.average(high - low, weights=w))


def probability_variance(probability: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the variance of p over the map: sharpness, to be read beside calibration only.

    Parameters
    ----------
    probability, weights
        p and sampling weights, ``(cells,)``.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight.
    """
    p, w = aligned(weights, probability=probability)
    return float(np.average(np.square(p - np.average(p, weights=w)), weights=w))
