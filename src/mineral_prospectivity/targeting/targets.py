"""Targets: connected cells of high return as ranked polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import STRtree

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.polygons import zone_polygons
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.targeting.analogues import deposit_names
from mineral_prospectivity.targeting.categories import CATEGORIES
from mineral_prospectivity.targeting.zones import (
    Zones,
    ZoneStatistics,
    connected_zones,
    zone_statistics,
    zones_of_points,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.grid import Window

UNCERTAINTIES = ("aleatoric", "epistemic", "total")

MONEY = (
    "probability",
    "probability_lower",
    "probability_upper",
    "expected_value",
    "risk_adjusted_return",
)


class FoundTargets(NamedTuple):
    """Targets in order of rank, and their cells."""

    table: gpd.GeoDataFrame
    """In the CRS of the grid: ``rank``, ``target_id``, ``cells``, ``area_km2``;
    ``probability_mean``, ``probability_max``, ``probability_lower`` and ``probability_upper`` (of a
    discovery, as in the economics; the bounds are means of the cells' 90 % bounds, as if all cells
    erred together); ``expected_discoveries`` (sum of that chance: discoveries expected if every
    cell were tested); ``aleatoric``, ``epistemic`` and ``total`` (mean SD); ``expected_value`` and
    ``risk_adjusted_return`` (sums over all cells); ``cells_to_test``, ``testing_cost`` and
    ``testing_return`` (over the cells that pay); ``category`` (of most cells); ``known_deposits``
    inside; ``nearest_deposit`` and ``deposit_distance`` (m, 0 inside); ``geometry``."""
    zones: Zones
    """Their cells, in the same order."""


def find_targets(
    high_return: Raster,
    maps: Raster,
    economics: Raster,
    categories: Raster,
    *,
    deposits: gpd.GeoDataFrame,
    min_area: float,
    count: int,
    exploration_cost: float,
    name_column: str | None = None,
) -> FoundTargets:
    """Turn the cells of high return into ranked targets.

    A target is tested in those of its cells whose risk-adjusted return is above 0. What these
    cells return together ranks the targets; among targets without such a cell, and in ties, the
    mean probability does, then the position from the north west.

    Parameters
    ----------
    high_return
        A band ``high_return``: 1 in hot spots.
    maps
        Bands ``aleatoric``, ``epistemic`` and ``total`` (SD).
    economics
        As :func:`~mineral_prospectivity.targeting.appraisal.economics_map` gives it.
    categories
        As :func:`~mineral_prospectivity.targeting.categories.risk_return` gives it.
    deposits
        Known deposits: points in the CRS of the grid; may be empty.
    min_area
        Smallest target, m2.
    count
        Targets kept at most.
    exploration_cost
        Cost of testing a cell.
    name_column
        Column of ``deposits`` with their names; None takes the first text column.

    """
    zones = connected_zones(high_return.select(["high_return"]))
    area = abs(high_return.grid.resolution.x * high_return.grid.resolution.y)
    zones, number = _large_zones(zones, min_area / area)
    quantities = _cell_quantities(maps, economics, categories)
    statistics = zone_statistics(quantities, zones)
    table = _statistics_table(statistics, quantities, zones, area, exploration_cost)
    names = pd.Series([f"T{value:04d}" for value in number], dtype=object)  # there may be none
    table.insert(0, "target_id", names)
    order = _ranking(table)[:count]
    zones, table = zones.keep(order), table.iloc[order].reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    inside = zones_of_points(zones, deposits, high_return)
    table["known_deposits"] = np.bincount(inside, minlength=len(zones) + 1)[1:]
    targets = gpd.GeoDataFrame(
        table, geometry=_outlines(zones, high_return.grid), crs=str(high_return.grid.crs)
    )
    _add_nearest_deposits(targets, deposits, name_column)
    return FoundTargets(targets, zones)


def _large_zones(zones: Zones, min_cells: float) -> tuple[Zones, NDArray[np.intp]]:
    """Return the zones that are large enough, and the number each had on the whole map."""
    large = np.flatnonzero(zones.cells >= min_cells)
    return zones.keep(large), large + 1


def _cell_quantities(maps: Raster, economics: Raster, categories: Raster) -> Raster:
    """Stack what is summed over a target, with the cells that pay and one band a category."""
    uncertainty, money = maps.select(UNCERTAINTIES), economics.select(MONEY)

    def read(window: Window) -> NDArray[np.float64]:
        returns = money.read(window).astype(np.float64)
        pays = returns[-1] > 0
        value = categories.read(window)[0]
        kinds = [value == category.value for category in CATEGORIES]
        paying = np.stack([pays, np.where(pays, returns[-1], 0.0), *kinds])
        return np.concatenate([uncertainty.read(window), returns, paying])

    kinds = [category.name for category in CATEGORIES]
    names = [*UNCERTAINTIES, *MONEY, "pays", "paying_return", *kinds]
    return Raster(maps.grid, tuple(Band(name) for name in names), read)


def _statistics_table(
    statistics: ZoneStatistics, quantities: Raster, zones: Zones, area: float, cost: float
) -> pd.DataFrame:
    total = pd.DataFrame(statistics.sums, columns=list(quantities.names))
    mean = pd.DataFrame(statistics.means, columns=list(quantities.names))
    largest = statistics.largest[:, quantities.names.index("probability")]
    names = np.array([category.name for category in CATEGORIES], dtype=object)
    kind = total[list(names)].to_numpy().argmax(axis=1) if len(total) else np.empty(0, dtype=int)
    return pd.DataFrame(
        {
            "cells": zones.cells,
            "area_km2": zones.cells * area / 1e6,
            "probability_mean": mean["probability"],
            "probability_max": largest,
            "probability_lower": mean["probability_lower"],
            "probability_upper": mean["probability_upper"],
            "expected_discoveries": total["probability"],
            **{name: mean[name] for name in UNCERTAINTIES},
            "expected_value": total["expected_value"],
            "risk_adjusted_return": total["risk_adjusted_return"],
            "cells_to_test": total["pays"].astype(np.int64),
            "testing_cost": total["pays"] * cost,
            "testing_return": total["paying_return"],
            "category": names[kind],
        }
    )


def _ranking(table: pd.DataFrame) -> NDArray[np.intp]:
    return np.lexsort((-table["probability_mean"], -table["testing_return"]))


def _outlines(zones: Zones, grid: GeoBox) -> gpd.GeoSeries:
    return gpd.GeoSeries(zone_polygons(zones.labels, grid), crs=str(grid.crs))


def _add_nearest_deposits(
    targets: gpd.GeoDataFrame, deposits: gpd.GeoDataFrame, name_column: str | None
) -> None:
    """Add name and distance of the nearest deposit; both are missing where there is none."""
    targets["nearest_deposit"] = pd.Series(None, index=targets.index, dtype="object")
    targets["deposit_distance"] = np.nan
    if deposits.empty or targets.empty:
        return
    tree = STRtree(deposits.geometry.to_numpy())
    (_, nearest), distance = tree.query_nearest(
        targets.geometry.to_numpy(), return_distance=True, all_matches=False
    )
    targets["deposit_distance"] = distance
    names = deposit_names(deposits, name_column)
    if names is not None:
        targets["nearest_deposit"] = names[nearest]
