"""The figures of the report, each with what it shows in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mineral_prospectivity.reporting import charts, curves, maps
from mineral_prospectivity.reporting.comparisons import headline_names, scores_with_intervals
from mineral_prospectivity.reporting.style import png_bytes, svg_bytes
from mineral_prospectivity.reporting.thumbnails import thumbnail
from mineral_prospectivity.reporting.words import (
    UNCERTAINTY_NAMES,
    is_absent,
    model_label,
    score_label,
)
from mineral_prospectivity.scoring.bootstrap import LOWER_IS_BETTER
from mineral_prospectivity.targeting.categories import risk_surface

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from mineral_prospectivity.reporting.inputs import ReportInputs
    from mineral_prospectivity.reporting.thumbnails import ReportMaps

PIXELS_PER_INCH = 115
"""So that the widest figure fills the column of the page."""

RISK_LABELS = {
    "log_odds_sd": "SD of the log-odds over the models",
    "relative": "epistemic SD over p",
    "bernoulli_relative": "epistemic SD over √(p(1 − p))",
}

RETURNS = {
    "probability": ("probability", "probability of a known deposit"),
    "log_odds": ("log_odds_mean", "mean log-odds of a known deposit"),
}
"""By ``risk.hot_spots.surface``: the map that return is read from, and what it holds."""


@dataclass(frozen=True)
class ReportFigure:
    """A figure as bytes, or why there is none.

    Parameters
    ----------
    caption
        What a reader should take from it.
    alt
        What it shows, for those who cannot see it.
    image
        Kind (``png`` or ``svg+xml``) and content; None where the figure is absent.
    width
        On a wide screen, pixels.
    absent
        Why it is.
    """

    caption: str
    alt: str
    image: tuple[str, bytes] | None = None
    width: int = 0
    absent: str = ""


def report_figures(inputs: ReportInputs, maps_shown: ReportMaps) -> dict[str, ReportFigure]:
    """Return every figure of the report by name.

    Parameters
    ----------
    inputs
        What the report tells of.
    maps_shown
        Its maps, thinned.
    """
    return {
        **_map_figures(inputs, maps_shown),
        "risk_return": _risk_return(inputs, maps_shown),
        "scores": _scores(inputs.metrics),
        "capture": _capture(inputs.metrics),
        "prediction_area": _prediction_area(inputs.metrics),
        "reliability": _reliability(inputs.metrics),
        "uncertainty_error": _uncertainty_error(inputs.metrics),
    }


def _map_figures(inputs: ReportInputs, maps_shown: ReportMaps) -> dict[str, ReportFigure]:
    deposits, targets, prediction = inputs.deposits, inputs.targets, maps_shown.prediction
    return {
        "probability": png_figure(
            maps.probability_map(prediction, deposits, targets),
            "Probability of a known deposit in each cell, on a log scale, with the deposits (red) "
            "and targets (outlined; the first ten numbered by rank).",
            f"Map of the probability of a known deposit, with {len(deposits)} known deposits and "
            f"{len(targets)} outlined targets",
        ),
        "categories": png_figure(
            maps.category_map(maps_shown.categories, deposits, targets),
            "Return and risk. Blue ground is where to go first; orange promises as much, but the "
            "models disagree there. Outlined: what the budget funds.",
            "Map of the four categories of return and risk",
        ),
        "returns": png_figure(
            maps.return_map(maps_shown.returns, deposits),
            "Expected value of testing a cell less the discount for risk: it pays where the map is "
            "green-blue.",
            "Map of the risk-adjusted return of testing each cell",
        ),
        "uncertainty": png_figure(
            maps.uncertainty_maps(prediction, deposits),
            "Aleatoric uncertainty stays whatever is sampled next to these layers; epistemic "
            "uncertainty shrinks with more labels; novelty is the percentile of held-out cells "
            "that fit the layers' pattern better.",
            "Four maps: aleatoric, epistemic and total uncertainty, and novelty",
        ),
        "folds": png_figure(
            maps.folds_map(inputs.cells, inputs.prediction.grid, deposits),
            "Blocks of one colour were held out together: no score uses a prediction by a model "
            "that saw the block.",
            "Map of the spatial folds with the known deposits",
        ),
    }


def _risk_return(inputs: ReportInputs, maps_shown: ReportMaps) -> ReportFigure:
    measure, threshold = inputs.risk["risk"]["measure"], inputs.risk["risk"]["threshold"]
    surface, label = RETURNS[inputs.parameters["risk"]["hot_spots"]["surface"]]
    figure = charts.risk_return_figure(
        maps_shown.prediction.band(surface).astype(float),
        thumbnail(risk_surface(inputs.prediction, measure)).values[0].astype(float),
        maps_shown.categories.values[0].astype(int),
        threshold=threshold,
        risk_label=RISK_LABELS[measure],
        return_label=label,
        logarithmic=surface == "probability",
    )
    return png_figure(
        figure,
        "Return against risk, a dot a cell. Return counts as high where a cell and its neighbours "
        "are high together, so the colours may overlap in height.",
        "Scatter of return against risk in the colours of the four categories",
    )


def _scores(metrics: Mapping[str, Any]) -> ReportFigure:
    names = headline_names(metrics)
    figure = charts.scores_figure(
        scores_with_intervals(metrics, names),
        {name: score_label(name) for name in names},
        model=model_label("ensemble"),
        lower_is_better=LOWER_IS_BETTER,
    )
    caption = (
        "Scores on blocks that the models never saw. Whiskers overlap even where a paired "
        "difference is clear: judge by the table of differences."
    )
    return svg_figure(
        figure, caption, "Scores of each model with intervals, as in the table of scores"
    )


def _capture(metrics: Mapping[str, Any]) -> ReportFigure:
    caption = (
        "Share of the deposits found against the share of the area searched, from the most "
        "prospective cells down, held out. Thin lines are fits: maps on the labels they were made "
        "from."
    )
    found = metrics["curves"]
    held_out = _curves(found["area"], found["prediction_rate"])
    if not held_out or held_out[0].name != model_label("ensemble"):
        return ReportFigure(caption, "", absent=found["prediction_rate"]["ensemble"]["absent"])
    fit = metrics["fit"]
    figure = curves.capture_figure(
        held_out,
        fit=[] if is_absent(fit) else _curves(fit["area"], fit["success_rate"]),
        limit=_limit(metrics["truth"]),
    )
    return svg_figure(
        figure, caption, "Capture curves of each model: prediction rate and success rate"
    )


def _curves(area: list[float], captured: Mapping[str, Any]) -> list[curves.Curve]:
    """Return the curves that exist, the ensemble's first; prevalence is the line of chance."""
    order = sorted(captured, key=lambda name: name != "ensemble")
    return [
        curves.Curve(model_label(name), area, captured[name])
        for name in order
        if not is_absent(captured[name]) and name != "prevalence"
    ]


