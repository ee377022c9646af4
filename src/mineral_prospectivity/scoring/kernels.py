"""All headline scores of thousands of replicates at once.

A replicate only changes how often each unit (deposit cluster, background block) counts. Sorted by
score, the background between two deposit scores matters by its total weight alone, so a model is
reduced once to a table of *segments* by units: groups of tied cells that hold a deposit, and the
runs of background between them. Every score of every replicate then follows from products with
the multiplicities, without sorting again; the results equal the plain functions' with the
multiplied weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from mineral_prospectivity.scoring.binning import group_sums
from mineral_prospectivity.scoring.likelihood import bernoulli_losses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mineral_prospectivity.scoring.resampling import ResamplingUnits

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SegmentTable:
    """A model reduced to what its scores need, from the most prospective segment down.

    Parameters
    ----------
    positive, negative, deposits
        Weight of deposit cells, weight of background, and number of deposits of each segment and
        unit, ``(segments, units)``, sparse.
    likelihood, brier, weight
        Sums over the cells of each unit of weighted -ln p, weighted squared error and weight,
        ``(units,)``.
    """

    positive: csr_array
    negative: csr_array
    deposits: csr_array
    likelihood: FloatArray
    brier: FloatArray
    weight: FloatArray

    @classmethod
    def of(
        cls,
        labels: FloatArray,
        probability: FloatArray,
        deposits: FloatArray,
        weights: FloatArray,
        units: ResamplingUnits,
    ) -> SegmentTable:
        """Return the table of one model; all arrays are ``(cells,)``."""
        segment = _segments(probability, (labels == 1) | (deposits > 0))
        # A score that is no probability ranks cells, and has no likelihood and no Brier score.
        p = np.where((probability >= 0) & (probability <= 1), probability, np.nan)
        shape = (int(segment.max()) + 1, units.count)

        def table(values: FloatArray) -> csr_array:
            kept = values != 0
            return csr_array((values[kept], (segment[kept], units.unit[kept])), shape=shape)

        def total(values: FloatArray) -> FloatArray:
            return group_sums(units.unit, values, units.count)

        return cls(
            positive=table(weights * labels),
            negative=table(weights * (1 - labels)),
            deposits=table(deposits),
            likelihood=total(weights * bernoulli_losses(labels, p)),
            brier=total(weights * np.square(p - labels)),
            weight=total(weights),
        )

    def scores(
        self, multiplicity: FloatArray, capture_areas: Sequence[float]
    ) -> dict[str, FloatArray]:
        """Return each headline score of each replicate, ``(replicates,)``.

        Parameters
        ----------
        multiplicity
            How often each unit counts, ``(units, replicates)``.
        capture_areas
            Shares of the area at which capture is taken; named ``capture@0.05``.
        """
        positive = self.positive @ multiplicity
        negative = self.negative @ multiplicity
        deposits = self.deposits @ multiplicity
        weight = self.weight @ multiplicity
        found = {
            "roc_auc": _roc_auc(positive, negative),
            "average_precision": _average_precision(positive, negative),
            "nll": self.likelihood @ multiplicity / weight,
            "brier": self.brier @ multiplicity / weight,
        }
        for area in capture_areas:
            found[f"capture@{area:g}"] = _capture(deposits, positive + negative, area)
        return found


def _segments(scores: FloatArray, marked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the segment of each cell, ``(cells,)``, 0 for the highest scores.

    A group of tied cells with a marked one is a segment of its own; neighbouring groups without
    are one.
    """
    group = np.unique(-scores, return_inverse=True)[1]
    own = np.zeros(int(group.max()) + 1, dtype=bool)
    own[group[marked]] = True
    starts = own.copy()
    starts[1:] |= own[:-1]
    number = np.cumsum(starts) - starts[0]
    segment: NDArray[np.intp] = number[group]
    return segment


def _roc_auc(positive: FloatArray, negative: FloatArray) -> FloatArray:
    below = negative.sum(axis=0) - np.cumsum(negative, axis=0)
    won = (positive * (below + negative / 2)).sum(axis=0)
    area: FloatArray = won / (positive.sum(axis=0) * negative.sum(axis=0))
    return area


def _average_precision(positive: FloatArray, negative: FloatArray) -> FloatArray:
    hit = np.cumsum(positive, axis=0)
    called = hit + np.cumsum(negative, axis=0)
    precision = np.divide(hit, called, out=np.zeros_like(hit), where=called > 0)
    mean: FloatArray = (positive * precision).sum(axis=0) / hit[-1]
    return mean


def _capture(deposits: FloatArray, area: FloatArray, share: float) -> FloatArray:
    end = np.cumsum(area, axis=0)
    room = share * end[-1] - (end - area)
    inside = np.divide(room, area, out=np.zeros_like(area), where=area > 0)
    captured: FloatArray = (deposits * np.clip(inside, 0, 1)).sum(axis=0) / deposits.sum(axis=0)
    return captured
