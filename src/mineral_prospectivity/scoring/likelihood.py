"""The Bernoulli negative log-likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.scoring.sample import (
    UndefinedMetricError,
    aligned,
    need_probability,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def negative_log_likelihood(
    labels: ArrayLike, probability: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Return the mean of -ln of the probability given to what is there, nats a cell.

    Probabilities are not clipped: a model that calls a deposit impossible has no finite score.

    Parameters
    ----------
    labels, probability, weights
        0/1 labels, p in [0, 1] and sampling weights, ``(cells,)``.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight, p is no probability, or a label was given probability 0.

    References
    ----------
    Gneiting and Raftery 2007, Strictly proper scoring rules, prediction, and estimation, JASA 102.

    Examples
    --------
    >>> negative_log_likelihood([1, 0], [0.5, 0.5])
    0.693
    """
    y, p, w = aligned(weights, labels=labels, probability=probability)
    need_probability(p)
    losses = bernoulli_losses(y, p)
    impossible = int(np.isinf(losses).sum())
    if impossible:
        msg = f"infinite: {impossible} cells had what they were given probability 0 for"
        raise UndefinedMetricError(msg)
    return float(np.average(losses, weights=w))


def bernoulli_losses(
    labels: NDArray[np.float64], probability: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return -ln p for deposits and -ln(1 - p) for background, ``(cells,)``; it may be infinite."""
    with np.errstate(divide="ignore"):
        losses: NDArray[np.float64] = np.where(
            labels == 1, -np.log(probability), -np.log1p(-probability)
        )
    return losses
