"""Nodes of data engineering."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
from odc.geo.geobox import GeoBox

from mineral_prospectivity.geo.checks import check_layers
from mineral_prospectivity.geo.context import with_context, without_context
from mineral_prospectivity.geo.evidence import layer_evidence, stack
from mineral_prospectivity.geo.layers import EvidenceLayer
from mineral_prospectivity.geo.quality import quality_report
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tabulate import evidence_table, valid_cells
from mineral_prospectivity.labels import lopsided_folds, split_by_evidence, without_evidence
from mineral_prospectivity.labels.deposit_density import density_table, with_deposit_density
from mineral_prospectivity.parameters import FoldParameters, GridParameters, LabelParameters
from mineral_prospectivity.pipelines.data_engineering.declared import (
    declared_cells,
    declared_deposits,
    declared_grid,
)
from mineral_prospectivity.vae.cross_fitting import left_out_folds


def define_grid(
    parameters: GridParameters,
    labels: LabelParameters,
    deposits: gpd.GeoDataFrame,
    *layers: EvidenceLayer,
) -> GeoBox:
    """Return the one grid of the experiment: as declared, or what all layers share.

    Layers and deposits that do not fit it are refused here, before work is spent on any.
    """
    grid = declared_grid(parameters, layers)
    check_layers(layers, grid, reproject=parameters.reproject)
    declared_deposits(deposits, grid, parameters, labels)
    return grid


def align_layer(layer: EvidenceLayer, grid: GeoBox, parameters: GridParameters) -> Raster:
    """Return the bands of one layer on the grid."""
    return layer_evidence(layer, grid, reproject=parameters.reproject)


def stack_evidence(
    cells: pd.DataFrame, grid: GridParameters, labels: LabelParameters, *aligned: Raster
) -> Raster:
    """Return all bands of all layers as one raster, their context, and what deposits make."""
    layers = stack(aligned)
    if grid.context:
        layers = with_context(layers, grid.context)
    if not labels.brownfield:
        return layers
    return with_deposit_density(layers, cells, min_coverage=grid.min_coverage)


def label_cells(
    deposits: gpd.GeoDataFrame,
    grid: GridParameters,
    labels: LabelParameters,
    folds: FoldParameters,
    *aligned: Raster,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame, dict[str, Any]]:
    """Return the table of cells, the deposits on it, and what was left out and why."""
    layers = stack(aligned)
    selected, report = declared_deposits(deposits, layers.grid, grid, labels)
    valid = valid_cells(layers, grid.min_coverage)
    cells, located = declared_cells(layers.grid, valid, selected, labels, folds)
    _, without = split_by_evidence(layers.grid, valid, selected)
    lost = [without_evidence(without, len(selected))] if without else []
    told = {"without_evidence": without, "messages": [*report["messages"], *lost]}
    return cells, located, {**report, **told}


def tabulate_evidence(
    evidence_stack: Raster, cells: pd.DataFrame, labels: LabelParameters, folds: FoldParameters
) -> pd.DataFrame:
    """Return the evidence of the cells of the table, row by row.

    Where the density of known deposits is evidence, it stands there as each fit may know it.
    """
    table = evidence_table(evidence_stack, cells["cell"].to_numpy())
    if not labels.brownfield:
        return table
    plan = left_out_folds(folds.count, nested=True)
    return table.assign(**density_table(cells, plan).reset_index(drop=True))


def report_quality(
    evidence_stack: Raster,
    cells: pd.DataFrame,
    label_report: dict[str, Any],
    grid: GridParameters,
    labels: LabelParameters,
    folding: FoldParameters,
) -> dict[str, Any]:
    """Return what the evidence, the deposits and the folds are like, and what was lost and why.

    It says as well with which parameters all of it was made.
    """
    made_with = {"grid": grid, "labels": labels, "folds": folding}
    folds = cells.groupby("fold").agg(
        cells=("weight", "sum"), positive=("label", "sum"), deposits=("deposits", "sum")
    )
    folds["clusters"] = cells[cells["cluster"] >= 0].groupby("fold")["cluster"].nunique()
    report = quality_report(without_context(evidence_stack), min_coverage=grid.min_coverage)
    return {
        **report,
        "findings": [*lopsided_folds(cells), *report["findings"]],
        "deposits": label_report,
        "folds": folds.reset_index().to_dict("records"),
        "made_with": {name: group.model_dump(mode="json") for name, group in made_with.items()},
    }
