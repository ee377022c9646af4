"""How far held-out cells lie from training, and how far the cells to be predicted do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import KDTree
from scipy.stats import wasserstein_distance
from sklearn.metrics import pairwise_distances_argmin_min

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_FEW_DIMENSIONS = 6  # in more, a tree visits nearly every point
_QUANTILES = {"low": 0.05, "median": 0.5, "high": 0.95}


@dataclass(frozen=True)
class DistanceComparison:
    """Distances to the nearest training point.

    Parameters
    ----------
    held_out
        Of held-out cells, from the training points of the other folds, ``(cells,)``.
    to_predict
        Of the cells to be predicted, from all training points, ``(cells,)``.
    """

    held_out: FloatArray
    to_predict: FloatArray

    @property
    def statistic(self) -> float:
        """W: the mean distance between both distributions, in the unit of the distances.

        0 when the folds ask what the map will be asked.

        References
        ----------
        Linnenbrink, Milà, Ludwig and Meyer 2024, kNNDM CV: k-fold nearest-neighbour distance
        matching cross-validation for map accuracy estimation, Geoscientific Model Development 17.
        """
        return float(wasserstein_distance(self.held_out, self.to_predict))

    @property
    def harder(self) -> bool | None:
        """Whether held-out cells lie farther from training than those to be predicted, by median.

        None where both medians are equal.
        """
        gap = np.median(self.held_out) - np.median(self.to_predict)
        return None if gap == 0 else bool(gap > 0)

    def to_dict(self) -> dict[str, Any]:
        """Return quantiles and W as plain values for JSON."""
        both = {"held_out": self.held_out, "to_predict": self.to_predict}
        return {
            **{
                name: {key: float(np.quantile(values, q)) for key, q in _QUANTILES.items()}
                for name, values in both.items()
            },
            "w": self.statistic,
            "harder": self.harder,
        }


def nearest_distance(points: FloatArray, training: FloatArray) -> FloatArray:
    """Return the Euclidean distance of each point to the nearest training point, ``(points,)``.

    Parameters
    ----------
    points, training
        Coordinates, ``(points, dimensions)``.
    """
    if training.shape[1] <= _FEW_DIMENSIONS:
        return np.asarray(KDTree(training).query(points)[0], dtype=np.float64)
    return np.asarray(pairwise_distances_argmin_min(points, training)[1], dtype=np.float64)


def held_out_distance(
    points: FloatArray,
    folds: NDArray[np.integer],
    training: FloatArray,
    training_folds: NDArray[np.integer],
) -> FloatArray:
    """Return the distance of each point to the nearest training point of another fold.

    Parameters
    ----------
    points, training
        Coordinates, ``(points, dimensions)``.
    folds, training_folds
        Their folds, ``(points,)``; each fold has a training point of another.
    """
    found = np.empty(len(points))
    for fold in np.unique(folds):
        inside = folds == fold
        found[inside] = nearest_distance(points[inside], training[training_folds != fold])
    return found
