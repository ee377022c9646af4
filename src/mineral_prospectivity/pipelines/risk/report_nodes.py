"""Nodes that publish: styles and the project of QGIS, and the report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from mineral_prospectivity.geo.context import without_context
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.parameters import Parameters
from mineral_prospectivity.reporting import qgis
from mineral_prospectivity.reporting.inputs import ReportInputs
from mineral_prospectivity.reporting.provenance import provenance
from mineral_prospectivity.reporting.report import render_report
from mineral_prospectivity.reporting.why import Reasons


def style_maps(prediction: Raster, returns: Raster, cells: pd.DataFrame) -> list[str]:
    """Return the QGIS style of every published map, in the order of `qgis.MAPS`."""
    prior = float(np.average(cells["label"], weights=cells["weight"]))
    styles = qgis.map_styles(prediction, returns, prior)
    return [styles[one.name] for one in qgis.MAPS]


def style_features(
    targets: gpd.GeoDataFrame, samples: gpd.GeoDataFrame, deposits: gpd.GeoDataFrame
) -> tuple[str, str, str]:
    """Return the QGIS styles of `qgis.FEATURES`."""
    return (
        qgis.targets_style(targets),
        qgis.samples_style(samples),
        qgis.deposits_style(deposits),
    )


def write_qgis_project(
    targets: gpd.GeoDataFrame,
    deposits: gpd.GeoDataFrame,
    evidence_stack: Raster,
    experiment: str,
    *styles: str,
) -> tuple[gpd.GeoDataFrame, Raster, bytes]:
    """Return the QGIS project, after the deposits and the evidence that lie beside it.

    All that the project shows is in its own folder, which can so be copied as it is. ``styles``
    holds those of `qgis.FEATURES`, then those of `qgis.MAPS`.
    """
    layers = without_context(evidence_stack)
    names = [*qgis.FEATURES, *(one.name for one in qgis.MAPS)]
    bands = zip(layers.bands, qgis.evidence_styles(layers), strict=True)
    project = qgis.ProjectInputs(
        name=experiment,
        grid=layers.grid,
        styles={**dict(zip(names, styles, strict=True)), "folds": qgis.folds_style(deposits)},
        evidence=tuple(bands),
        targets=targets,
    )
    return deposits, layers, qgis.project_file(project)


def write_report(
    *,
    prediction: Raster,
    categories: Raster,
    economics: Raster,
    targets: gpd.GeoDataFrame,
    next_samples: gpd.GeoDataFrame,
    deposits: gpd.GeoDataFrame,
    cells: pd.DataFrame,
    metrics: dict[str, Any],
    data_quality: dict[str, Any],
    risk_summary: dict[str, Any],
    members: dict[str, Any],
    timings: dict[str, dict[str, Any]],
    drivers: pd.DataFrame,
    importance: pd.DataFrame,
    latent: Raster,
    latent_view: Raster,
    parameters: dict[str, Any],
) -> str:
    """Return the report: where, how sure, what it is worth, and what could be wrong."""
    plain = Parameters.model_validate(parameters).model_dump(mode="json")
    origin = {name: told for name, told in members.items() if name != "made_with"}
    return render_report(
        ReportInputs(
            title=plain["experiment"],
            created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            prediction=prediction,
            categories=categories,
            economics=economics,
            targets=targets,
            next_samples=next_samples,
            deposits=deposits,
            cells=cells,
            metrics=metrics,
            quality=data_quality,
            risk=risk_summary,
            reasons=Reasons(drivers, importance, latent, latent_view),
            parameters=plain,
            provenance=provenance() | {"members": origin},
            timings={name: of for name, of in timings.items() if not name.endswith("write_report")},
        )
    )
