"""One figure a benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt  # the backend must be chosen first

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SHOWN = {
    "nll": ("NLL x 1000", 1000.0),
    "roc_auc": ("AUC", 1.0),
    "capture@0.05": ("capture 5 %", 1.0),
}
LEFT_OUT = ("prevalence", "distance")
"""Peers so far off that they would hide the others."""


def draw_quality(summary: Mapping[str, Any], path: Path) -> None:
    """Draw each peer's paired difference to the ensemble, a column an experiment."""
    size = (2.6 * len(summary) + 1.6, 8.5)
    figure, axes = plt.subplots(len(SHOWN), len(summary), figsize=size, squeeze=False, sharey=True)
    for column, (name, found) in enumerate(summary.items()):
        for row, metric in enumerate(SHOWN):
            _forest(axes[row, column], found, metric)
        axes[0, column].set_title(name, fontsize=9)
    for row, (label, _) in enumerate(SHOWN.values()):
        axes[row, 0].set_ylabel(f"{label}: ensemble less peer", fontsize=9)
    figure.tight_layout()
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
    axis.set_yticks(np.arange(len(names)), [name.replace("_", " ") for name in reversed(names)])
    axis.tick_params(labelsize=7)
