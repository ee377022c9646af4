"""Tables of the report: headings and rows of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mineral_prospectivity.reporting.comparisons import (
    Comparison,
    find_score,
    scores_with_intervals,
)
from mineral_prospectivity.reporting.words import (
    is_absent,
    model_label,
    number,
    percent,
    score_label,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

KILOMETRE = 1000.0
MISSING = "–"


@dataclass(frozen=True)
class Table:
    """Rows of text under headings; the first column names the row."""

    caption: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def category_rows(risk: Mapping[str, Any]) -> Table:
    """Return what each category holds."""
    rows = [
        (
            row["category"],
            f"{row['area_km2']:,.0f}",
            percent(row["area_share"]),
            str(row["deposits"]),
            percent(row["deposit_share"]),
            MISSING if row["lift"] is None else number(row["lift"]),
        )
        for row in risk["categories"]
    ]
    headings = ("Category", "Area, km²", "of the area", "Known deposits", "of them", "Lift")
    return Table("What each category holds (the fit, not a test)", headings, rows)


def target_rows(targets: gpd.GeoDataFrame) -> Table:
    """Return the targets, one a row, in order of rank."""
    headings = (
        "Rank", "Target", "Easting, km", "Northing, km", "Area, km²", "p mean (90 %)", "p max",
        "Expected", "Category", "Pays in", "Cost", "Return", "Funded", "Known", "Nearest deposit",
        "What sets it apart",
    )  # fmt: skip
    rows = []
    for target in targets.itertuples():
        place = target.geometry.representative_point()
        rows.append((
            str(target.rank),
            target.target_id,
            f"{place.x / KILOMETRE:,.1f}",
            f"{place.y / KILOMETRE:,.1f}",
            number(target.area_km2),
            f"{percent(target.probability_mean)} ({percent(target.probability_lower)} to "
            f"{percent(target.probability_upper)})",
            percent(target.probability_max),
            number(target.expected_deposits),
            target.category,
            f"{target.cells_to_test:,} of {target.cells:,}",
            number(target.testing_cost),
            number(target.testing_return),
            percent(target.funded_share) if target.selected else MISSING,
            str(target.known_deposits),
            _nearest(target.nearest_deposit, target.deposit_distance),
            target.drivers or MISSING,
        ))  # fmt: skip
    return Table("Targets, by the return of the cells that pay", headings, rows)


def _nearest(name: str | None, distance: float) -> str:
    if pd.isna(distance):
        return MISSING
    place = "inside" if distance == 0 else f"{distance / KILOMETRE:.1f} km"
    return place if pd.isna(name) else f"{name}, {place}"


def sample_rows(samples: gpd.GeoDataFrame) -> Table:
    """Return the sites to sample next, one a row."""
    rows = [
        (
            str(site.rank),
            f"{site.geometry.x / KILOMETRE:,.2f}",
            f"{site.geometry.y / KILOMETRE:,.2f}",
            percent(site.probability),
            number(site.epistemic),
            number(site.mutual_information),
        )
        for site in samples.itertuples()
    ]
    headings = (
        "Order", "Easting, km", "Northing, km", "Probability", "Epistemic SD", "Information, nats",
    )  # fmt: skip
    return Table("Sites whose label would teach the models most", headings, rows)


def score_rows(metrics: Mapping[str, Any], names: list[str]) -> Table:
    """Return the headline scores of every model, held out, with the fit's beside the map's own."""
    rows = []
    found = scores_with_intervals(metrics, names)
    for model, scores in metrics["models"].items():
        label, cells = model_label(model), []
        for name in names:
            if name not in found[label]:
                cells.append(f"absent: {find_score(scores, name)['absent']}")
                continue
            value, low, high = found[label][name]
            cells.append(f"{number(value)} ({number(low)} to {number(high)})")
        rows.append((label, *cells))
    rows += _fit_row(metrics["fit"], names)
    return Table("Scores, held out", ("Model", *(score_label(name) for name in names)), rows)


def _fit_row(fit: Mapping[str, Any], names: list[str]) -> list[tuple[str, ...]]:
    if is_absent(fit):
        return []
    scores = [find_score(fit["models"]["ensemble"], name) for name in names]
    cells = (number(s["value"]) if "value" in s else f"absent: {s['absent']}" for s in scores)
    return [(f"{model_label('ensemble')}, fit: not a test", *cells)]


def comparison_rows(found: list[Comparison]) -> Table:
    """Return each paired difference with its verdict."""
    rows = [
        (
            model_label(item.model),
            score_label(item.score),
            number(item.value),
            f"{number(item.low)} to {number(item.high)}",
            item.verdict,
        )
        for item in found
    ]
    headings = ("Compared with", "Score", "Difference", "Interval", "The ensemble is")
    caption = f"{model_label('ensemble')} less each other model, on the same folds and draws"
    return Table(caption, headings, rows)


def calibration_rows(metrics: Mapping[str, Any]) -> Table:
    """Return slope, intercept and binned error of every model."""
    rows = []
    for model, found in metrics["calibration"].items():
        line, error = found["line"], found["ece"]
        slope = f"absent: {line['absent']}" if is_absent(line) else number(line["slope"])
        shift = MISSING if is_absent(line) else number(line["in_the_large"])
        band = f"{number(error['null_low'])} to {number(error['null_high'])}"
        rows.append((model_label(model), slope, shift, number(error["value"]), band))
    headings = ("Model", "Slope (1 is right)", "Shift (0 is right)", "ECE", "ECE of an exact map")
    return Table("Calibration, held out", headings, rows)


def uncertainty_rows(metrics: Mapping[str, Any]) -> Table:
    """Return how each uncertainty goes with the squared error."""
    found = metrics["uncertainty"]
    rows = []
    for name, scores in found.items():
        if name == "mean_loss":
            continue
        label = name.replace("_", " ")
        if is_absent(scores):
            rows.append((label, f"absent: {scores['absent']}", MISSING, MISSING))
            continue
        rank = scores["spearman"]
        text = f"absent: {rank['absent']}" if is_absent(rank) else number(rank)
        rows.append((label, text, number(scores["augrc"]), number(scores["aurc"])))
    blind = found["mean_loss"]
    rows.append(("an uncertainty that knows nothing", "0", number(blind / 2), number(blind)))
    headings = ("Uncertainty", "Spearman with the squared error", "AUGRC", "AURC")
    return Table("Is the uncertainty large where the error is? (held out)", headings, rows)


def truth_rows(metrics: Mapping[str, Any]) -> Table:
    """Return how near each model comes to the probability that the layers allow."""
    rows = []
    for model, found in metrics["truth"]["models"].items():
        rank, ratios = found["spearman"], found["capture_ratio"]
        text = f"absent: {rank['absent']}" if is_absent(rank) else number(rank)
        shares = (MISSING if is_absent(ratio) else percent(ratio) for ratio in ratios.values())
        rows.append((model_label(model), number(found["rmse"]), text, *shares))
    areas = metrics["truth"]["limit"]["capture"]
    headings = (
        "Model",
        "RMSE of p",
        "Spearman",
        *(f"of the limit at {percent(float(a))}" for a in areas),
    )
    return Table("Against p given the layers, the limit of any model", headings, rows)


def coverage_rows(metrics: Mapping[str, Any]) -> Table:
    """Return how often the intervals hold the known p, in blocks that were held out and not."""
    rows = []
    for sample, levels in metrics["truth"]["coverage"].items():
        name = sample.replace("_", " ")
        if is_absent(levels):
            rows.append((name, MISSING, f"absent: {levels['absent']}", MISSING))
            continue
        for level, at in levels.items():
            rows.append(
                (name, percent(float(level)), percent(at["coverage"]), number(at["mean_width"]))
            )
    headings = ("Cells", "Level", "Coverage of the known p", "Mean width")
    return Table("Do the intervals hold the known p?", headings, rows)


def quality_rows(quality: Mapping[str, Any]) -> Table:
    """Return coverage, range and outliers of every evidence band."""
    rows = []
    for name, band in quality["bands"].items():
        span = f"{number(band['min'])} to {number(band['max'])}" if "min" in band else MISSING
        median = number(band["quantiles"]["0.5"]) if "quantiles" in band else MISSING
        outliers = percent(band["outliers"]) if "outliers" in band else MISSING
        rows.append((name, band["unit"], percent(band["coverage"]), median, span, outliers))
    headings = ("Band", "Unit", "Coverage", "Median", "Range", "Outliers")
    return Table("Evidence bands", headings, rows)


def flat_rows(caption: str, values: Mapping[str, Any]) -> Table:
    """Return nested values as dotted names and text."""
    return Table(caption, ("Name", "Value"), list(_flatten(values, "")))


def _flatten(values: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and value:
            rows += _flatten(value, f"{path}.")
        else:
            rows.append((path, MISSING if value is None else str(value)))
    return rows
