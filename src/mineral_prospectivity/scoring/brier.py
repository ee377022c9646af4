"""The Brier score and its Murphy parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.scoring.binning import equal_mass_bins, group_sums
from mineral_prospectivity.scoring.sample import aligned, need_probability

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def brier_score(
    labels: ArrayLike, probability: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Return the mean squared difference of label and probability.

    For a 0/1 outcome the continuous ranked probability score of a Bernoulli forecast is this very
    number, so no CRPS is reported beside it.

    Parameters
    ----------
    labels, probability, weights
        0/1 labels, p in [0, 1] and sampling weights, ``(cells,)``.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight, or p is no probability.

    References
    ----------
    Brier 1950, Verification of forecasts expressed in terms of probability, Mon. Weather Rev. 78.

    Examples
    --------
    >>> brier_score([0, 1], [0.0, 0.5])
    0.125
    """
    y, p, w = aligned(weights, labels=labels, probability=probability)
    need_probability(p)
    return float(np.average(np.square(p - y), weights=w))


@dataclass(frozen=True)
class MurphyParts:
    """Parts of the Brier score.

    ``score = reliability - resolution + uncertainty + within_variance - within_covariance``,
    exactly; the last two are 0 where every bin holds one distinct probability.

    Parameters
    ----------
    reliability
        Mean squared distance of a bin's mean p from its observed frequency; 0 is best.
    resolution
        Variance of the observed frequency between bins; more is better.
    uncertainty
        Variance of the labels, whatever the model.
    within_variance
        Variance of p inside bins.
    within_covariance
        Twice the covariance of p and label inside bins.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float


def murphy_decomposition(
    labels: ArrayLike,
    probability: ArrayLike,
    weights: ArrayLike | None = None,
    bins: int | None = None,
) -> MurphyParts:
    """Split the Brier score into reliability, resolution, uncertainty and within-bin terms.

    Parameters
    ----------
    labels, probability, weights
        0/1 labels, p in [0, 1] and sampling weights, ``(cells,)``.
    bins
        Bins of equal mass; None takes each distinct probability as a bin.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight, or p is no probability.

    References
    ----------
    Murphy 1973, A new vector partition of the probability score, J. Appl. Meteorol. 12.
    Stephenson, Coelho and Jolliffe 2008, Two extra components in the Brier score decomposition,
    Weather and Forecasting 23.
    """
    y, p, w = aligned(weights, labels=labels, probability=probability)
    need_probability(p)
    bin_of = np.unique(p, return_inverse=True)[1] if bins is None else equal_mass_bins(p, w, bins)
    mass = group_sums(bin_of, w)
    mean_p = group_sums(bin_of, w * p) / mass
    observed = group_sums(bin_of, w * y) / mass
    share, base = mass / mass.sum(), float(np.average(y, weights=w))
    off_p, off_y = p - mean_p[bin_of], y - observed[bin_of]
    return MurphyParts(
        reliability=float(share @ np.square(mean_p - observed)),
        resolution=float(share @ np.square(observed - base)),
        uncertainty=base * (1 - base),
        within_variance=float(np.average(np.square(off_p), weights=w)),
        within_covariance=float(2 * np.average(off_p * off_y, weights=w)),
    )
