"""Weights of evidence: one pattern a layer, each with its contrast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mineral_prospectivity.scoring.baselines.fold import Fold

    FloatArray = NDArray[np.float64]
    Mask = NDArray[np.bool_]

SIGNIFICANT = 2.0
"""Studentised contrast below which a pattern is left out."""

_LEVELS = np.linspace(0.05, 0.95, 19)  # quantiles at which a continuous band may be cut
_HALF = 0.5  # of the cell, from which on a class is its pattern; and the count added to all counts


@dataclass(frozen=True)
class Pattern:
    """A binary pattern of the map; where its band has no value it says nothing.

    Parameters
    ----------
    column
        Band that it is cut from.
    threshold
        Present where the band is at or above it.
    present, absent
        Weights W+ and W-, logits.
    contrast
        |W+ - W-| divided by its standard deviation.
    """

    column: int
    threshold: float
    present: float
    absent: float
    contrast: float

    def weight(self, evidence: NDArray[np.floating]) -> FloatArray:
        """Return the weight of each cell, ``(cells,)``, 0 where the band has no value."""
        values = evidence[:, self.column]
        inside = np.where(values >= self.threshold, self.present, self.absent)
        return np.where(np.isnan(values), 0.0, inside)


def weights_of_evidence(fold: Fold) -> FloatArray:
    """Return p from weights of evidence of binary patterns.

    A continuous band is cut at the quantile with the largest studentised contrast, a class is
    present where it covers half of the cell; cells without a value keep the prior, which makes
    the pattern ternary. A layer gives the continuous pattern of the largest contrast, and every
    class pattern. Patterns below a studentised contrast of 2 are left out. The weights add up as
    if patterns were independent given the label, which they are not: p is too extreme.

    References
    ----------
    Bonham-Carter, Agterberg and Wright 1989, Weights of evidence modelling: a new approach to
    mapping mineral potential, Geological Survey of Canada Paper 89-9. Bonham-Carter 1994,
    Geographic Information Systems for Geoscientists, ch. 9.
    """
    patterns = find_patterns(fold)
    total = np.full(len(fold.held_out_evidence), logit(fold.prevalence))
    for pattern in patterns:
        total += pattern.weight(fold.held_out_evidence)
    return np.asarray(expit(total))


def find_patterns(fold: Fold) -> list[Pattern]:
    """Return the patterns that count, the strongest continuous one of each layer."""
    best: dict[str, Pattern] = {}
    for column, band in enumerate(fold.bands):
        layer = band.name if band.kind == "fraction" else f"{band.layer or band.name}:cut"
        for pattern in _cuts(fold, column, band.kind):
            if layer not in best or pattern.contrast > best[layer].contrast:
                best[layer] = pattern
    return [pattern for pattern in best.values() if pattern.contrast >= SIGNIFICANT]


def _cuts(fold: Fold, column: int, kind: str) -> Iterator[Pattern]:
    values = fold.evidence[:, column]
    known = np.isfinite(values)
    values, labels, weights = values[known], fold.labels[known] == 1, fold.weights[known]
    thresholds = (
        np.array([_HALF]) if kind == "fraction" else np.unique(np.quantile(values, _LEVELS))
    )
    for threshold in thresholds:
        inside = values >= threshold
        if inside.any() and not inside.all():
            yield _weigh(column, float(threshold), inside, labels, weights)


def _weigh(
    column: int, threshold: float, inside: Mask, labels: Mask, weights: FloatArray
) -> Pattern:
    """Return the pattern with its weights; half a cell is added to each of the four counts."""
    counts = {
        (pattern, label): _HALF + float(weights[(inside == pattern) & (labels == label)].sum())
        for pattern in (True, False)
        for label in (True, False)
    }
    with_deposit, without = (counts[True, y] + counts[False, y] for y in (True, False))
    present, absent = (
        float(np.log(counts[pattern, True] / with_deposit * without / counts[pattern, False]))
        for pattern in (True, False)
    )
    deviation = np.sqrt(sum(1 / count for count in counts.values()))
    return Pattern(column, threshold, present, absent, abs(present - absent) / float(deviation))
