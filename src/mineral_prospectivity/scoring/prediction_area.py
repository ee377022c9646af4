"""The prediction-area plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.scoring.capture import CaptureCurve


@dataclass(frozen=True)
class PredictionArea:
    """Deposits captured and area occupied above each score, and where the two curves meet.

    Parameters
    ----------
    threshold
        Scores, descending.
    captured, area
        Share of deposits and of the area that score at least so.
    intersection_captured, intersection_area
        Where captured + area = 1. A map no better than chance meets at 0.5 and 0.5.
    density
        Normalised density there, captured / area; above 1 deposits are denser than on average.
    """

    threshold: NDArray[np.float64]
    captured: NDArray[np.float64]
    area: NDArray[np.float64]
    intersection_captured: float
    intersection_area: float
    density: float


def prediction_area(curve: CaptureCurve, points: int = 200) -> PredictionArea:
    """Return the prediction-area plot of a capture curve.

    Parameters
    ----------
    curve
        Of held-out predictions.
    points
        Scores kept at most, evenly over the distinct ones.

    References
    ----------
    Yousefi and Carranza 2015, Prediction-area (P-A) plot and C-A fractal analysis to classify and
    evaluate evidential maps for mineral prospectivity modeling, Computers & Geosciences 79.
    """
    kept = np.unique(np.linspace(0, len(curve.threshold) - 1, points).round().astype(np.intp))
    # captured + area rises strictly with area, so the curves meet once.
    area = float(np.interp(1.0, curve.captured + curve.area, curve.area))
    return PredictionArea(
        threshold=curve.threshold[kept],
        captured=curve.captured[kept + 1],
        area=curve.area[kept + 1],
        intersection_captured=1 - area,
        intersection_area=area,
        density=(1 - area) / area,
    )
