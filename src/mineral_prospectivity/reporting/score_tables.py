"""Tables of scores: held out, compared, calibrated, and against a known truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mineral_prospectivity.reporting.comparisons import (
    Comparison,
    find_score,
    scores_with_intervals,
)
from mineral_prospectivity.reporting.tables import MISSING, Table
from mineral_prospectivity.reporting.words import (
    NO_WIDTH,
    UNCERTAINTY_NAMES,
    is_absent,
    model_label,
    number,
    percent,
    plural,
    score_label,
    span,
)
from mineral_prospectivity.uq.calibration import LogitCalibration

if TYPE_CHECKING:
    from collections.abc import Mapping


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
            interval = span({"low": low, "high": high})
            cells.append(f"{number(value)} ({interval})" if interval else number(value))
        rows.append((label, *cells))
    rows += _fit_rows(metrics["fit"], names)
    return Table("Scores, held out", ("Model", *(score_label(name) for name in names)), rows)


def _fit_rows(fit: Mapping[str, Any], names: list[str]) -> list[tuple[str, ...]]:
    if is_absent(fit):
        return []
    rows = []
    for model, scores in fit["models"].items():
        found = [find_score(scores, name) for name in names]
        cells = (number(s["value"]) if "value" in s else f"absent: {s['absent']}" for s in found)
        rows.append((f"{model_label(model)}, fit: not a test", *cells))
    return rows


def comparison_rows(found: list[Comparison]) -> Table:
    """Return each paired difference with its verdict."""
    rows = [
        (
            model_label(item.model),
            score_label(item.score),
            number(item.value),
            span({"low": item.low, "high": item.high}) or f"none: {NO_WIDTH}",
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
        if is_absent(found):
            rows.append((model_label(model), f"absent: {found['absent']}", *[MISSING] * 3))
            continue
        line, error = found["line"], found["ece"]
        slope = f"absent: {line['absent']}" if is_absent(line) else number(line["slope"])
        shift = MISSING if is_absent(line) else number(line["in_the_large"])
        band = f"{number(error['null_low'])} to {number(error['null_high'])}"
        rows.append((model_label(model), slope, shift, number(error["value"]), band))
    headings = ("Model", "Slope (1 is right)", "Shift (0 is right)", "ECE", "ECE of an exact map")
    return Table(f"Calibration, held out{_recalibrated(metrics)}", headings, rows)


def _recalibrated(metrics: Mapping[str, Any]) -> str:
    """Say in how many folds the ensemble was recalibrated, and whether the map was."""
    found = metrics.get("recalibration", {"absent": "written by an earlier version"})
    if is_absent(found):
        return ""
    moved, folds = found["recalibrated"], found["folds"]
    share = f"{moved or 'none'} of {plural(folds, 'fold')}"
    rest = "the others gained nothing from it" if moved else "as none gained from it"
    gained = "" if moved == folds else f", {rest}"
    left = LogitCalibration.from_dict(found["map"]).is_identity
    mapped = "left as it is" if left else "recalibrated"
    return f". {model_label('ensemble')}: recalibrated in {share}{gained}. The map is {mapped}"


def classification_rows(metrics: Mapping[str, Any]) -> Table:
    """Return the confusion matrix of every model at thresholds chosen on the other folds."""
    rows = []
    for model, found in metrics["classification"].items():
        if is_absent(found):
            rows.append((model_label(model), f"absent: {found['absent']}", *[MISSING] * 6))
            continue
        counts = ("true_positive", "false_positive", "false_negative", "true_negative")
        precision = found["precision"]
        rows.append((
            model_label(model),
            number(found["f1"]),
            MISSING if is_absent(precision) else number(precision),
            number(found["recall"]),
            *(f"{found[name]:,.0f}" for name in counts),
        ))  # fmt: skip
    headings = (
        "Model", "F1", "Precision", "Recall", "Hits", "False alarms", "Misses", "Rejections",
    )  # fmt: skip
    return Table("Cells called deposits, held out", headings, rows)


def by_fold_rows(metrics: Mapping[str, Any], score: str) -> Table:
    """Return one score of every model in each fold on its own: how much places differ."""
    rows = []
    for model, scores in metrics["models"].items():
        values = scores["by_fold"].values()
        cells = (MISSING if is_absent(at[score]) else number(at[score]) for at in values)
        rows.append((model_label(model), *cells))
    folds = metrics["models"]["ensemble"]["by_fold"]
    headings = ("Model", *(f"fold {int(fold) + 1}" for fold in folds))
    return Table(f"{score_label(score)}, fold by fold", headings, rows)


def uncertainty_rows(metrics: Mapping[str, Any]) -> Table:
    """Return how each uncertainty goes with the squared error."""
    found = metrics["uncertainty"]
    rows = []
    for name, scores in found.items():
        if name == "mean_loss":
            continue
        label = UNCERTAINTY_NAMES.get(name, name)
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
