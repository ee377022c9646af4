"""Curves: capture, prediction-area and reliability."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter

from mineral_prospectivity.reporting.style import (
    BASELINE_COLOURS,
    INK,
    LINE_STYLES,
    MODEL_COLOUR,
    QUIET,
    WIDTH,
    model_styles,
    report_style,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

ZOOM = 0.1
"""Share of the area that the second panel shows: what anyone would go and look at."""


@dataclass(frozen=True)
class Curve:
    """A capture curve under a name.

    Parameters
    ----------
    name
        Of the model.
    area, captured
        Share of the area and of the deposits, from 0 to 1.
    """

    name: str
    area: Sequence[float]
    captured: Sequence[float]


def capture_figure(
    held_out: Sequence[Curve],
    *,
    fit: Sequence[Curve] = (),
    limit: Curve | None = None,
) -> Figure:
    """Draw the share of the deposits against the share of the area, whole and zoomed in.

    Parameters
    ----------
    held_out
        Prediction-rate curves of predictions that never saw the deposits; the first is the
        model's.
    fit
        Success-rate curves of fits, drawn thin: they say how a map follows its own labels.
    limit
        Points of the best curve that the layers allow, where the truth is known.
    """
    styles = model_styles([curve.name for curve in held_out], held_out[0].name)
    with report_style():
        figure = Figure(figsize=(WIDTH, 3.9), layout="constrained")
        whole, zoomed = figure.subplots(1, 2)
        for axes, reach in ((whole, 1.0), (zoomed, ZOOM)):
            axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.9, linestyle=":", label="chance")
            for curve in held_out:
                axes.plot(curve.area, curve.captured, label=curve.name, **styles[curve.name])
            for curve, line in zip(fit, cycle(("-", *LINE_STYLES)), strict=False):
                label = f"{curve.name} (fit)"
                axes.plot(
                    curve.area, curve.captured, color=INK, linewidth=0.8, linestyle=line,
                    label=label,
                )  # fmt: skip
            if limit is not None:
                axes.plot(limit.area, limit.captured, "D", color=INK, label=limit.name)
            axes.set_xlim(0, reach)
            axes.set_ylim(0, _top(held_out, fit, limit, reach))
            axes.set_xlabel("Share of the area searched")
            axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        whole.set_ylabel("Share of the deposits found")
        whole.set_title("Whole area")
        zoomed.set_title(f"The most prospective {100 * ZOOM:g} %")
        figure.legend(*whole.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _top(
    held_out: Sequence[Curve], fit: Sequence[Curve], limit: Curve | None, reach: float
) -> float:
    curves = [*held_out, *fit, *([limit] if limit else [])]
    highest = max(float(np.interp(reach, curve.area, curve.captured)) for curve in curves)
    return min(1.02, 1.08 * highest)


def prediction_area_figure(
    threshold: ArrayLike,
    captured: ArrayLike,
    area: ArrayLike,
    *,
    intersection_captured: float,
    intersection_area: float,
) -> Figure:
    """Draw deposits captured and area occupied above each probability, and where they meet.

    Parameters
    ----------
    threshold
        Probabilities, descending.
    captured, area
        Share of deposits and of the area with at least that probability.
    intersection_captured, intersection_area
        Where the two add up to 1.
    """
    scores, share, taken = (np.asarray(values, float) for values in (threshold, captured, area))
    with report_style():
        figure = Figure(figsize=(WIDTH * 0.75, 3.6), layout="constrained")
        axes = figure.subplots()
        axes.plot(scores, share, color=MODEL_COLOUR, label="deposits captured")
        axes.plot(scores, 1 - taken, color=BASELINE_COLOURS[0], linestyle="--", label="area spared")
        meeting = float(np.interp(intersection_area, taken, scores))
        axes.plot([meeting], [intersection_captured], "o", color=INK, zorder=4)
        axes.annotate(
            f"{100 * intersection_captured:.0f} % of the deposits\n"
            f"in {100 * intersection_area:.0f} % of the area",
            (meeting, intersection_captured),
            xytext=(0.03, 0.5),
            textcoords="axes fraction",
            ha="left",
            va="center",
            arrowprops={"arrowstyle": "-", "color": QUIET},
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        )
        axes.set_xscale("log")
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("Probability at least")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        figure.legend(loc="outside lower center", ncols=2)
    return figure


def reliability_figure(
    mean_probability: ArrayLike,
    observed: ArrayLike,
    null_low: ArrayLike,
    null_high: ArrayLike,
) -> Figure:
    """Draw how often deposits occur against how often the map says, on log scales.

    Parameters
    ----------
    mean_probability, observed
        Mean p and frequency of deposit cells in each bin.
    null_low, null_high
        95 % band of the frequency, were the probabilities exactly right.
    """
    said, seen, low, high = (
        np.asarray(values, float) for values in (mean_probability, observed, null_low, null_high)
    )
    positive = np.concatenate([values[values > 0] for values in (said, seen, high)])
    floor = 0.6 * float(positive.min()) if positive.size else 1e-4
    top = min(1.0, 1.6 * float(positive.max())) if positive.size else 1.0
    with report_style():
        figure = Figure(figsize=(WIDTH * 0.68, 4.4), layout="constrained")
        axes = figure.subplots()
        axes.plot([floor, 1], [floor, 1], color=QUIET, linestyle=":", label="exactly right")
        axes.vlines(
            said, np.maximum(low, floor), np.maximum(high, floor), color="#9CC9E6", linewidth=7,
            label="95 % of the maps that are exactly right",
        )  # fmt: skip
        _plot_bins(axes, said, seen, floor)
        axes.set(xscale="log", yscale="log", xlim=(floor, top), ylim=(floor * 0.85, top))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
            axis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("Probability that the map gives (mean of a bin)")
        axes.set_ylabel("Share of cells with a deposit")
        figure.legend(loc="outside lower center", ncols=2)
    return figure


def _plot_bins(
    axes: Axes, said: NDArray[np.float64], seen: NDArray[np.float64], floor: float
) -> None:
    """Draw bins without any deposit hollow, on the floor of the log scale."""
    some = seen > 0
    axes.plot(said[some], seen[some], "o", color=MODEL_COLOUR, label="observed, held out")
    if not some.all():
        at_floor = np.full((~some).sum(), floor)
        axes.plot(
            said[~some], at_floor, "o", color=MODEL_COLOUR, markerfacecolor="white",
            label="no deposit in the bin", clip_on=False,
        )  # fmt: skip
