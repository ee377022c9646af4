"""Nodes of the risk-return analysis."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mineral_prospectivity.errors import OutdatedError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.context import without_context
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tabulate import evidence_table, raster_of_cells
from mineral_prospectivity.labels import require_same_cells, require_same_data, require_same_grid
from mineral_prospectivity.labels.deposit_density import as_mapped
from mineral_prospectivity.parameters import (
    EconomicsParameters,
    EvaluationParameters,
    HotSpotParameters,
    RiskCategoryParameters,
    SampleParameters,
    TargetParameters,
)
from mineral_prospectivity.scoring.evaluation.scored import or_absent
from mineral_prospectivity.scoring.undiscovered import undiscovered_sensitivity
from mineral_prospectivity.scoring.zones import require_every_cell, zone_capture
from mineral_prospectivity.targeting import (
    Background,
    best_ground,
    category_table,
    economics_map,
    explain_targets,
    find_targets,
    hot_spots,
    next_samples,
    risk_return,
    select_targets,
)
from mineral_prospectivity.targeting.zones import Zones, zone_statistics
from mineral_prospectivity.uq.undiscovered import deposits_per_cell, undiscovered_per_known
from mineral_prospectivity.vae.data import TrainingData

AGAIN = "training, uncertainty and evaluation"
"""What has to run again before a risk analysis of other data."""


def find_hot_spots(
    prediction: Raster, parameters: HotSpotParameters
) -> tuple[Raster, dict[str, Any]]:
    """Return Gi* of the surface, and how many cells are significant."""
    surface = prediction.select([parameters.band])
    found = hot_spots(surface, radius=parameters.radius, significance=parameters.significance)
    share = found.significant / found.cells
    return found.map, {
        "critical_p": found.critical_p,
        "cells": found.cells,
        "significant": found.significant,
        "area_share": share,
    }


def score_zones(
    hot_spot_map: Raster,
    oof_predictions: pd.DataFrame,
    cells: pd.DataFrame,
    parameters: HotSpotParameters,
    evaluation: EvaluationParameters,
) -> dict[str, Any]:
    """Return which share of the deposits the high-return zones hold, as fit and held out.

    The zones of the fit come from a map that saw these deposits. The held-out zones come from a
    map of which every cell was predicted by fits that never saw its block.
    """
    grid = hot_spot_map.grid
    require_same_grid(cells, grid, "hot spots", "training and uncertainty")
    require_same_cells(oof_predictions, cells, "predictions of the ensemble", AGAIN)
    scored = oof_predictions["cell"].to_numpy()

    def capture(zones: Raster) -> dict[str, Any]:
        inside = evidence_table(zones.select(["high_return"]), scored)["high_return"] == 1
        return zone_capture(
            oof_predictions,
            inside.to_numpy(),
            replicates=evaluation.bootstrap,
            confidence=evaluation.confidence,
            seed=evaluation.seed,
        ).to_dict()

    def held_out() -> dict[str, Any]:
        require_every_cell(oof_predictions)
        values = oof_predictions[parameters.band].to_numpy()
        surface = raster_of_cells(grid, scored, values, Band(parameters.band))
        found = hot_spots(surface, radius=parameters.radius, significance=parameters.significance)
        return capture(found.map)

    return {"fit": or_absent(capture, hot_spot_map), "held_out": or_absent(held_out)}


def categorise(
    hot_spot_map: Raster, prediction: Raster, parameters: RiskCategoryParameters
) -> tuple[Raster, dict[str, Any]]:
    """Return the category of each cell, and the risk that splits low from high."""
    result = risk_return(
        hot_spot_map,
        prediction,
        measure=parameters.measure,
        threshold=parameters.threshold,
        quantile=parameters.quantile,
    )
    return result.map, {"measure": parameters.measure, "threshold": result.threshold}


def appraise(
    prediction: Raster, cells: pd.DataFrame, parameters: EconomicsParameters
) -> tuple[Raster, Raster]:
    """Return the economics of every cell, and the risk-adjusted return as a map of its own."""
    require_same_grid(cells, prediction.grid, "prediction", "training and uncertainty")
    deposits, known = int(cells["deposits"].sum()), _known_cells(cells)
    economics = economics_map(
        prediction,
        exploration_cost=parameters.exploration_cost,
        discovery_value=parameters.discovery_value,
        risk_aversion=parameters.risk_aversion,
        tail=parameters.tail,
        per_known=undiscovered_per_known(parameters.undiscovered_deposits, deposits),
        per_cell=deposits_per_cell(deposits, known.size),
        known_cells=known,
    )
    return economics, economics.select(["risk_adjusted_return"])


def weigh_undiscovered(
    oof_predictions: pd.DataFrame, parameters: EconomicsParameters
) -> dict[str, Any]:
    """Return the held-out claims for several numbers of undiscovered deposits."""
    return undiscovered_sensitivity(
        oof_predictions,
        undiscovered=parameters.undiscovered_deposits,
        exploration_cost=parameters.exploration_cost,
        discovery_value=parameters.discovery_value,
    )


def rank_targets(
    *,
    hot_spot_map: Raster,
    prediction: Raster,
    economics: Raster,
    categories: Raster,
    attribution: Raster,
    evidence_stack: Raster,
    members: dict[str, Any],
    cells: pd.DataFrame,
    evidence: pd.DataFrame,
    dissimilarity: Raster,
    latent: Raster,
    deposits: gpd.GeoDataFrame,
    parameters: TargetParameters,
    money: EconomicsParameters,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the ranked targets with their reasons and those that the budget buys.

    As polygons and as a table; then what drives each, and the deposits it resembles. What the
    layers show around a target is told where members read it.
    """
    now = TrainingData.from_tables(cells, evidence, evidence_stack.bands).digest()
    require_same_data(members["training_data"], now, "members", AGAIN)
    read = evidence_stack if members.get("context_readers") else without_context(evidence_stack)
    ground = best_ground(hot_spot_map, prediction, parameters.area_share)
    found = find_targets(
        ground,
        prediction,
        economics,
        categories,
        deposits=deposits,
        min_area=parameters.min_area,
        count=parameters.count,
        exploration_cost=money.exploration_cost,
    )
    _require_explained(attribution, found.zones, parameters.area_share)
    why = explain_targets(
        *found,
        maps=prediction,
        economics=economics,
        attribution=attribution,
        evidence=read,
        background=Background.of(cells, as_mapped(evidence, read), read.bands),
        dissimilarity=dissimilarity,
        latent=latent,
        deposits=deposits,
    )
    targets = select_targets(why.targets, budget=parameters.budget, spacing=parameters.spacing)
    centres = targets.geometry.representative_point()
    table = pd.DataFrame(targets.drop(columns="geometry")).assign(x=centres.x, y=centres.y)
    return targets, table, why.drivers, why.analogues


