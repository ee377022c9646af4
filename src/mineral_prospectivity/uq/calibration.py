"""Recalibration of the logits, fitted on cells that the fit never saw."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import logit

from mineral_prospectivity.errors import DepositError
from mineral_prospectivity.uq.moments import LogitMoments
from mineral_prospectivity.uq.quadrature import MODEL_NODES, gauss_hermite, sigmoid_inplace

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

CalibrationMethod = Literal["platt", "temperature", "none"]

_CHUNK = 1 << 15  # quadrature points at once: they stay in the cache
_POINTS = 256  # quadrature points of all members together, where each is to have fewer nodes
_FEWEST_NODES = 4
_WIDE = 1.5  # SD, logits, up to which these are exact to a part in a thousand
_FEW = 0.01  # share of wider Gaussians that does not matter
_STEEPEST = 5.0  # |ln slope| at most: a slope in [1/148, 148]
_FEWEST_FOLDS = 2  # of which a standard error can be told


@dataclass(frozen=True)
class LogitCalibration:
    """An affine map of the logit, applied to the Gaussian of every member.

    An affine map of a Gaussian is a Gaussian, so the decomposition stays exact.

    Parameters
    ----------
    intercept
        a, logits.
    slope
        b > 0: below 1 the model was too sure, above 1 not sure enough.
    """

    intercept: float = 0.0
    slope: float = 1.0

    @property
    def is_identity(self) -> bool:
        """Whether the logits stay as they are."""
        return self == LogitCalibration()

    def apply(self, mean: ArrayLike, variance: ArrayLike, latent: ArrayLike) -> LogitMoments:
        """Return the moments of a + b * logit; all are ``(members, cells)``."""
        moments = LogitMoments.of(mean, variance, latent)
        squared = self.slope**2
        return LogitMoments(
            self.intercept + self.slope * moments.mean,
            squared * moments.variance,
            squared * moments.latent,
        )

    def to_dict(self) -> dict[str, float]:
        """Return the calibration as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LogitCalibration:
        """Return the calibration that ``to_dict`` wrote."""
        return cls(float(values["intercept"]), float(values["slope"]))


def fit_calibration(
    mean: ArrayLike,
    variance: ArrayLike,
    latent: ArrayLike,
    labels: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    method: CalibrationMethod = "platt",
    penalty: float = 1.0,
    folds: ArrayLike | None = None,
) -> LogitCalibration:
    """Fit the recalibration by penalised maximum likelihood of the mixture's probability.

    The logit becomes ``c + d + b * (logit - c)`` with c the logit of the labels' prevalence, and
    the weighted Bernoulli NLL (a sum, nats) plus ``penalty * (d**2 + ln(b)**2)`` is minimised.
    Turning about c and not about 0 makes shift and slope nearly independent for rare deposits,
    so that the penalty draws to the identity without moving the base rate.

    Where folds are given, each is predicted with what is fitted to the others. Unless that lowers
    the NLL of all by more than one standard error of the sum, the model is left as it is: deposits
    are few and come in clusters, so that the recalibration of a sound model tells mostly which
    folds happen to hold many of them.

    Parameters
    ----------
    mean, variance, latent
        Moments of the logit on held-out cells, each ``(members, cells)``.
    labels
        0/1, ``(cells,)``.
    weights
        Sampling weights, ``(cells,)``; None weighs every cell alike.
    method
        ``platt`` fits d and b; ``temperature`` fits b alone, about the prevalence; ``none``
        returns the identity.
    penalty
        Strength of the pull to the identity, nats.
    folds
        Fold of each cell, ``(cells,)``; None recalibrates without asking.

    Returns
    -------
    LogitCalibration
        With intercept ``c + d - b * c`` and slope b; the identity where it does not help.

    Raises
    ------
    DepositError
        When the labels hold one class alone.

    References
    ----------
    Platt 1999, Probabilistic outputs for support vector machines. Guo et al. 2017, On
    calibration of modern neural networks, ICML (temperature, there about 0).
    """
    if method == "none":
        return LogitCalibration()
    y = np.asarray(labels, dtype=np.float64)
    w = np.ones_like(y) if weights is None else np.asarray(weights, dtype=np.float64)
    cells = _Cells(LogitMoments.of(mean, variance, latent), y, w)
    free = np.array([method == "platt", True])
    fitted = _fit(cells, free, penalty)
    kept = folds is None or _helps(cells, np.asarray(folds), free, penalty)
    return fitted if kept else LogitCalibration()


