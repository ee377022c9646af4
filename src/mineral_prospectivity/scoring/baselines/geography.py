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

    A logistic regression turns the distance into p. Its training deposits are measured to the
    nearest deposit of *another* cluster: a deposit is no news of itself, nor are its neighbours,
    and a held-out cell has no such neighbours in training either.

    Raises
    ------
    DepositError
        When the training deposits form fewer than two clusters.
    """
    positive = fold.labels == 1
    places, clusters = fold.places[positive], fold.clusters[positive]
    if len(np.unique(clusters)) < 2:  # noqa: PLR2004 - another cluster is needed
        msg = (
            f"baseline distance: without fold {fold.number} the training deposits form one "
            "cluster; leave 'distance' out of evaluation.baselines"
        )
        raise DepositError(msg)
    near = _to_nearest(fold.places, places)
    near[positive] = _to_other_clusters(places, clusters)
    model = LogisticRegression(C=np.inf).fit(_log(near), fold.labels, sample_weight=fold.weights)
    found: FloatArray = model.predict_proba(_log(_to_nearest(fold.held_out_places, places)))[:, 1]
    return found


def _to_other_clusters(places: FloatArray, clusters: NDArray[np.int_]) -> FloatArray:
    nearest = np.empty(len(places))
    for cluster in np.unique(clusters):
        own = clusters == cluster
        nearest[own] = _to_nearest(places[own], places[~own])
    return nearest


def _to_nearest(places: FloatArray, deposits: FloatArray) -> FloatArray:
    return np.asarray(KDTree(deposits).query(places)[0])


def _log(distances: FloatArray) -> FloatArray:
    return np.log(np.maximum(distances, _LEAST_DISTANCE))[:, None]