def _require_explained(attribution: Raster, zones: Zones, area_share: float) -> None:
    """Raise an error when targets reach beyond the ground that uncertainty has explained."""
    first = attribution.select(attribution.names[:1])
    missing = int((zones.cells - zone_statistics(first, zones).counts[:, 0]).sum())
    if missing:
        msg = (
            f"attribution: {missing} of {zones.cells.sum()} cells of targets are not explained; it "
            f"was made for less ground than risk.targets.area_share = {area_share:g}. Run "
            "uncertainty again"
        )
        raise OutdatedError(msg)


def propose_samples(
    prediction: Raster, cells: pd.DataFrame, parameters: SampleParameters
) -> gpd.GeoDataFrame:
    """Return the sites whose label would tell most about the models."""
    require_same_grid(cells, prediction.grid, "prediction", "training and uncertainty")
    return next_samples(
        prediction, _known_cells(cells), count=parameters.count, spacing=parameters.spacing
    )


def _known_cells(cells: pd.DataFrame) -> NDArray[np.int64]:
    """Return the cells that known deposits make positive, whose label nothing can add to."""
    return cells.loc[cells["label"] == 1, "cell"].to_numpy(np.int64)


def summarise_risk(
    categories: Raster,
    deposits: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    hot_spot_summary: dict[str, Any],
    zone_scores: dict[str, Any],
    risk_split: dict[str, Any],
    undiscovered: dict[str, Any],
) -> dict[str, Any]:
    """Return what the categories hold, the thresholds behind them and the budget's choice."""
    table = category_table(categories, deposits)
    chosen = targets[targets["selected"]]
    return {
        "hot_spots": hot_spot_summary,
        "zones": zone_scores,
        "risk": risk_split,
        "categories": table.astype(object).where(table.notna(), None).to_dict("records"),
        "targets": {
            "found": len(targets),
            "selected": len(chosen),
            "funded_cost": float(chosen["funded_cost"].sum()),
            "funded_return": float(chosen["funded_return"].sum()),
        },
        "undiscovered": undiscovered,
    }
