"""Inner folds of a baseline: what it may choose by, without the held-out fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mineral_prospectivity.scoring.likelihood import bernoulli_losses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.scoring.baselines.fold import Fold

    FloatArray = NDArray[np.float64]

Learner = Callable[["Fold"], "FloatArray"]
"""From a fold to the probability of its held-out cells, ``(cells,)``."""

_SMALLEST = 1e-12


class Chosen(NamedTuple):
    """A learner, and what it said of training cells when it had not seen their fold."""

    learner: Learner
    inner: FloatArray
    """Probabilities of the training cells, ``(cells,)``; NaN where no inner fold could tell."""


def choose(candidates: Sequence[Learner], fold: Fold) -> Chosen:
    """Return the candidate of the smallest inner NLL; the first of equals.

    Every training fold that leaves deposits to learn from is predicted by a fit without it.
    """
    found = [Chosen(learner, cross_predict(learner, fold)) for learner in candidates]
    losses = [_inner_nll(fold, chosen.inner) for chosen in found]
    return found[int(np.argmin(losses))]


def cross_predict(learner: Learner, fold: Fold) -> FloatArray:
    """Return p of the training cells, each by a fit without its fold, ``(cells,)``."""
    found = np.full(len(fold.labels), np.nan)
    for number in np.unique(fold.folds):
        inside = fold.folds == number
        rest = fold.labels[~inside]
        if rest.any() and not rest.all():
            found[inside] = learner(_leave_out(fold, inside))
    return found


def _leave_out(fold: Fold, inside: NDArray[np.bool_]) -> Fold:
    """Return the fold of which these training cells are held out, too.

    Bands that the rest knows nothing of go, as they do where a fold is held out.
    """
    number = int(fold.folds[inside][0])
    evidence = fold.leaving_out(number)
    known = np.isfinite(evidence[~inside]).any(axis=0)
    return replace(
        fold,
        number=number,
        bands=tuple(band for band, kept in zip(fold.bands, known, strict=True) if kept),
        evidence=evidence[~inside][:, known],
        labels=fold.labels[~inside],
        weights=fold.weights[~inside],
        folds=fold.folds[~inside],
        places=fold.places[~inside],
        held_out_evidence=evidence[inside][:, known],
        held_out_places=fold.places[inside],
        densities={},
    )


def _inner_nll(fold: Fold, probability: FloatArray) -> float:
    known = np.isfinite(probability)
    if not known.any():
        return 0.0
    p = np.clip(probability[known], _SMALLEST, 1 - _SMALLEST)
    losses = bernoulli_losses(fold.labels[known].astype(np.float64), p)
    return float(np.average(losses, weights=fold.weights[known]))
