"""What testing a cell is worth, in the currency of the costs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, ndtri

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import window_cells
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.uq.undiscovered import discovery_probability, discovery_sd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from mineral_prospectivity.geo.grid import Window

INTERVAL = 0.9
"""Level of the bounds of p."""

NODES = 40
"""Gauss-Legendre nodes of the CVaR, right to 1e-8 V for alpha up to .5 and SDs up to 4."""

INPUTS = ("probability", "epistemic", "log_odds_mean", "log_odds_sd")

BANDS = (
    Band(
        "probability",
        description="Chance that testing the cell makes a discovery, 0 where a deposit is known",
    ),
    Band("probability_lower", description="Lower bound of the 90 % interval of that chance"),
    Band("probability_upper", description="Upper bound of the 90 % interval of that chance"),
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
    exploration_cost: float,
    discovery_value: float,
    risk_aversion: float,
    tail: float,
    per_known: float | None = None,
    per_cell: float = 1.0,
    known_cells: NDArray[np.integer] | None = None,
) -> Raster:
    """Return the economics of every cell as a lazy raster with the bands ``BANDS``.

    Parameters
    ----------
    maps
        With the bands ``probability``, ``epistemic``, ``log_odds_mean`` and ``log_odds_sd``.
    exploration_cost, discovery_value, risk_aversion, tail, per_known, per_cell
        As for :func:`economics`.
    known_cells
        Flat indices of the cells that hold a known deposit, any order.

    Raises
    ------
    ConfigurationError
        If C is not below V: testing could never pay.
    """
    source = maps.select(INPUTS)
    held = np.empty(0, dtype=np.int64) if known_cells is None else known_cells

    def read(window: Window) -> NDArray[np.float32]:
        result = economics(
            *source.read(window).astype(np.float64),
            exploration_cost=exploration_cost,
            discovery_value=discovery_value,
            risk_aversion=risk_aversion,
            tail=tail,
            per_known=per_known,
            per_cell=per_cell,
            known=np.isin(window_cells(maps.grid, window), held),
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
    exploration_cost: float,
    discovery_value: float,
    risk_aversion: float,
    tail: float,
    per_known: float | None = None,
    per_cell: float = 1.0,
    known: ArrayLike = False,
) -> CellEconomics:
    """Return what testing a cell is worth, and how sure that is.

    A model says that testing a cell makes a discovery with probability q_m, so it expects
    EV_m = q_m V - C; what is not known of the model makes EV_m uncertain. Its mean and SD come
    from the mean and the epistemic SD of p. Its tail and the bounds of q come from a Gaussian of
    the log-odds with the mean and SD of the ensemble, because maps keep no more of the mixture
    than these two moments. They leave out the latent posterior, which p includes: where it is wide,
    as that of ``model: cvae``, q may lie outside its bounds.

    Where a deposit is known there is nothing to discover: q is 0 and EV is -C.

    Parameters
    ----------
    probability, epistemic
        Mean over the models of the probability p of a known deposit, and its SD; any one shape.
    log_odds_mean, log_odds_sd
        Mean and SD of the log-odds over the models.
    exploration_cost, discovery_value
        Cost C of testing a cell and value V of a discovery, one currency.
    risk_aversion
        lambda of the risk-adjusted return EV - lambda SD.
    tail
        alpha of the CVaR, in (0, 1).
    per_known
        Undiscovered deposits for each known one, which q follows from; None takes q = p. See
        :mod:`mineral_prospectivity.uq.undiscovered`.
    per_cell
        Deposits that a positive cell stands for, which q is multiplied by: see
        :func:`~mineral_prospectivity.uq.undiscovered.deposits_per_cell`.
    known
        Where a deposit is known, 0/1, same shape.

    Raises
    ------
    ConfigurationError
        If C is not below V: testing could never pay.
    """
    _check_money(exploration_cost, discovery_value)
    held = np.asarray(known, dtype=bool) & ~np.isnan(probability)
    probability, epistemic = (np.where(held, 0.0, values) for values in (probability, epistemic))
    mean = np.where(held, -np.inf, np.asarray(log_odds_mean, dtype=np.float64))
    p = per_cell * discovery_probability(probability, per_known)
    sd = per_cell * discovery_sd(probability, epistemic, per_known)
    tail_chance = per_cell * tail_mean(mean, log_odds_sd, tail, per_known)
    reach = ndtri((1 + INTERVAL) / 2) * log_odds_sd
    value = discovery_value * p - exploration_cost
    risk = discovery_value * sd
    return CellEconomics(
        probability=p,
        probability_lower=per_cell * discovery_probability(expit(mean - reach), per_known),
        probability_upper=per_cell * discovery_probability(expit(mean + reach), per_known),
        expected_value=value,
        return_sd=risk,
        sharpe_ratio=np.divide(value, risk, out=np.full_like(value, np.nan), where=risk > 0),
        cvar=discovery_value * tail_chance - exploration_cost,
        drill=np.where(np.isnan(p), np.nan, p > exploration_cost / discovery_value),
        risk_adjusted_return=value - risk_aversion * risk,
    )


def tail_mean(
    mean: NDArray[np.floating],
    sd: NDArray[np.floating],
    tail: float,
    per_known: float | None = None,
) -> NDArray[np.float64]:
    """Return the mean chance of a discovery over its worst share ``tail``.

    With p = sigmoid(N(mean, sd^2)) the chance rises with the Gaussian, so its worst outcomes are
    those of the Gaussian: the integral runs over the Gaussian's lower tail, by Gauss-Legendre
    quadrature.

    Parameters
    ----------
    mean, sd
        Of the log-odds, one shape.
    tail
        alpha in (0, 1); towards 1 the mean over this Gaussian, which is not quite p: the members
        are a mixture, and p has the latent posterior as well.
    per_known
        As for :func:`economics`.

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
        result += weight * discovery_probability(expit(mean + sd * point), per_known)
    return result


def _check_money(exploration_cost: float, discovery_value: float) -> None:
    if exploration_cost >= discovery_value:
        msg = (
            f"exploration_cost = {exploration_cost:g} is not below "
            f"discovery_value = {discovery_value:g}: testing a cell could never pay"
        )
        raise ConfigurationError(msg)
