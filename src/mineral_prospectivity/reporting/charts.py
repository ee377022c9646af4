"""Charts: scores with intervals, risk against return, uncertainty against error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mineral_prospectivity.reporting.style import (
    INK,
    MODEL_COLOUR,
    QUIET,
    WIDTH,
    report_style,
)
from mineral_prospectivity.targeting.categories import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

DOTS = 20_000
"""Cells drawn in a scatter, at most."""


def scores_figure(
    scores: Mapping[str, Mapping[str, tuple[float, float, float]]],
    titles: Mapping[str, str],
    *,
    model: str,
    lower_is_better: Collection[str],
) -> Figure:
    """Draw each score of every model as a dot with its interval, a panel a score.

    Parameters
    ----------
    scores
        By model, then by score: value, lower and upper end. A score that a model lacks is left
        out.
    titles
        Scores in the order of the panels, with what stands above each.
    model
        The model that the report is about, drawn in colour.
    lower_is_better
        Scores of which the lower is the better.
    """
    names = list(scores)
    rows = -(-len(titles) // 2)
    with report_style():
        figure = Figure(figsize=(WIDTH, rows * (0.95 + 0.27 * len(names))), layout="constrained")
        panels = figure.subplots(rows, 2, squeeze=False, sharey=True).ravel()
        for axes, (score, title) in zip(panels, titles.items(), strict=False):
            for place, name in enumerate(names):
                if score not in scores[name]:
                    continue
                value, low, high = scores[name][score]
                colour = MODEL_COLOUR if name == model else QUIET
                axes.plot([low, high], [place, place], color=colour, solid_capstyle="butt")
                axes.plot([value], [place], "o", color=colour, markersize=6)
            axes.set_title(title)
            axes.set_xlabel(
                "← lower is better" if score in lower_is_better else "higher is better →"
            )
            axes.set_yticks(range(len(names)), names)
            axes.set_ylim(len(names) - 0.5, -0.5)
            axes.margins(x=0.08)
            axes.grid(visible=False, axis="y")
            axes.locator_params(axis="x", nbins=5)
        for axes in panels[len(titles) :]:
            axes.set_axis_off()
    return figure


def risk_return_figure(
    returns: NDArray[np.floating],
    risk: NDArray[np.floating],
    categories: NDArray[np.integer],
    *,
    threshold: float,
    risk_label: str,
    return_label: str,
    logarithmic: bool,
) -> Figure:
    """Draw risk against return, a dot a cell, in the colours of the categories.

    Parameters
    ----------
    returns
        The map that is clustered, any shape.
    risk
        Their risk, same shape.
    categories
        Values of ``CATEGORIES``, same shape; 0 is not drawn.
    threshold
        Risk above which a cell is high risk.
    risk_label
        What the risk measures, with its unit.
    return_label
        What the returns are.
    logarithmic
        Whether returns are drawn on a logarithmic scale.
    """
    known = np.flatnonzero(categories.ravel() > 0)
    known = known[:: max(1, -(-known.size // DOTS))]
    x, y, kind = (values.ravel()[known] for values in (risk, returns, categories))
    with report_style():
        figure = Figure(figsize=(WIDTH * 0.85, 4.4), layout="constrained")
        axes = figure.subplots()
        for category in CATEGORIES:
            here = kind == category.value
            axes.plot(
                x[here], y[here], ".", color=category.colour, markersize=2.2, alpha=0.6,
                rasterized=True,
            )  # fmt: skip
        axes.axvline(threshold, color=INK, linewidth=1, linestyle="--")
        axes.annotate(" high risk →", (threshold, 1), xycoords=("data", "axes fraction"), va="top")
        if x.size:
            axes.set_xlim(0, float(np.quantile(x, 0.999)) * 1.05)
        axes.set_xlabel(f"Risk: {risk_label}")
        axes.set_ylabel(f"Return: {return_label}")
        axes.set_yscale("log" if logarithmic else "linear")
        keys = [
            Line2D([], [], marker="o", linestyle="", color=c.colour, label=c.name)
            for c in CATEGORIES
        ]
        figure.legend(handles=keys, loc="outside lower center", ncols=2)
    return figure


def bars_figure(values: Mapping[str, float], *, label: str) -> Figure:
    """Draw one bar a name, from 0.

    Parameters
    ----------
    values
        Length of each bar.
    label
        What the lengths mean, with the unit.
    """
    with report_style():
        figure = Figure(figsize=(WIDTH * 0.8, 0.8 + 0.34 * len(values)), layout="constrained")
        axes = figure.subplots()
        places = np.arange(len(values))
        axes.barh(places, list(values.values()), color=MODEL_COLOUR, height=0.6)
        axes.axvline(0, color=INK, linewidth=0.9)
        axes.set_yticks(places, list(values))
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(label)
    return figure
