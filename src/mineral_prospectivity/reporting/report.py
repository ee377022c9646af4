"""The report: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mineral_prospectivity import reporting
from mineral_prospectivity.reporting import findings, score_tables, tables
from mineral_prospectivity.reporting.caveats import caveats
from mineral_prospectivity.reporting.comparisons import (
    all_names,
    comparisons,
    ensemble_first,
    few_clusters,
    headline_names,
    unsupported_claims,
    worse_than,
)
from mineral_prospectivity.reporting.figures import report_figures
from mineral_prospectivity.reporting.thumbnails import ReportMaps, thumbnail
from mineral_prospectivity.reporting.undiscovered import undiscovered_section
from mineral_prospectivity.reporting.validity import validity_section
from mineral_prospectivity.reporting.web_map import web_map
from mineral_prospectivity.reporting.why_section import why_section
from mineral_prospectivity.reporting.words import is_absent
from mineral_prospectivity.reporting.worth import is_example, what_worth
from mineral_prospectivity.scoring.baselines import CONTEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mineral_prospectivity.reporting.inputs import ReportInputs

TARGETS_SHOWN = 10
"""Targets in the main table; the rest can be unfolded."""


def render_report(inputs: ReportInputs) -> str:
    """Return the report as one HTML page: styles and figures inside, nothing fetched.

    It speaks to the geologist first (where, how sure, what worth, what could be wrong), then to
    the statistician, then to the engineer. The same inputs give the same text.

    Parameters
    ----------
    inputs
        What the report tells of; maps are read block by block and thinned.
    """
    inputs = replace(inputs, metrics=ensemble_first(inputs.metrics))
    maps = ReportMaps(
        thumbnail(inputs.prediction),
        thumbnail(inputs.categories),
        thumbnail(inputs.economics.select(["risk_adjusted_return"])),
    )
    return _environment().get_template("report.html").render(
        title=inputs.title,
        created=inputs.created,
        grid=inputs.quality["grid"],
        scored=inputs.metrics["scored"],
        notes=inputs.metrics["notes"],
        context_offered=any(name.endswith(CONTEXT) for name in inputs.metrics["models"]),
        figures=report_figures(inputs, maps),
        targets_shown=TARGETS_SHOWN,
        web_map=web_map(inputs, maps),
        map_targets=tables.map_target_rows(inputs.targets),
        **_for_the_geologist(inputs, caveats(
            inputs.metrics, inputs.quality, inputs.risk["undiscovered"], maps.prediction,
            targets=inputs.targets, economics=inputs.parameters["risk"]["economics"],
        )),
        **why_section(
            inputs.reasons, maps.prediction, inputs.deposits, inputs.targets,
            few=few_clusters(inputs.metrics),
        ),
        **_for_the_statistician(inputs),
        **_for_the_engineer(inputs),
    )  # fmt: skip


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("mineral_prospectivity.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = _data_uri
    environment.globals["asset"] = _asset
    return environment


def _asset(name: str) -> Markup:
    """Return a script or style sheet as it is, less what it would fetch from beside it."""
    text = files(reporting).joinpath("templates", name).read_text(encoding="utf-8")
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    return Markup(re.sub(r"url\(images/[^)]*\)", "none", text))  # noqa: S704 - our own file


def _for_the_geologist(inputs: ReportInputs, warnings: list[str]) -> dict[str, Any]:
    money = inputs.parameters["risk"]
    return {
        "key_figures": findings.key_figures(inputs.metrics, inputs.risk, inputs.targets, money),
        "where": findings.where(inputs.risk, inputs.targets),
        "how_sure": findings.how_sure(inputs.metrics),
        "what_worth": what_worth(inputs.risk, inputs.targets, money),
        "example_money": is_example(money["economics"]),
        "caveats": warnings,
        "categories": tables.category_rows(inputs.risk),
        "zones": tables.zone_rows(inputs.risk),
        "targets": tables.target_rows(inputs.targets),
        "worth": tables.worth_rows(inputs.targets),
        **undiscovered_section(inputs.risk["undiscovered"]),
        "samples": tables.sample_rows(inputs.next_samples),
    }


def _for_the_statistician(inputs: ReportInputs) -> dict[str, Any]:
    metrics = inputs.metrics
    found = comparisons(metrics, headline_names(metrics))
    confidence = inputs.parameters["evaluation"]["confidence"]
    return {
        "scores": score_tables.score_rows(metrics, all_names(metrics)),
        "comparisons": score_tables.comparison_rows(found),
        "few_clusters": few_clusters(metrics),
        "no_comparison": metrics["differences"]["models"].get("absent"),
        "unsupported": unsupported_claims(found, confidence),
        "behind": worse_than(found),
        "confidence": f"{100 * confidence:g} %",
        "calibration": score_tables.calibration_rows(metrics),
        "classification": score_tables.classification_rows(metrics),
        "by_fold": score_tables.by_fold_rows(metrics, "roc_auc"),
        "uncertainty": score_tables.uncertainty_rows(metrics),
        **_against_the_truth(metrics),
        "validity": validity_section(metrics["validity"]),
    }


def _against_the_truth(metrics: Mapping[str, Any]) -> dict[str, Any]:
    truth = metrics["truth"]
    if is_absent(truth):
        return {"truth": truth}
    return {
        "truth": score_tables.truth_rows(metrics),
        "coverage": score_tables.coverage_rows(metrics),
    }


def _for_the_engineer(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "quality": tables.quality_rows(inputs.quality),
        "folds": tables.fold_rows(inputs.quality),
        "parameters": tables.flat_rows("Parameters", inputs.parameters),
        "provenance": tables.flat_rows("Provenance", inputs.provenance),
        "timings": tables.timing_rows(inputs.timings),
        "node_timings": tables.node_timing_rows(inputs.timings),
    }


def _data_uri(image: tuple[str, bytes]) -> str:
    kind, content = image
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
