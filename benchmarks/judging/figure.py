"""One figure a benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt  # the backend must be chosen first
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from judging.contestants import ENSEMBLE
from judging.page import mean_curve
from judging.scores import LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SHOWN = {
    "nll": ("NLL x 1000", 1000.0),
    "roc_auc": ("AUC", 1.0),
    "capture@0.05": ("capture 5 %", 1.0),
}
ODD = ("shifted", "scaled", "permuted", "foreign")
LEFT_OUT = ("prevalence", "distance")
"""Peers so far off that they would hide the others."""


def draw_quality(summary: Mapping[str, Any], path: Path) -> None:
    """Draw each peer's paired difference to the ensemble, a column an experiment."""
    size = (2.6 * len(summary) + 1.6, 8.5)
    figure, axes = plt.subplots(
        len(SHOWN), len(summary), figsize=size, squeeze=False, sharey="col", layout="constrained"
    )
    for column, (name, found) in enumerate(summary.items()):
        for row, metric in enumerate(SHOWN):
            _forest(axes[row, column], found, metric)
        axes[0, column].set_title(name, fontsize=9)
    named = [list(found["differences"]) for found in summary.values()]
    for row, (label, _) in enumerate(SHOWN.values()):
        axes[row, 0].set_ylabel(f"{label}: ensemble less peer", fontsize=9)
        for column, names in enumerate(named):
            axes[row, column].tick_params(labelleft=column == 0 or names != named[column - 1])
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _forest(axis: Any, found: Mapping[str, Any], metric: str) -> None:
    """Draw one panel: blue where the ensemble is better beyond doubt, red where it is worse."""
    _, factor = SHOWN[metric]
    sign = -1 if metric == "nll" else 1
    names = [name for name in found["differences"] if name not in LEFT_OUT]
    for place, name in enumerate(reversed(names)):
        gap = found["differences"][name].get(metric)
        if gap is None:
            continue
        low, value, high = (factor * gap[key] for key in ("low", "value", "high"))
        better, worse = sign * low > 0 < sign * high, sign * low < 0 > sign * high
        colour = "tab:blue" if better else "tab:red" if worse else "0.4"
        axis.plot([low, high], [place, place], color=colour, lw=1.5)
        axis.plot(value, place, "o", color=colour, ms=4)
    axis.axvline(0, color="0.6", lw=0.8)
    if metric == "nll":  # some peers are far off, and the others are to be told apart
        axis.set_xscale("symlog", linthresh=1, linscale=2)
        axis.xaxis.set_major_formatter("{x:g}")
    axis.set_yticks(np.arange(len(names)), [name.replace("_", " ") for name in reversed(names)])
    axis.tick_params(labelsize=7)


def draw_deposits(summary: Mapping[str, Any], path: Path) -> None:
    """Draw the share of the limit's expected deposits against the deposits learned from.

    A dot is a region, a line the mean of those with as much ground, which ends their names.
    """
    areas = (0.01, 0.05)
    figure, axes = plt.subplots(1, len(areas), figsize=(10, 4.4), sharey=True, layout="constrained")
    sizes: dict[str, list[Any]] = {}
    for name, found in summary.items():
        sizes.setdefault(name.rpartition("_")[2], []).append(found)
    models = [name for name in next(iter(summary.values()))["models"] if name != LIMIT]
    for axis, area in zip(axes, areas, strict=True):
        for number, model in enumerate(models):
            counts = [[found["deposit_cells"] for found in alike] for alike in sizes.values()]
            shares = [
                [found["models"][model]["expected_share_of_limit"][f"capture@{area:g}"]
                 for found in alike]
                for alike in sizes.values()
            ]  # fmt: skip
            colour, width = f"C{number}", 2.0 if model == ENSEMBLE else 1.0
            middle = [np.exp(np.mean(np.log(of))) for of in counts]
            axis.plot(middle, [np.mean(of) for of in shares], c=colour, lw=width, label=model)
            axis.plot(np.concatenate(counts), np.concatenate(shares), "o", c=colour, ms=3)
        axis.axhline(0.9, color="0.6", lw=0.8, ls=":")
        axis.set(xscale="log", xlabel="deposit cells", title=f"best {100 * area:g} % of the area")
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter("{x:g}")
        axis.minorticks_off()
    axes[0].set_ylabel("expected deposits, of the limit's")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_uncertainty(summary: Mapping[str, Any], path: Path) -> None:
    """Draw coverage, epistemic against ground seen, odd inputs and labels bought."""
    figure, axes = plt.subplots(2, 2, figsize=(10, 8.4), layout="constrained")
    for number, answers in enumerate(summary.values()):
        colour = f"C{number}"
        _coverage(axes[0, 0], answers.get("intervals", ()), colour)
        _ground(axes[0, 1], answers.get("learning", ()), colour)
        _odd(axes[1, 0], answers.get("learning", ()), number, colour)
        _bought(axes[1, 1], answers, colour)
    axes[0, 0].axline((0.5, 0.5), slope=1, color="0.6", lw=0.8)
    axes[0, 0].set(xlabel="level", ylabel="coverage of p given the layers: dots held out")
    axes[0, 1].set(xlabel="ground seen, %", ylabel="epistemic, relative to 25 %")
    axes[1, 0].set(ylim=(0, 1.02), ylabel="AUROC of novelty")
    axes[1, 0].set_xticks(range(len(ODD)), ODD)
    axes[1, 1].set(xlabel="labels bought", ylabel="NLL over NLL at the start: dashes random")
    names = [
        Line2D([], [], marker="o", color=f"C{n}", label=name) for n, name in enumerate(summary)
    ]
    figure.legend(handles=names, loc="outside lower center", ncols=len(names), fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _coverage(axis: Any, answers: Sequence[Any], colour: str) -> None:
    known = [answer["coverage"] for answer in answers if "coverage" in answer]
    for sample, marker in (("in_sample", "-"), ("held_out", "o:")):
        if known:
            levels = known[0][sample]
            means = [np.mean([found[sample][level] for found in known]) for level in levels]
            axis.plot([float(level) for level in levels], means, marker, c=colour)


def _ground(axis: Any, answers: Sequence[Any], colour: str) -> None:
    curves = [answer["curve"] for answer in answers if "curve" in answer]
    if curves:
        means = [np.mean([curve[share]["epistemic"] for curve in curves]) for share in curves[0]]
        shares = [float(share) for share in curves[0]]
        axis.plot(shares, np.array(means) / means[0], "o-", c=colour)


def _odd(axis: Any, answers: Sequence[Any], number: int, colour: str) -> None:
    known = [answer["auroc"] for answer in answers if "auroc" in answer]
    for place, kind in enumerate(ODD):
        found = [one[kind]["novelty"] for one in known if kind in one]
        if found:
            axis.plot(place + 0.08 * (number - 3), np.mean(found), "o", c=colour)


def _bought(axis: Any, answers: Mapping[str, Any], colour: str) -> None:
    for strategy, line in (("bald", "o-"), ("random", "--")):
        curve = mean_curve(answers, strategy)
        if curve:
            axis.plot(answers["replay"][0]["budgets"], np.array(curve) / curve[0], line, c=colour)
