"""The law by which deposits depend on what the layers show, and on what no layer shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rasterio.enums import Resampling
from rasterio.warp import reproject
from scipy.optimize import brentq
from scipy.special import expit

from mineral_prospectivity.simulation.geology import LITHOLOGY, distance_to_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.simulation.instruments import Layer

NODES = 32
"""Gauss-Hermite nodes: the error is far below single precision."""

QUANTILES = 64

INDEPENDENT = "conductivity"
"""The one layer that matters and is independent of all others."""

LITHOLOGY_EFFECT = {1: 0.0, 2: -0.8, 3: 0.4, 4: 0.6, 5: 1.0, 6: -1.0}


@dataclass(frozen=True)
class Effect:
    """One term of the log-odds.

    Parameters
    ----------
    layers
        The layers whose values it needs.
    values
        Log-odds, shape ``(rows, columns)`` of the experiment's grid.
    """

    layers: tuple[str, ...]
    values: NDArray[np.float64]


def effects(grid: GeoBox, layers: Sequence[Layer], faults: gpd.GeoDataFrame) -> list[Effect]:
    """Return the terms of the log-odds of a deposit in a cell that the layers determine.

    With d the distance to the nearest fault in km and every other symbol the layer's value in
    its unit, the terms are

    * faults: ``2 exp(-d / 1.5)``
    * lithology: the share of each unit in the cell times its entry of ``LITHOLOGY_EFFECT``
    * magnetics: ``1.3 exp(-((T - 330) / 130)^2)``: neither low nor extreme
    * gravity: ``-0.5 tanh(g / 80)``
    * potassium near faults: ``2 s((K - 2.6) / 0.35) exp(-d / 2.5)``, s the logistic function
    * copper: ``1.2 tanh(ln(Cu / 45) / 0.5)``
    * gold with arsenic: ``1.5 s(ln(Au / 3.5) / 0.4) s(ln(As / 10) / 0.4)``
    * conductivity: ``1.3 exp(-(ln(c / 50) / 0.5)^2)``

    A term is 0 where one of its layers has no value.

    Parameters
    ----------
    grid
        Grid of the experiment.
    layers
        All raster layers of the region.
    faults
        Fault traces.
    """
    by_name = {layer.name: layer for layer in layers}
    seen = {name: align(by_name[name], grid) for name in by_name if name != "lithology"}
    km = distance_to_lines(faults, grid) / 1000.0
    shares = class_shares(by_name["lithology"], grid)
    rocks = sum(LITHOLOGY_EFFECT[code] * share for code, share in shares.items())
    log = {name: np.log(seen[name]) for name in ("copper", "gold", "arsenic", "conductivity")}
    near = np.exp(-km / 2.5)
    precious = expit((log["gold"] - np.log(3.5)) / 0.4) * expit((log["arsenic"] - np.log(10)) / 0.4)
    terms = [
        Effect(("faults",), 2.0 * np.exp(-km / 1.5)),
        Effect(("lithology",), np.asarray(rocks)),
        Effect(("magnetics",), 1.3 * np.exp(-(((seen["magnetics"] - 330) / 130) ** 2))),
        Effect(("gravity",), -0.5 * np.tanh(seen["gravity"] / 80)),
        Effect(("potassium", "faults"), 2.0 * expit((seen["potassium"] - 2.6) / 0.35) * near),
        Effect(("copper",), 1.2 * np.tanh((log["copper"] - np.log(45)) / 0.5)),
        Effect(("gold", "arsenic"), 1.5 * precious),
        Effect((INDEPENDENT,), 1.3 * np.exp(-(((log["conductivity"] - np.log(50)) / 0.5) ** 2))),
    ]
    return [Effect(term.layers, np.nan_to_num(term.values, nan=0.0)) for term in terms]


def align(layer: Layer, grid: GeoBox) -> NDArray[np.float64]:
    """Return a layer on the experiment's grid: area mean of finer pixels, bilinear in coarser."""
    finer = layer.grid.resolution.x < grid.resolution.x
    return _warp(layer, layer.values, grid, Resampling.average if finer else Resampling.bilinear)


def class_shares(layer: Layer, grid: GeoBox) -> dict[int, NDArray[np.float64]]:
    """Return the share of each cell that each class covers."""
    return {
        code: _warp(layer, (layer.values == code).astype(float), grid, Resampling.average)
        for code in LITHOLOGY
    }


def _warp(
    layer: Layer, values: NDArray[np.float64], grid: GeoBox, resampling: Resampling
) -> NDArray[np.float64]:
    aligned = np.full((grid.shape.y, grid.shape.x), np.nan)
    crs = str(grid.crs)
    reproject(
        values,
        aligned,
        src_transform=layer.grid.transform,
        src_crs=crs,
        src_nodata=np.nan,
        dst_transform=grid.transform,
        dst_crs=crs,
        dst_nodata=np.nan,
        resampling=resampling,
    )
    return aligned


def find_intercept(log_odds: NDArray[np.float64], deviation: float, prevalence: float) -> float:
    """Return the intercept that makes the mean probability given the layers the prevalence.

    Parameters
    ----------
    log_odds
        What the layers say; any shape.
    deviation
        Standard deviation of the hidden field's log-odds.
    prevalence
        The mean wanted.
    """

    def excess(intercept: float) -> float:
        return float(marginal_probability(log_odds + intercept, deviation).mean()) - prevalence

    return float(brentq(excess, -60.0, 60.0, xtol=1e-10))


def marginal_probability(log_odds: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    """Return the probability when a normal field that no layer shows is averaged out.

    Parameters
    ----------
    log_odds
        What the layers say, intercept included; any shape.
    deviation
        Standard deviation of the hidden field's log-odds.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    total = np.zeros_like(log_odds)
    for node, weight in zip(nodes, weights, strict=True):
        total += weight * expit(log_odds + deviation * node)
    return total


def given_layers(
    terms: Sequence[Effect], omitted: Sequence[str], intercept: float, deviation: float
) -> NDArray[np.float64] | None:
    """Return the probability of a deposit given the layers that are not omitted.

    The effect of :data:`INDEPENDENT`, if omitted, is averaged over the values that it takes in
    the region, which is exact because no other layer tells anything of it. Of any other omitted
    layer the rest do tell something, which has no closed form: then there is no answer.

    Parameters
    ----------
    terms
        The terms of the log-odds.
    omitted
        Names of the layers left out.
    intercept
        Intercept of the log-odds.
    deviation
        Standard deviation of the hidden field's log-odds.

    Returns
    -------
    ndarray or None
        Shape ``(rows, columns)``; None where it cannot be computed.
    """
    hidden = [term for term in terms if set(term.layers) & set(omitted)]
    if any(term.layers != (INDEPENDENT,) for term in hidden):
        return None
    log_odds = intercept + sum(term.values for term in terms if term not in hidden)
    if not hidden:
        return marginal_probability(np.asarray(log_odds), deviation)
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    values = np.quantile(hidden[0].values, levels)
    averaged = [marginal_probability(log_odds + value, deviation) for value in values]
    return np.asarray(np.mean(averaged, axis=0))


def log_odds_of(terms: Sequence[Effect]) -> NDArray[np.float64]:
    """Return the sum of the terms."""
    return np.asarray(sum(term.values for term in terms))
