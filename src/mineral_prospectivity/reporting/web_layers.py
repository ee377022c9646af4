"""Layers of the report's map: values as few bytes, with colours and a legend.

A value becomes a code of 11 bits, on a linear or a logarithmic scale: it is kept to about 0.3 %,
and deflate halves the bytes. The page decodes it, colours the map and tells the values of a cell.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LogNorm, Normalize, TwoSlopeNorm, to_hex
from matplotlib.ticker import LogLocator, MaxNLocator

from mineral_prospectivity.reporting.cartography import (
    TAIL,
    clipped_scale,
    log_scale,
    turning_scale,
    turning_ticks,
)
from mineral_prospectivity.reporting.style import PROBABILITY_MAP, RETURN_MAP, UNCERTAINTY_MAP
from mineral_prospectivity.reporting.words import number, percent
from mineral_prospectivity.targeting.categories import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

STEPS = 2046
"""Codes run from 1 to ``STEPS + 1``; 0 is no data."""

DECADES = 4
"""Values this many powers of ten below the largest are told apart; what is less is "at most"."""

COLOURS = 512
"""Colours of a continuous layer, evenly over its codes."""

BAR_COLOURS = 33
"""Colours of the legend's bar, evenly over the scale."""

Reading = Literal["percent", "number"]


@dataclass(frozen=True)
class LayerStyle:
    """How a band of the maps is shown.

    Parameters
    ----------
    name, group, title, unit
        The band, and what it is called.
    colours
        Name of a colour map of Matplotlib.
    scale
        Gives the scale of the colours from the values.
    reading
        How a value is written.
    meaning
        What a reader should take from it.
    signed
        Whether values below 0 are possible: the others are coded on a logarithmic scale.
    """

    name: str
    group: str
    title: str
    unit: str
    colours: str
    scale: Callable[[NDArray[np.float64]], Normalize]
    reading: Reading = "number"
    _: KW_ONLY
    meaning: str
    signed: bool = False


def middle_scale(values: NDArray[np.float64]) -> Normalize:
    """Return a scale between the 0.5th and the 99.5th percentile."""
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, (TAIL, 1 - TAIL)) if known.size else (0.0, 1.0)
    return Normalize(float(low), float(max(high, low + 1e-9)))


def percentile_scale(_: NDArray[np.float64]) -> Normalize:
    """Return a scale from 0 to 100."""
    return Normalize(0.0, 100.0)


WHERE, SURE, WORTH = "Where", "How sure", "What it is worth"
CATEGORY_BAND = "risk_return"

STYLES = (
    LayerStyle(
        "probability", WHERE, "Probability", "", PROBABILITY_MAP, log_scale, "percent",
        meaning="Probability that a cell holds a known deposit, on a log scale.",
    ),
    LayerStyle(
        "log_odds_mean", WHERE, "Log-odds, mean", "", PROBABILITY_MAP, middle_scale, signed=True,
        meaning="ln(p / (1 − p)), mean over the models: the scale on which layers add up.",
    ),
    LayerStyle(
        "aleatoric", SURE, "Aleatoric", "SD", UNCERTAINTY_MAP, clipped_scale,
        meaning="What cannot be known from these layers, however many labels there are.",
    ),
    LayerStyle(
        "latent", SURE, "Latent, within aleatoric", "SD", UNCERTAINTY_MAP, clipped_scale,
        meaning="The part of the aleatoric uncertainty that comes from how vaguely the layers fix "
        "a cell's place among all cells.",
    ),
    LayerStyle(
        "epistemic", SURE, "Epistemic", "SD", UNCERTAINTY_MAP, clipped_scale,
        meaning="What the models do not know yet: more labels would shrink it.",
    ),
    LayerStyle(
        "total", SURE, "Total", "SD", UNCERTAINTY_MAP, clipped_scale,
        meaning="Of the outcome itself, deposit or none: aleatoric² + epistemic² = p(1 − p).",
    ),
    LayerStyle(
        "mutual_information", SURE, "Mutual information", "nats", UNCERTAINTY_MAP, clipped_scale,
        meaning="How much the label of this cell would teach the models.",
    ),
    LayerStyle(
        "log_odds_sd", SURE, "Log-odds, SD", "", UNCERTAINTY_MAP, clipped_scale,
        meaning="How far the models disagree, whether p is large or small.",
    ),
    LayerStyle(
        "novelty", SURE, "Novelty", "percentile", UNCERTAINTY_MAP, percentile_scale,
        meaning="Share of held-out cells that fit the layers' usual pattern better. Near 100 the "
        "map extrapolates.",
    ),
    LayerStyle(
        "risk_adjusted_return", WORTH, "Risk-adjusted return", "currency", RETURN_MAP,
        turning_scale, signed=True,
        meaning="Expected value of testing a cell less the discount for risk. Above 0 it pays.",
    ),
)  # fmt: skip


