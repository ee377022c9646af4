"""Four categories of a cell: high or low return, high or low risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import cells_of_points
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.targeting.ground import map_quantile

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.grid import Window

RiskMeasure = Literal["log_odds_sd", "relative", "bernoulli_relative"]


@dataclass(frozen=True)
class Category:
    """A value of the category raster: its name, and its colour on every map."""

    value: int
    name: str
    colour: str


CATEGORIES = (
    Category(1, "low return, low risk", "#E3E3E3"),
    Category(2, "low return, high risk", "#A6A6A6"),
    Category(3, "high return, high risk", "#E69F00"),
    Category(4, "high return, low risk", "#0072B2"),
)
"""0 is no data. Greys are low return; the two hues differ for every kind of colour vision."""

BAND = Band("risk_return", description="Category of return and risk; 0 is no data")


@dataclass(frozen=True)
class RiskReturn:
    """The category raster (uint8), and the risk above which a cell counts as high risk."""

    map: Raster
    threshold: float
    measure: RiskMeasure


def risk_return(
    high_return: Raster,
    maps: Raster,
    *,
    measure: RiskMeasure,
    threshold: float | None,
    quantile: float,
) -> RiskReturn:
    """Sort the cells into the four categories of return and risk.

    Parameters
    ----------
    high_return
        A band ``high_return``: 1 where the hot spot is significant, 0 elsewhere, NaN outside.
    maps
        Bands ``probability``, ``epistemic`` and ``log_odds_sd``.
    measure
        ``log_odds_sd``, ``relative`` (epistemic SD / p, which explodes as p falls to 0) or
        ``bernoulli_relative`` (epistemic SD / sqrt(p(1 - p)), within [0, 1]).
    threshold
        Risk is high above this value; None takes the quantile.
    quantile
        Of the risk over the map.

    Raises
    ------
    ConfigurationError
        If no cell has a risk to take the quantile of.
    """
    risk = risk_surface(maps, measure)
    limit = map_quantile(risk, quantile) if threshold is None else threshold
    marks = high_return.select(["high_return"])

    def read(window: Window) -> NDArray[np.uint8]:
        high, sigma = (source.read(window).astype(np.float64) for source in (marks, risk))
        # 1 and 2 are low return, 4 and 3 high: the risk counts the other way round there
        value = np.where(high > 0, np.where(sigma > limit, 3, 4), np.where(sigma > limit, 2, 1))
        return np.where(np.isfinite(high) & np.isfinite(sigma), value, 0).astype(np.uint8)

    names = tuple((category.value, category.name) for category in CATEGORIES)
    colours = tuple((category.value, category.colour) for category in CATEGORIES)
    return RiskReturn(Raster(maps.grid, (BAND,), read, names, colours), limit, measure)


def risk_surface(maps: Raster, measure: RiskMeasure) -> Raster:
    """Return the risk of each cell, one band, NaN where the measure is not defined (p is 0)."""
    if measure == "log_odds_sd":
        return maps.select(["log_odds_sd"])
    source = maps.select(["probability", "epistemic"])

    def read(window: Window) -> NDArray[np.float32]:
        mu, sigma = source.read(window).astype(np.float64)
        scale = mu if measure == "relative" else np.sqrt(mu * (1 - mu))
        risk = np.divide(sigma, scale, out=np.full_like(mu, np.nan), where=scale > 0)
        return np.asarray(risk[None], dtype=np.float32)

    return Raster(maps.grid, (Band(measure, description="Relative uncertainty"),), read)


def category_table(categories: Raster, deposits: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what each category holds: cells, area, share of the area, deposits and lift.

    The deposits are those that the labels were made of: this says how the map fits them, and
    not how it would find new ones.

    Parameters
    ----------
    categories
        As :func:`risk_return` gives it.
    deposits
        Points in the CRS of the grid.

    Returns
    -------
    DataFrame
        A row a category, in the order of ``CATEGORIES``; ``deposit_share`` is NaN where no deposit
        lies on the map, and ``lift``, the share of the deposits over the share of the area, there
        and for an empty category.
    """
    cells = np.zeros(len(CATEGORIES) + 1, dtype=np.int64)
    found = np.zeros_like(cells)
    place = cells_of_points(categories.grid, deposits.geometry.x, deposits.geometry.y)
    row, col = np.divmod(place, categories.grid.shape.x)
    for window, block in categories.blocks():
        cells += np.bincount(block.ravel(), minlength=cells.size)
        here = (row >= window.row) & (row < window.row + window.height) & (place >= 0)
        here &= (col >= window.col) & (col < window.col + window.width)
        inside = block[0, row[here] - window.row, col[here] - window.col]
        found += np.bincount(inside, minlength=cells.size)
    resolution = abs(categories.grid.resolution.x * categories.grid.resolution.y)
    table = pd.DataFrame(
        {
            "category": [category.name for category in CATEGORIES],
            "cells": cells[1:],
            "area_km2": cells[1:] * resolution / 1e6,
            "area_share": cells[1:] / max(cells[1:].sum(), 1),
            "deposits": found[1:],
            "deposit_share": found[1:] / (found[1:].sum() or np.nan),
        }
    )
    return table.assign(lift=table.deposit_share / table.area_share.where(table.cells > 0))