def _limit(truth: Mapping[str, Any]) -> curves.Curve | None:
    if is_absent(truth):
        return None
    known = {
        float(area): at["value"] for area, at in truth["limit"]["capture"].items() if "value" in at
    }
    return curves.Curve("Limit: p given the layers", list(known), list(known.values()))


def _prediction_area(metrics: Mapping[str, Any]) -> ReportFigure:
    caption = (
        "Prediction-area plot, held out: above each probability, the deposits captured and the "
        "area spared. The higher the two cross, the better; chance crosses at 50 %."
    )
    found = metrics["curves"]["prediction_area"]
    if is_absent(found):
        return ReportFigure(caption, "", absent=found["absent"])
    figure = curves.prediction_area_figure(
        found["threshold"],
        found["captured"],
        found["area"],
        intersection_captured=found["intersection_captured"],
        intersection_area=found["intersection_area"],
    )
    return svg_figure(figure, caption, "Deposits captured and area spared above each probability")


def _reliability(metrics: Mapping[str, Any]) -> ReportFigure:
    rows = metrics["calibration"]["ensemble"]["table"]
    names = ("mean_probability", "observed", "null_low", "null_high")
    figure = curves.reliability_figure(*([row[name] for row in rows] for name in names))
    caption = (
        "How often deposits occur where the map says so, held out. Dots within the bands speak for "
        "the probabilities; deposits cluster, so a dot just outside is no proof against them."
    )
    return svg_figure(figure, caption, "Reliability diagram with the band of an exact map")


def _uncertainty_error(metrics: Mapping[str, Any]) -> ReportFigure:
    caption = (
        "Rank correlation of each uncertainty with the squared error, held out. Total and "
        "aleatoric repeat p(1 − p) and go with the error by construction, and epistemic in part; "
        "the SD of the log-odds and novelty do not."
    )
    values = {
        UNCERTAINTY_NAMES.get(name, name): scores["spearman"]
        for name, scores in metrics["uncertainty"].items()
        if name != "mean_loss" and not is_absent(scores) and not is_absent(scores["spearman"])
    }
    if not values:
        return ReportFigure(caption, "", absent="no uncertainty could be compared with the error")
    figure = charts.bars_figure(values, label="Spearman correlation with the squared error")
    return svg_figure(figure, caption, "Bars of the correlation of each uncertainty with the error")


def png_figure(figure: Figure, caption: str, alt: str) -> ReportFigure:
    """Return a drawn figure with many dots or cells, as PNG."""
    return ReportFigure(caption, alt, ("png", png_bytes(figure)), _width(figure))


def svg_figure(figure: Figure, caption: str, alt: str) -> ReportFigure:
    """Return a drawn figure of lines and bars, as SVG."""
    return ReportFigure(caption, alt, ("svg+xml", svg_bytes(figure)), _width(figure))


def _width(figure: Figure) -> int:
    return round(PIXELS_PER_INCH * figure.get_figwidth())
