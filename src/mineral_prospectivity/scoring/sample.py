"""What every score takes: labels, probabilities and weights of the same cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class UndefinedMetricError(ValueError):
    """A score that these cells do not define; the message is the reason that reports quote."""


def aligned(weights: ArrayLike | None, **columns: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Return the columns, then the weights, as float64 vectors without cells of no weight.

    Parameters
    ----------
    weights
        Cells of the map that each row stands for, >= 0, ``(cells,)``; None means 1 each.
    **columns
        Values a cell, each ``(cells,)``, by the name that an error gives.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight.
    """
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in columns.items()}
    first = next(iter(arrays.values()))
    arrays["weights"] = (
        np.ones(first.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    )
    for name, values in arrays.items():
        if values.shape != first.shape or values.ndim != 1:
            msg = f"{name} has shape {values.shape}; expected one value for each of the cells"
            raise ValueError(msg)
        if not np.isfinite(values).all():
            msg = f"{name}: {int((~np.isfinite(values)).sum())} of {len(values)} are not finite"
            raise ValueError(msg)
    if (arrays["weights"] < 0).any():
        msg = f"weights: the smallest is {arrays['weights'].min():g}; a weight counts cells"
        raise ValueError(msg)
    kept = arrays["weights"] > 0
    if not kept.any():
        msg = "there are no cells"
        raise UndefinedMetricError(msg)
    if kept.all():
        return tuple(arrays.values())
    return tuple(values[kept] for values in arrays.values())


def need_probability(values: NDArray[np.float64]) -> None:
    """Raise unless every value is a probability: published maps may hold any score.

    Raises
    ------
    UndefinedMetricError
        Saying what the values span.
    """
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        msg = f"p lies in {low:g} to {high:g}: a score, no probability"
        raise UndefinedMetricError(msg)


def need_both_classes(labels: NDArray[np.float64]) -> None:
    """Raise unless there are deposit cells and background cells.

    Raises
    ------
    UndefinedMetricError
        Saying which of the two is missing.
    """
    if not (labels == 1).any():
        msg = "there is no deposit cell"
        raise UndefinedMetricError(msg)
    if not (labels == 0).any():
        msg = "there is no background cell"
        raise UndefinedMetricError(msg)
