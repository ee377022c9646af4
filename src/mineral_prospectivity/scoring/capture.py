"""Share of the deposits inside the most prospective share of the area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.scoring.binning import group_sums
from mineral_prospectivity.scoring.sample import UndefinedMetricError, aligned

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class CaptureCurve:
    """Share of deposits against share of area, from the most prospective cells down.

    Of predictions that never saw the deposits it is the prediction-rate curve, of the fit the
    success-rate curve.

    Parameters
    ----------
    area, captured
        Corners of the curve, both from 0 to 1; one at the end of each group of tied cells.
    threshold
        The score of each group: ``area[i + 1]`` of the area scores ``threshold[i]`` or more.
    """

    area: NDArray[np.float64]
    captured: NDArray[np.float64]
    threshold: NDArray[np.float64]

    def at(self, area: ArrayLike) -> NDArray[np.float64]:
        """Return the expected share of deposits in the top shares of the area."""
        return np.interp(np.asarray(area, dtype=np.float64), self.area, self.captured)


def capture_curve(
    scores: ArrayLike, deposits: ArrayLike, weights: ArrayLike | None = None
) -> CaptureCurve:
    """Return the capture curve.

    Among cells of one score none comes first: inside their group the curve is straight, which is
    the expectation over their random order.

    Parameters
    ----------
    scores
        Any score that rises with prospectivity, ``(cells,)``.
    deposits
        Number of deposits (points, not cells) in each cell.
    weights
        Area of each cell: the cells of the map that it stands for.

    Raises
    ------
    UndefinedMetricError
        When there is no deposit.

    References
    ----------
    Chung and Fabbri 2003, Validation of spatial prediction models for landslide hazard mapping,
    Natural Hazards 30 (success- and prediction-rate curves).
    """
    s, d, w = aligned(weights, scores=scores, deposits=deposits)
    if d.sum() == 0:
        msg = "there is no deposit"
        raise UndefinedMetricError(msg)
    distinct, group = np.unique(s, return_inverse=True)
    area = group_sums(group, w)[::-1]
    found = group_sums(group, d)[::-1]
    return CaptureCurve(_shares(area), _shares(found), distinct[::-1])


def capture(
    scores: ArrayLike, deposits: ArrayLike, area: float, weights: ArrayLike | None = None
) -> float:
    """Return the share of deposits in the top share ``area`` of the map, ties in expectation.

    Parameters
    ----------
    scores, deposits, weights
        As in `capture_curve`.
    area
        Share of the area, in (0, 1].

    Examples
    --------
    >>> capture([0.9, 0.2, 0.2, 0.1], [1, 1, 0, 0], area=0.5)
    0.75
    """
    return float(capture_curve(scores, deposits, weights).at(area))


def lift(captured: float, area: float) -> float:
    """Return how many times denser than on average the deposits lie in the top share.

    Parameters
    ----------
    captured, area
        Share of the deposits, and share of the area that holds them.
    """
    return captured / area


def _shares(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.concatenate([[0.0], np.cumsum(amounts)])
    shares: NDArray[np.float64] = total / total[-1]
    return shares
