"""Which fits a member needs, so that every number is judged on cells that its fit never saw."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mineral_prospectivity.errors import TrainingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.vae.data import TrainingData

CALIBRATION_BACKGROUND = 8000
"""Background cells, weighted, that the calibration is fitted to."""

SMALLEST_NESTED = 3
"""Folds below which nothing is left for a fit without two of them."""


def left_out_folds(folds: int, *, nested: bool) -> list[tuple[int, ...]]:
    """Return the folds that each fit of a member never sees.

    The full fit makes the map. The fit without fold k scores fold k. The fit without folds j and
    k predicts fold j for the calibration of fold k, and fold k for that of fold j: it has seen
    neither, so the calibration of a fold rests on nothing of that fold. These K (K - 1) / 2 fits
    do the work of K (K - 1) fits of nested cross-validation.

    Parameters
    ----------
    folds
        Number of folds K.
    nested
        Whether fits without two folds are wanted.

    Examples
    --------
    >>> left_out_folds(3, nested=True)
    [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    """
    single = [(fold,) for fold in range(folds)]
    pairs = list(combinations(range(folds), 2)) if nested else []
    return [(), *single, *pairs]


def check_folds(data: TrainingData, folds: int, *, nested: bool) -> None:
    """Make sure that every fold can be scored and every fit has something to learn from.

    Raises
    ------
    TrainingError
        When folds are missing or hold no positive cell, or a fit would see no deposit or no
        background.
    """
    if nested and folds < SMALLEST_NESTED:
        msg = (
            f"folds.count = {folds}: a calibration on inner folds needs at least "
            f"{SMALLEST_NESTED}. Raise it, or train without inner folds (nested=False), which "
            "leaves nothing to fit a calibration to"
        )
        raise TrainingError(msg)
    if data.folds.min() < 0 or data.folds.max() >= folds:
        first, last = data.folds.min() + 1, data.folds.max() + 1
        msg = f"cells lie in folds {first} to {last}, of {folds} folds"
        raise TrainingError(msg)
    for fold in range(folds):
        if not (data.positive & (data.folds == fold)).any():
            msg = (
                f"fold {fold + 1} of {folds} has no positive cell. Choose fewer folds "
                "(folds.count), smaller blocks (folds.block_size) or another folds.seed"
            )
            raise TrainingError(msg)
        if not (data.background & (data.folds == fold)).any():
            msg = f"fold {fold + 1} of {folds} has no background cell. Choose smaller blocks"
            raise TrainingError(msg)


class CalibrationSample(NamedTuple):
    """Cells that calibration is fitted to: all positives and a sample of background."""

    rows: NDArray[np.int64]
    """Rows of the data, ascending, shape ``(rows,)``."""
    weights: NDArray[np.float64]
    """Cells of the map that each stands for, shape ``(rows,)``."""

    @classmethod
    def draw(cls, data: TrainingData, seed: int) -> CalibrationSample:
        """Draw at most ``CALIBRATION_BACKGROUND`` background cells, the same for all members.

        Cells of the exclusion zone are among them, which no fit trains on: maps and scores count
        them as background, and so must the calibration, or its rates are too high.
        """
        rng = np.random.default_rng(np.random.SeedSequence(seed))
        background = np.flatnonzero(data.labels == 0)
        size = min(CALIBRATION_BACKGROUND, len(background))
        drawn = rng.choice(background, size, replace=False)
        rows = np.sort(np.concatenate([np.flatnonzero(data.positive), drawn]))
        share = data.weights[background].sum() / data.weights[drawn].sum()
        weights = data.weights[rows] * np.where(data.positive[rows], 1.0, share)
        return cls(rows, weights)

    def within(self, chosen: NDArray[np.bool_]) -> CalibrationSample:
        """Return the part of it that lies in the chosen cells, of shape ``(cells,)``."""
        inside = chosen[self.rows]
        return CalibrationSample(self.rows[inside], self.weights[inside])