class _Cells(NamedTuple):
    """Held-out cells: moments ``(members, cells)``, labels and weights ``(cells,)``."""

    moments: LogitMoments
    labels: NDArray[np.float64]
    weights: NDArray[np.float64]

    def take(self, rows: NDArray[np.bool_]) -> _Cells:
        mean, variance, latent = self.moments.mean, self.moments.variance, self.moments.latent
        moments = LogitMoments(mean[:, rows], variance[:, rows], latent[:, rows])
        return _Cells(moments, self.labels[rows], self.weights[rows])

    def loss(self, calibration: LogitCalibration) -> float:
        """Return the weighted NLL of the recalibrated logits, nats."""
        moments = self.moments
        moved = calibration.apply(moments.mean, moments.variance, moments.latent)
        return _HeldOut.about(0.0, self._replace(moments=moved)).likelihood(np.zeros(2))[0]


def _helps(
    cells: _Cells, folds: NDArray[np.integer[Any]], free: NDArray[np.bool_], penalty: float
) -> bool:
    """Say whether folds are predicted better with what is fitted to the others than without."""
    gains = []
    for fold in np.unique(folds):
        rest, own = cells.take(folds != fold), cells.take(folds == fold)
        if 0 < rest.labels.sum() < len(rest.labels):
            gains.append(own.loss(LogitCalibration()) - own.loss(_fit(rest, free, penalty)))
    few = len(gains) < _FEWEST_FOLDS
    return not few and float(np.mean(gains)) > float(np.std(gains, ddof=1)) / np.sqrt(len(gains))


def _fit(cells: _Cells, free: NDArray[np.bool_], penalty: float) -> LogitCalibration:
    """Fit shift d and log slope ln b, of which those not free stay 0."""
    held_out = _HeldOut.about(_base_logit(cells.labels, cells.weights), cells)

    def objective(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        loss, gradient = held_out.likelihood(theta)
        return loss + penalty * float(theta @ theta), (gradient + 2 * penalty * theta) * free

    bounds = [(None, None), (-_STEEPEST, _STEEPEST)]
    found = minimize(
        objective, np.zeros(2), jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-12}
    )
    d, slope = float(found.x[0]), float(np.exp(found.x[1]))
    return LogitCalibration(held_out.base + d - slope * held_out.base, slope)


