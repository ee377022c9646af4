"""One look for every figure, and figures as bytes that do not change from run to run."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.8,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "mineral-prospectivity",
}

INK = "#1F1F1F"
QUIET = "#767676"
PROBABILITY_MAP = "viridis"
UNCERTAINTY_MAP = "cividis"
RETURN_MAP = "BrBG"
LOG_ODDS_MAP = "RdBu_r"
EVIDENCE_MAP = "magma"
FRACTION_MAP = "Greys"
DEPOSIT_COLOUR = "#FF5A36"
WIDTH = 7.2
"""Width of a figure, inches: the text column of the report."""

MODEL_COLOUR = "#0072B2"
BASELINE_COLOURS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#767676")
"""Okabe and Ito's palette, which differs for every kind of colour vision."""

LINE_STYLES = ("--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))


@contextmanager
def report_style() -> Iterator[None]:
    """Draw and save figures in the report's look."""
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever a notebook has set
        mpl.rcParams.update(STYLE)
        yield


def png_bytes(figure: Figure, dpi: int = 160) -> bytes:
    """Return a figure as PNG; the same figure always gives the same bytes."""
    return _save(figure, "png", dpi=dpi, metadata={"Software": None})


def svg_bytes(figure: Figure) -> bytes:
    """Return a figure as SVG; the same figure always gives the same bytes."""
    return _save(figure, "svg", metadata={"Date": None, "Creator": None})


def _save(figure: Figure, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with report_style():
        figure.savefig(buffer, format=kind, bbox_inches="tight", **options)
    return buffer.getvalue()


def model_styles(names: list[str], model: str) -> dict[str, dict[str, Any]]:
    """Return colour and line style of each model: the map's own stands out, the rest differ.

    Parameters
    ----------
    names
        All models.
    model
        The one whose map is reported.
    """
    others = [name for name in names if name != model]
    styles: dict[str, dict[str, Any]] = {model: {"color": MODEL_COLOUR, "linestyle": "-"}}
    for index, name in enumerate(others):
        styles[name] = {
            "color": BASELINE_COLOURS[index % len(BASELINE_COLOURS)],
            "linestyle": LINE_STYLES[index % len(LINE_STYLES)],
        }
    return styles
