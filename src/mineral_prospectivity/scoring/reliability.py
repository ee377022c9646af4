"""Whether a probability of one in a hundred comes true once in a hundred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mineral_prospectivity.scoring.binning import equal_mass_bins, group_sums
from mineral_prospectivity.scoring.null import drawn_positives, null_band
from mineral_prospectivity.scoring.sample import aligned, need_probability

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class CalibrationError:
    """A binned calibration error beside what a perfect model would show on the same cells.

    Parameters
    ----------
    value
        The error.
    null_low, null_high
        Central 95 % of the error under labels drawn from p itself: inside it, nothing speaks
        against calibration; a binned error is never 0, not even for a perfect model.
    """

    value: float
    null_low: float
    null_high: float


@dataclass(frozen=True)
class Reliability:
    """Binned calibration of p against y.

    Parameters
    ----------
    table
        One row a bin, from low to high p: ``cells`` (weight), ``mean_probability``,
        ``observed`` (frequency of deposit cells), ``null_low`` and ``null_high`` (95 % band of
        the frequency under labels drawn from p).
    expected
        ECE: mean over cells of the distance of observed and mean p in their bin.
    largest
        MCE: the largest such distance.
    """

    table: pd.DataFrame
    expected: CalibrationError
    largest: CalibrationError

    def coverage(self) -> float:
        """Return the share of bins whose observed frequency lies in its 95 % band."""
        seen = self.table["observed"]
        return float(seen.between(self.table["null_low"], self.table["null_high"]).mean())


def reliability(
    labels: ArrayLike,
    probability: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    bins: int = 15,
    seed: int = 0,
) -> Reliability:
    """Compare mean probability and observed frequency in bins of equal mass.

    The null draws y* ~ Bernoulli(p) independently for each cell, also for those that a row of a
    sampled background stands for. Deposits cluster, so real labels vary more than that: a value
    just outside the band is no proof of miscalibration.

    Parameters
    ----------
    labels, probability, weights
        0/1 labels, p in [0, 1] and sampling weights, ``(cells,)``.
    bins
        Bins of equal weight; ties in p stay together.
    seed
        Seed of the null draws.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight, or p is no probability.

    References
    ----------
    Naeini, Cooper and Hauskrecht 2015, Obtaining well calibrated probabilities using Bayesian
    binning, AAAI (ECE and MCE). Bröcker and Smith 2007, Increasing the reliability of reliability
    diagrams, Weather and Forecasting 22 (the null by resampling labels from p).
    """
    y, p, w = aligned(weights, labels=labels, probability=probability)
    need_probability(p)
    bin_of = equal_mass_bins(p, w, bins)
    mass = group_sums(bin_of, w)
    mean_p = group_sums(bin_of, w * p) / mass
    observed = group_sums(bin_of, w * y) / mass
    drawn = drawn_positives(p, w, bin_of, seed) / mass
    low, high = null_band(drawn)
    table = pd.DataFrame({
        "cells": mass, "mean_probability": mean_p, "observed": observed,
        "null_low": low, "null_high": high,
    })  # fmt: skip
    gap, null = np.abs(observed - mean_p), np.abs(drawn - mean_p)
    share = mass / mass.sum()
    return Reliability(
        table,
        _beside_null(float(share @ gap), null @ share),
        _beside_null(float(gap.max()), null.max(axis=1)),
    )


def _beside_null(value: float, null: NDArray[np.float64]) -> CalibrationError:
    low, high = null_band(null)
    return CalibrationError(value, float(low), float(high))