def _base_logit(labels: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    prevalence = float(np.average(labels, weights=weights))
    if prevalence in (0.0, 1.0):
        msg = (
            f"calibration: the {len(labels)} held-out cells hold "
            f"{'no' if prevalence == 0 else 'only'} deposit cells; use fewer folds or set "
            "uncertainty.calibration: none"
        )
        raise DepositError(msg)
    return float(logit(prevalence))


@dataclass(frozen=True)
class _HeldOut:
    """Held-out cells: logits about the prevalence's, and the sign +1 of a deposit, else -1."""

    centred: NDArray[np.float64]
    spread: NDArray[np.float64]
    sign: NDArray[np.float64]
    weights: NDArray[np.float64]
    base: float

    @classmethod
    def about(cls, base: float, cells: _Cells) -> _HeldOut:
        moments, labels, weights = cells
        spread = np.sqrt(moments.variance + moments.latent)
        return cls(moments.mean - base, spread, 2 * labels - 1, weights, base)

    def likelihood(self, theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the weighted NLL and its gradient in (d, ln b)."""
        rule = gauss_hermite(_nodes(self.spread))
        loss, gradient = 0.0, np.zeros(2)
        size = max(1, _CHUNK // (len(self.centred) * len(rule[0])))
        for start in range(0, len(self.sign), size):
            part_loss, part_gradient = self._part(slice(start, start + size), theta, rule)
            loss += part_loss
            gradient += part_gradient
        return loss, gradient

    def _part(
        self,
        part: slice,
        theta: NDArray[np.float64],
        rule: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> tuple[float, NDArray[np.float64]]:
        nodes, share = rule
        share = share[:, None, None] / len(self.centred)
        sign, weights = self.sign[part], self.weights[part]
        scaled = np.exp(theta[1]) * (
            self.centred[:, part] + nodes[:, None, None] * self.spread[:, part]
        )
        # The likelihood of a label is the mean of sigmoid(sign * logit): 1 - p would cancel.
        s = sigmoid_inplace(sign * (self.base + theta[0] + scaled))
        likelihood = np.maximum((share * s).sum(axis=(0, 1)), np.finfo(np.float64).tiny)
        change = share * s * (1 - s)
        score = weights * sign / likelihood
        by_shift = score @ change.sum(axis=(0, 1))
        by_log_slope = score @ (change * scaled).sum(axis=(0, 1))
        return -float(weights @ np.log(likelihood)), -np.array([by_shift, by_log_slope])


def _nodes(spread: NDArray[np.float64]) -> int:
    """Nodes a member, ``(members, cells)`` of SDs.

    Many members make up for few, so that their product is what counts; not where their Gaussians
    are wide, and may be one and the same.
    """
    if not spread.any():
        return 1
    if np.mean(spread > _WIDE) > _FEW:
        return MODEL_NODES
    return max(_FEWEST_NODES, min(MODEL_NODES, _POINTS // len(spread)))


def fit_nested(
    inner: pd.DataFrame, *, method: CalibrationMethod = "platt", penalty: float = 1.0
) -> dict[int, LogitCalibration]:
    """Fit one recalibration an outer fold, on inner folds that leave it out and gain from it.

    Parameters
    ----------
    inner
        One row a member, cell and outer fold: ``member``, ``cell``, ``fold``, ``outer``, ``mean``,
        ``variance``, ``latent``, ``label`` and ``weight``. The moments come from fits that saw
        neither the outer fold nor the cell.
    method, penalty
        As in `fit_calibration`.

    Returns
    -------
    dict
        Outer fold to its calibration, the identity where it does not help.

    Raises
    ------
    ValueError
        When a member lacks a cell of an outer fold, or has it twice.
    DepositError
        When the inner cells of an outer fold hold one class alone; the message names the fold.
    """
    return {
        outer: _fit_outer(outer, inner[inner["outer"] == outer], method, penalty)
        for outer in sorted(inner["outer"].unique().tolist())
    }


def _fit_outer(
    outer: int, rows: pd.DataFrame, method: CalibrationMethod, penalty: float
) -> LogitCalibration:
    members, cells = rows["member"].nunique(), rows["cell"].nunique()
    if len(rows) != members * cells or rows.duplicated(["member", "cell"]).any():
        msg = (
            f"calibration: outer fold {outer + 1} has {len(rows)} rows; expected one for each of "
            f"{members} members and {cells} cells"
        )
        raise ValueError(msg)
    rows = rows.sort_values(["member", "cell"])
    mean, variance, latent = (
        rows[name].to_numpy(dtype=np.float64).reshape(members, cells)
        for name in ("mean", "variance", "latent")
    )
    first = rows.iloc[:cells]
    try:
        return fit_calibration(
            mean, variance, latent, first["label"].to_numpy(), first["weight"].to_numpy(),
            method=method, penalty=penalty, folds=first["fold"].to_numpy(),
        )  # fmt: skip
    except DepositError as error:
        msg = f"outer fold {outer + 1}: {error}"
        raise DepositError(msg) from None
