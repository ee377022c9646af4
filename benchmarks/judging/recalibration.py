"""Platt scaling of the peers, on inner folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

from mineral_prospectivity.uq.calibration import fit_calibration

if TYPE_CHECKING:
    from mineral_prospectivity.scoring.baselines.fold import Fold
    from mineral_prospectivity.scoring.baselines.inner import Chosen

SMALLEST = 1e-12
"""Probabilities are taken for this far from 0 and 1 at least, so that their logit is finite."""


def recalibrated(chosen: Chosen, fold: Fold, probability: np.ndarray) -> np.ndarray:
    """Return the probability after Platt scaling that was fitted to the inner predictions.

    It is fitted as the ensemble's is (:func:`~mineral_prospectivity.uq.calibration.
    fit_calibration` with its default penalty), but kept whether other folds gain or not. Without
    inner deposits p stays as it is.

    Parameters
    ----------
    chosen
        From :func:`choose`.
    fold
        The same fold.
    probability
        What the learner says of the held-out cells, ``(cells,)``.
    """
    known = np.isfinite(chosen.inner)
    labels = fold.labels[known]
    if not labels.any() or labels.all():
        return probability
    mean = _logit(chosen.inner[known])[None]
    none = np.zeros_like(mean)
    fitted = fit_calibration(mean, none, none, labels, fold.weights[known])
    return np.asarray(expit(fitted.intercept + fitted.slope * _logit(probability)))


def _logit(probability: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(probability, SMALLEST, 1 - SMALLEST)))
