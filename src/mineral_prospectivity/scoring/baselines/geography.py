"""Baselines that look at no evidence: the prevalence, and the distance to known deposits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import KDTree
from sklearn.linear_model import LogisticRegression

from mineral_prospectivity.errors import DepositError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.scoring.baselines.fold import Fold

    FloatArray = NDArray[np.float64]

_LEAST_DISTANCE = 1.0  # m; the logarithm of 0 has no value


def prevalence(fold: Fold) -> FloatArray:
    """Return the weighted share of deposit cells in training, for every held-out cell."""
    return np.full(len(fold.held_out_places), fold.prevalence)


def distance(fold: Fold) -> FloatArray:
    """Return p from the logarithm of the distance to the nearest training deposit.

    A logistic regression turns the distance into p. A held-out cell is measured to the deposits
    of other folds, so training cells are too: measured to those of its own fold as well, a deposit
    would be no distance from itself, and the regression would expect the held-out ones to be.

    Raises
    ------
    DepositError
        When a training fold has no deposits in another training fold to be measured to.
    """
    positive = fold.labels == 1
    near = np.empty(len(fold.labels))
    for own in np.unique(fold.folds):
        others = positive & (fold.folds != own)
        if not others.any():
            msg = (
                f"baseline distance: without folds {fold.number + 1} and {own + 1} there is no "
                "deposit to measure to; use more folds, or leave 'distance' out of "
                "evaluation.baselines"
            )
            raise DepositError(msg)
        inside = fold.folds == own
        near[inside] = _to_nearest(fold.places[inside], fold.places[others])
    model = LogisticRegression(C=np.inf).fit(_log(near), fold.labels, sample_weight=fold.weights)
    held_out = _to_nearest(fold.held_out_places, fold.places[positive])
    return np.asarray(model.predict_proba(_log(held_out))[:, 1])


def _to_nearest(places: FloatArray, deposits: FloatArray) -> FloatArray:
    return np.asarray(KDTree(deposits).query(places)[0])


def _log(distances: FloatArray) -> FloatArray:
    return np.log(np.maximum(distances, _LEAST_DISTANCE))[:, None]
