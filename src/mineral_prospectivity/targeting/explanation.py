"""Why here: what drives each target, which deposits it resembles, how unlike the rest it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import cell_centres
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tabulate import evidence_table
from mineral_prospectivity.targeting.analogues import LatentDeposits, percentile_among, places
from mineral_prospectivity.targeting.standing import Background, Reading, read_layers
from mineral_prospectivity.targeting.zones import Zones, best_cells, zone_statistics

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.grid import Window

DRIVERS_NAMED = 3
ANALOGUES = 3
LEAST_NAMED = 0.05
"""Log-odds below which a layer is not called a driver."""


@dataclass(frozen=True)
class Explanation:
    """Targets with their reasons, and the reasons as tables.

    Parameters
    ----------
    targets
        The targets with ``drivers`` (layers that add or take most log-odds, and what they show
        there), ``similar_deposits`` and ``latent_distance`` (to the most similar deposit outside
        the target), ``dissimilarity`` and ``novelty`` (percentiles, of the best cell),
        ``unlike_training`` (dissimilarity index of the best cell; above 1 it lies outside the
        area of applicability), ``outside_applicability`` (share of the cells that do),
        ``best_x`` and ``best_y``, the centre of the best cell: where a discovery is most
        probable, so none with a known deposit; where no cell has a chance of one, where a
        deposit is; and ``best_lower`` and ``best_upper``, the 90 % interval of the chance there.
    drivers
        One row a target and layer: ``target_id, layer, contribution`` (mean over the target's
        cells, log-odds), ``at_best_cell, share`` (of all that the layers add and take), and what
        the layer shows there: ``reading, band, value, unit, typical, percentile``, as
        :class:`~mineral_prospectivity.targeting.standing.Reading` has them.
    analogues
        One row a target, place (``best cell`` or ``mean``) and order: ``target_id, place, order,
        deposit, deposit_cell, latent_distance, dissimilarity``.
    """

    targets: gpd.GeoDataFrame
    drivers: pd.DataFrame
    analogues: pd.DataFrame


def explain_targets(
    targets: gpd.GeoDataFrame,
    zones: Zones,
    *,
    maps: Raster,
    economics: Raster,
    attribution: Raster,
    evidence: Raster,
    background: Background,
    dissimilarity: Raster,
    latent: Raster,
    deposits: gpd.GeoDataFrame,
    name_column: str | None = None,
) -> Explanation:
    """Say for each target which layers drive it and which known deposits it resembles.

    Parameters
    ----------
    targets
        As :func:`~mineral_prospectivity.targeting.targets.find_targets` gives them.
    zones
        The targets' cells.
    maps
        With the bands ``probability`` and ``novelty``.
    economics
        With the bands ``probability``, ``probability_lower`` and ``probability_upper``, of a
        discovery: see
        :func:`~mineral_prospectivity.targeting.appraisal.economics_map`.
    attribution
        What each layer adds to the log-odds, one band a layer; NaN in cells not explained.
    evidence, background
        The evidence stack, and the ground that the targets' evidence is held against.
    dissimilarity
        Dissimilarity index of each cell over the largest inside the area of applicability: see
        :meth:`~mineral_prospectivity.scoring.validity.applicability.AreaOfApplicability.map`.
    latent
        Latent components, one a band.
    deposits
        Known deposits with ``cell`` and ``cluster``; may be empty.
    name_column
        Column of ``deposits`` with their names; None takes the first text column.

    Returns
    -------
    Explanation
        The **dissimilarity** of a target is the percentile of the distance to its most similar
        deposit outside it, among the distances of known deposits to the most similar deposit of
        another cluster: 50 is as like a known deposit as those are like each other, above 95
        hardly any pair is so unlike.
    """
    best = _best_cells(economics.select(["probability"]), maps.select(["probability"]), zones)
    shown = read_layers(evidence, zones, background, attribution.names)
    drivers = _drivers(targets, zones, attribution, best, shown)
    analogues = _analogues(
        targets, zones, latent, best, LatentDeposits.of(deposits, latent, name_column)
    )
    first = analogues[(analogues["place"] == "best cell")]
    nearest = first[first["order"] == 1].set_index("target_id")
    named = first.groupby("target_id", sort=False)["deposit"].agg("; ".join)
    ids = targets["target_id"]
    x, y = cell_centres(maps.grid, best)
    interval = evidence_table(economics.select(["probability_lower", "probability_upper"]), best)
    explained = targets.assign(
        drivers=_driver_texts(drivers, ids),
        similar_deposits=named.reindex(ids).fillna("").to_numpy(object),
        latent_distance=nearest["latent_distance"].reindex(ids).to_numpy(np.float64),
        dissimilarity=nearest["dissimilarity"].reindex(ids).to_numpy(np.float64),
        best_x=x,
        best_y=y,
        best_lower=interval["probability_lower"].to_numpy(np.float64),
        best_upper=interval["probability_upper"].to_numpy(np.float64),
        novelty=evidence_table(maps.select(["novelty"]), best)["novelty"].to_numpy(np.float64),
        unlike_training=evidence_table(dissimilarity, best).iloc[:, -1].to_numpy(np.float64),
        outside_applicability=zone_statistics(_outside(dissimilarity), zones).means[:, 0],
    )
    return Explanation(explained, drivers, analogues)


def _outside(dissimilarity: Raster) -> Raster:
    """Return 1 where a cell lies outside the area of applicability, 0 inside, NaN for no data."""

    def read(window: Window) -> NDArray[np.float32]:
        unlike = dissimilarity.read(window).astype(np.float32)
        return np.where(np.isnan(unlike), np.nan, unlike > 1).astype(np.float32)

    return Raster(dissimilarity.grid, (Band("outside"),), read)


def _best_cells(discovery: Raster, deposit: Raster, zones: Zones) -> NDArray[np.int64]:
    """Return each zone's cell of the highest chance of a discovery, or else of a deposit."""
    best = best_cells(discovery, zones)
    possible = evidence_table(discovery, best)["probability"].to_numpy() > 0
    return np.where(possible, best, best_cells(deposit, zones))


