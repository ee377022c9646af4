"""What testing a cell is worth, in the currency of the costs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit, ndtri

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.raster import Raster

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.grid import Window

INTERVAL = 0.9
"""Level of the bounds of p."""

NODES = 40
"""Gauss-Legendre nodes of the CVaR, right to 1e-8 V for alpha up to .5 and SDs up to 4."""

INPUTS = ("probability", "epistemic", "log_odds_mean", "log_odds_sd")

BANDS = (
    Band("probability", description="Probability of a deposit, corrected to the true prior"),
    Band("probability_lower", description="Lower bound of the 90 % interval of p"),
    Band("probability_upper", description="Upper bound of the 90 % interval of p"),
    Band("expected_value", unit="currency", description="pV - C"),
    Band("return_sd", unit="currency", description="SD of the expected value over the models"),
    Band("sharpe_ratio", description="Expected value over its SD"),
    Band("cvar", unit="currency", description="Mean of the worst alpha of the expected value"),
    Band("drill", description="1 where p > C/V, else 0"),
    Band("risk_adjusted_return", unit="currency", description="Expected value - lambda SD"),
)


@dataclass(frozen=True)
class CellEconomics:
    """The bands of :func:`economics_map` as arrays of one shape, in the same order."""

    probability: NDArray[np.float64]
    probability_lower: NDArray[np.float64]
    probability_upper: NDArray[np.float64]
    expected_value: NDArray[np.float64]
    return_sd: NDArray[np.float64]
    sharpe_ratio: NDArray[np.float64]
    cvar: NDArray[np.float64]
    drill: NDArray[np.float64]
    risk_adjusted_return: NDArray[np.float64]


def economics_map(
    maps: Raster,
    *,
    label_prior: float,
    exploration_cost: float,
    discovery_value: float,
    risk_aversion: float,
    tail: float,
    prior: float | None,
) -> Raster:
    """Return the economics of every cell as a lazy raster with the bands ``BANDS``.

    Parameters
    ----------
    maps
        With the bands ``probability``, ``epistemic``, ``log_odds_mean`` and ``log_odds_sd``.
    label_prior, exploration_cost, discovery_value, risk_aversion, tail, prior
        As for :func:`economics`.
    """
    source = maps.select(INPUTS)

    def read(window: Window) -> NDArray[np.float32]:
        result = economics(
            *source.read(window).astype(np.float64),
            label_prior=label_prior,
            exploration_cost=exploration_cost,
            discovery_value=discovery_value,
            risk_aversion=risk_aversion,
            tail=tail,
            prior=prior,
        )
        return np.stack([getattr(result, field.name) for field in fields(result)]).astype(
            np.float32
        )

    _check_money(exploration_cost, discovery_value)
    return Raster(maps.grid, BANDS, read)


def economics(
    probability: NDArray[np.floating],
    epistemic: NDArray[np.floating],
    log_odds_mean: NDArray[np.floating],
    log_odds_sd: NDArray[np.floating],
    *,
    label_prior: float,
    exploration_cost: float,
    discovery_value: float,
    risk_aversion: float,
    tail: float,
    prior: float | None,
) -> CellEconomics:
    """Return what testing a cell is worth, and how sure that is.

    A model says p_m, so it expects EV_m = p_m V - C of testing a cell; what is not known of the
    model makes EV_m uncertain. Its mean and SD come from the mean and the epistemic SD of p.
    Its tail and the bounds of p come from a Gaussian of the log-odds with the mean and SD of the
    ensemble, because maps keep no more of the mixture than these two moments.

    Parameters
    ----------
    probability, epistemic
        Mean of p over the models, and its SD; any one shape.
    log_odds_mean, log_odds_sd
        Mean and SD of the log-odds over the models.
    label_prior
        Share of labelled cells that the probabilities are calibrated to.
    exploration_cost, discovery_value
        Cost C of testing a cell and value V of a discovery, one currency.
    risk_aversion
        lambda of the risk-adjusted return EV - lambda SD.
    tail
        alpha of the CVaR, in (0, 1).
    prior
        True share of cells with a deposit, which corrects the odds of p; None takes the
        label prior. The epistemic SD follows by the delta method.

    Raises
    ------
    ConfigurationError
        If C is not below V: testing could never pay.
    """
    _check_money(exploration_cost, discovery_value)
    shift = 0.0 if prior is None else float(logit(prior) - logit(label_prior))
    p, sd = correct_prior(probability, epistemic, shift)
    mean = np.asarray(log_odds_mean, dtype=np.float64) + shift
    reach = ndtri((1 + INTERVAL) / 2) * log_odds_sd
    value = discovery_value * p - exploration_cost
    risk = discovery_value * sd
    return CellEconomics(
        probability=p,
        probability_lower=expit(mean - reach),
        probability_upper=expit(mean + reach),
        expected_value=value,
        return_sd=risk,
        sharpe_ratio=np.divide(value, risk, out=np.full_like(value, np.nan), where=risk > 0),
        cvar=discovery_value * tail_mean(mean, log_odds_sd, tail) - exploration_cost,
        drill=np.where(np.isnan(p), np.nan, p > exploration_cost / discovery_value),
        risk_adjusted_return=value - risk_aversion * risk,
    )


def correct_prior(
    probability: NDArray[np.floating], epistemic: NDArray[np.floating], shift: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move p and its SD to another base rate: odds times ``exp(shift)``, and dp'/dp for the SD.

    Parameters
    ----------
    probability, epistemic
        Mean and SD of p, one shape.
    shift
        Log-odds of the true prior minus those of the labels'.

    References
    ----------
    Saerens, Latinne & Decaestecker 2002, doi:10.1162/089976602753284446.

    Examples
    --------
    >>> p, sd = correct_prior(np.array([0.5]), np.array([0.1]), np.log(1 / 9))
    >>> p
    array([0.1])
    >>> sd
    array([0.036])
    """
    p, sd = np.asarray(probability, dtype=np.float64), np.asarray(epistemic, dtype=np.float64)
    ratio = np.exp(shift)
    scale = 1 + p * (ratio - 1)
    return p * ratio / scale, sd * ratio / scale**2


def tail_mean(
    mean: NDArray[np.floating], sd: NDArray[np.floating], tail: float
) -> NDArray[np.float64]:
    """Return the mean of sigmoid(N(mean, sd^2)) over its worst share ``tail``.

    The sigmoid rises, so its worst outcomes are those of the Gaussian: the integral runs over
    the Gaussian's lower tail, by Gauss-Legendre quadrature.

    Parameters
    ----------
    mean, sd
        Of the log-odds, one shape.
    tail
        alpha in (0, 1); towards 1 the plain mean.

    References
    ----------
    Rockafellar & Uryasev 2000, doi:10.21314/JOR.2000.038 (CVaR).
    """
    upper = float(ndtri(tail))
    lower = min(upper, 0.0) - 8.0
    points, widths = np.polynomial.legendre.leggauss(NODES)
    z = (upper + lower) / 2 + (upper - lower) / 2 * points
    weights = widths * np.exp(-(z**2) / 2)
    result = np.zeros(np.shape(mean))
    # node by node: the quadrature never holds more than a window
    for point, weight in zip(z, weights / weights.sum(), strict=True):
        result += weight * expit(mean + sd * point)
    return result


def _check_money(exploration_cost: float, discovery_value: float) -> None:
    if exploration_cost >= discovery_value:
        msg = (
            f"economics.exploration_cost = {exploration_cost:g} is not below "
            f"economics.discovery_value = {discovery_value:g}: testing a cell could never pay"
        )
        raise ConfigurationError(msg)
