"""Slope and intercept of the labels on the logit of p."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import expit, logit

from mineral_prospectivity.scoring.sample import (
    UndefinedMetricError,
    aligned,
    need_both_classes,
    need_probability,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_STEEPEST = 100.0


@dataclass(frozen=True)
class CalibrationLine:
    """Logistic regression of the label on logit p; slope 1 and intercept 0 are best.

    Parameters
    ----------
    slope
        Below 1: p is too extreme. Above 1: p is too timid.
    intercept
        Of that line, logits.
    in_the_large
        Intercept with the slope held at 1: above 0, deposits are commoner than p says.
    """

    slope: float
    intercept: float
    in_the_large: float


def calibration_line(
    labels: ArrayLike, probability: ArrayLike, weights: ArrayLike | None = None
) -> CalibrationLine:
    """Fit slope and intercept by maximum likelihood.

    Parameters
    ----------
    labels, probability, weights
        0/1 labels, p in (0, 1) and sampling weights, ``(cells,)``.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When one class is missing, p is no probability, is 0 or 1 somewhere, is constant, or
        separates the classes.

    References
    ----------
    Cox 1958, Two further applications of a model for binary regression, Biometrika 45.
    """
    y, p, w = aligned(weights, labels=labels, probability=probability)
    need_both_classes(y)
    need_probability(p)
    if p.min() == 0 or p.max() == 1:
        msg = f"p is exactly 0 or 1 in {int(((p == 0) | (p == 1)).sum())} cells: no finite logit"
        raise UndefinedMetricError(msg)
    x = logit(p)
    if np.ptp(x) == 0:
        msg = "p is the same in every cell"
        raise UndefinedMetricError(msg)
    if x[y == 1].min() >= x[y == 0].max() or x[y == 1].max() <= x[y == 0].min():
        msg = "p separates the classes, so the slope is infinite"
        raise UndefinedMetricError(msg)
    centre = float(np.average(x, weights=w * y))
    at_centre, slope = _fit_line(x - centre, y, w)
    return CalibrationLine(slope, at_centre - slope * centre, _fit_shift(x, y, w))


def _fit_line(
    x: NDArray[np.float64], y: NDArray[np.float64], w: NDArray[np.float64]
) -> tuple[float, float]:
    def objective(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        f = theta[0] + theta[1] * x
        residual = w * (expit(f) - y)
        return float(w @ (np.logaddexp(0, f) - y * f)), np.array([residual.sum(), residual @ x])

    def curvature(theta: NDArray[np.float64]) -> NDArray[np.float64]:
        s = expit(theta[0] + theta[1] * x)
        g = w * s * (1 - s)
        return np.array([[g.sum(), g @ x], [g @ x, g @ x**2]])

    found = minimize(
        objective, np.array([0.0, 1.0]), jac=True, hess=curvature, method="trust-exact"
    )
    return float(found.x[0]), float(found.x[1])


def _fit_shift(x: NDArray[np.float64], y: NDArray[np.float64], w: NDArray[np.float64]) -> float:
    observed = float(w @ y)
    return float(brentq(lambda shift: float(w @ expit(x + shift)) - observed, -800, 800))