def _drivers(
    targets: gpd.GeoDataFrame,
    zones: Zones,
    attribution: Raster,
    best: NDArray[np.int64],
    shown: list[list[Reading]],
) -> pd.DataFrame:
    mean = zone_statistics(attribution, zones).means
    at_best = evidence_table(attribution, best).drop(columns="cell").to_numpy(np.float64)
    size = np.abs(mean).sum(axis=1, keepdims=True)
    layers = len(attribution.names)
    added = pd.DataFrame(
        {
            "target_id": np.repeat(targets["target_id"].to_numpy(object), layers),
            "layer": np.tile(np.array(attribution.names, object), len(targets)),
            "contribution": mean.ravel(),
            "at_best_cell": at_best.ravel(),
            "share": np.divide(
                np.abs(mean), size, out=np.full_like(mean, np.nan), where=size > 0
            ).ravel(),
        }
    )
    readings = [one for zone in shown for one in zone]
    return added.join(pd.DataFrame(readings, columns=Reading._fields))


def _driver_texts(drivers: pd.DataFrame, ids: pd.Series) -> list[str]:
    """Return texts such as ``"high copper, 92 ppm (+1.4); near faults, 310 m (+1.2)"``."""
    by_target = dict(list(drivers.groupby("target_id", sort=False)))
    texts = []
    for target in ids:
        rows = by_target[target]
        order = np.argsort(-rows["contribution"].abs().to_numpy(), kind="stable")[:DRIVERS_NAMED]
        largest = rows.iloc[order]
        named = largest[largest["contribution"].abs() >= LEAST_NAMED]
        texts.append("; ".join(_driver_text(row) for row in named.itertuples()))
    return texts


def _driver_text(row: Any) -> str:
    value = "" if np.isnan(row.value) else f", {_quantity(row.value, row.unit)}"
    return f"{row.reading}{value} ({row.contribution:+.1f})"


def _quantity(value: float, unit: str) -> str:
    """Return a value with its unit, to three digits.

    Examples
    --------
    >>> _quantity(92.26, "ppm"), _quantity(12_345.6, "m"), _quantity(0.5, "")
    ('92.3 ppm', '12,346 m', '0.5')
    """
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004
    return f"{text} {unit}".rstrip()


def _analogues(
    targets: gpd.GeoDataFrame,
    zones: Zones,
    latent: Raster,
    best: NDArray[np.int64],
    deposits: LatentDeposits,
) -> pd.DataFrame:
    reference = deposits.among_themselves()
    inside = zones.labels.ravel()[deposits.cells]
    own = inside == np.arange(1, len(zones) + 1)[:, None]
    means = zone_statistics(latent, zones).means
    parts = []
    for place, at in (("best cell", places(latent, best)), ("mean", means)):
        gap = np.where(own, np.inf, deposits.distances(at))
        order = np.argsort(gap, axis=1, kind="stable")[:, :ANALOGUES]
        distance = np.take_along_axis(gap, order, axis=1)
        part = pd.DataFrame(
            {
                "target_id": np.repeat(targets["target_id"].to_numpy(object), order.shape[1]),
                "place": place,
                "order": np.tile(np.arange(1, order.shape[1] + 1), len(targets)),
                "deposit": deposits.names[order.ravel()].astype(str).astype(object),
                "deposit_cell": deposits.cells[order.ravel()],
                "latent_distance": distance.ravel(),
                "dissimilarity": percentile_among(distance.ravel(), reference),
            }
        )
        parts.append(part.loc[np.isfinite(part["latent_distance"])])
    joined: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return joined