def continuous_layer(style: LayerStyle, values: NDArray[np.float64]) -> dict[str, Any]:
    """Return a layer as the page needs it.

    Parameters
    ----------
    style
        How it is shown.
    values
        Shape ``(rows, columns)``, NaN where there is no data.
    """
    codes, low, high = quantise(values, logarithmic=not style.signed)
    norm = style.scale(values)
    colours = mpl.colormaps[style.colours]
    place = np.linspace(0.0, 1.0, COLOURS)
    shown = low + place * (high - low) if style.signed else low * (high / low) ** place
    text = percent if style.reading == "percent" else number
    return {
        "name": style.name,
        "group": style.group,
        "title": style.title,
        "unit": style.unit,
        "meaning": style.meaning,
        "reading": style.reading,
        "logarithmic": not style.signed,
        "low": low,
        "high": high,
        "colours": [to_hex(colour) for colour in colours(np.asarray(norm(shown)))],
        "bar": [to_hex(colour) for colour in colours(np.linspace(0, 1, BAR_COLOURS))],
        "ticks": [[round(float(norm(at)), 4), text(at)] for at in tick_values(norm)],
        "codes": packed(codes),
    }


def category_layer(values: NDArray[np.integer]) -> dict[str, Any]:
    """Return the categories of return and risk as the page needs them; 0 is no data."""
    return {
        "name": CATEGORY_BAND,
        "group": WORTH,
        "title": "Return and risk",
        "unit": "",
        "meaning": "Where to go first (blue), and where the promise rests on less (orange).",
        "reading": "category",
        "names": ["", *(category.name for category in CATEGORIES)],
        "colours": ["", *(category.colour for category in CATEGORIES)],
        "codes": packed(values.astype(np.uint16)),
    }


def quantise(
    values: NDArray[np.float64], *, logarithmic: bool
) -> tuple[NDArray[np.uint16], float, float]:
    """Return codes, and the values of the first and the last.

    Parameters
    ----------
    values
        Any shape; NaN becomes 0.
    logarithmic
        Codes step by a ratio, at most ``DECADES`` powers of ten below the largest value; smaller
        values take the first code. Otherwise they step by a difference.

    Examples
    --------
    >>> quantise(np.array([1e-9, 1e-4, 1.0, np.nan]), logarithmic=True)
    (array([   1,    1, 2047,    0], dtype=uint16), 0.0001, 1.0)
    """
    known = np.isfinite(values)
    if logarithmic:
        known_values = values[known & (values > 0)]
        high = float(known_values.max()) if known_values.size else 1.0
        low = max(float(known_values.min()) if known_values.size else 0.0, high / 10**DECADES)
        with np.errstate(divide="ignore", invalid="ignore"):
            place = np.log(np.maximum(values, low) / low) / (np.log(high / low) or 1.0)
    else:
        low = float(values[known].min()) if known.any() else 0.0
        high = float(values[known].max()) if known.any() else 1.0
        place = (values - low) / ((high - low) or 1.0)
    codes = np.zeros(values.shape, dtype=np.uint16)
    codes[known] = 1 + np.rint(STEPS * np.clip(place[known], 0, 1)).astype(np.uint16)
    return codes, low, high


def packed(codes: NDArray[np.uint16]) -> str:
    """Return codes as base64 of deflated bytes: differences both ways, low bytes first.

    Parameters
    ----------
    codes
        Shape ``(rows, columns)``. Neighbours are alike, so the differences, modulo 2^16, are small.
    """
    along = np.diff(codes, axis=1, prepend=np.uint16(0))
    steps = np.diff(along, axis=0, prepend=np.uint16(0)).astype("<u2")
    planes = steps.view(np.uint8).reshape(-1, 2).T
    return base64.b64encode(zlib.compress(planes.tobytes(), 6)).decode("ascii")


def tick_values(norm: Normalize, most: int = 6) -> list[float]:
    """Return round values on a scale, at most so many."""
    if isinstance(norm, TwoSlopeNorm):
        return turning_ticks(norm)
    low, high = float(norm.vmin or 0.0), float(norm.vmax or 0.0)
    locator = LogLocator(subs=(1.0, 3.0)) if isinstance(norm, LogNorm) else MaxNLocator(4)
    found = [float(at) for at in locator.tick_values(low, high) if low <= at <= high]
    return found[:: max(1, -(-len(found) // most))]
