"""Colour ramps: values with their colours and the labels of the legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex
from matplotlib.ticker import MaxNLocator
from scipy.special import expit

from mineral_prospectivity.reporting.cartography import TAIL, log_scale, turning_scale
from mineral_prospectivity.reporting.words import number, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

_ROUND = (1, 2, 5)
_SHARES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
_ODDS = (1, 3, 10, 30, 100)
_PERCENTILES = (
    (50.0, "0 to 50: ordinary"),
    (75.0, "50 to 75"),
    (90.0, "75 to 90"),
    (95.0, "90 to 95: unusual"),
    (99.0, "95 to 99: rare"),
    (100.0, "above 99: do not trust the probability"),
)


@dataclass(frozen=True)
class Stop:
    """A value, its colour (``#rrggbb``), and its label in the legend."""

    value: float
    colour: str
    label: str


@dataclass(frozen=True)
class Ramp:
    """Stops in ascending order.

    Parameters
    ----------
    stops
        At least one.
    classes
        Whether a stop colours all values up to its own; otherwise colours are interpolated.
    """

    stops: tuple[Stop, ...]
    classes: bool = False


def log_ramp(values: ArrayLike, colours: str, label: Callable[[float], str]) -> Ramp:
    """Return a ramp over the logarithm, upper three decades at most, as the report's figures.

    Stops are 1, 2 and 5 times the powers of ten, and both ends.

    Parameters
    ----------
    values
        Any shape; NaN and what is not above 0 count as no data.
    colours
        Name of a colour map.
    label
        Gives the label of a value.

    Examples
    --------
    >>> ramp = log_ramp([0.011, 0.2], "viridis", number)
    >>> [stop.label for stop in ramp.stops]
    ['up to 0.0148', '0.02', '0.05', '0.1', '0.2']
    """
    norm = log_scale(np.asarray(values, dtype=np.float64))
    low, high = np.asarray(norm.inverse([0.0, 1.0]), dtype=np.float64).tolist()
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    between = [step * 10.0**power for power in powers for step in _ROUND]
    places = [low, *(v for v in between if low * 1.3 < v < high / 1.3), high]
    names = [f"up to {label(low)}", *map(label, places[1:])]
    return _coloured(places, np.asarray(norm(places)), colours, names)


def linear_ramp(values: ArrayLike, colours: str, label: Callable[[float], str] = number) -> Ramp:
    """Return a ramp in round steps over all values but the tails.

    Examples
    --------
    >>> [stop.label for stop in linear_ramp(range(101), "cividis").stops]
    ['0', '20', '40', '60', '80', '100']
    """
    low, high = _limits(values)
    places = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return _coloured(places, np.linspace(0, 1, len(places)), colours, list(map(label, places)))


def quantile_ramp(values: ArrayLike, colours: str, label: Callable[[float], str] = number) -> Ramp:
    """Return a ramp that spends as much colour on every part of the cells.

    Examples
    --------
    >>> [stop.value for stop in quantile_ramp([0, 0, 0, 0, 1], "magma").stops]
    [0.0, 0.6, 0.92]
    """
    known = _known(values)
    places, first = np.unique(np.quantile(known, _SHARES).round(12), return_index=True)
    heights = np.linspace(0, 1, len(_SHARES))[first]
    return _coloured(places, heights, colours, list(map(label, places)))


def percentile_ramp(colours: str) -> Ramp:
    """Return classes of percentiles, finer towards the top."""
    ends = [end for end, _ in _PERCENTILES]
    names = [name for _, name in _PERCENTILES]
    return Ramp(_coloured(ends, np.linspace(0, 1, len(ends)), colours, names).stops, classes=True)


def odds_ramp(values: ArrayLike, prior: float, colours: str) -> Ramp:
    """Return a ramp of log-odds that turns at the prior, with stops at multiples of its odds.

    It reaches as far up as down, a hundredfold at most.

    Parameters
    ----------
    values
        Log-odds.
    prior
        The probability of a cell of which nothing is known.
    colours
        Name of a diverging colour map.
    """
    centre = float(np.log(prior / (1 - prior)))
    reach = max(abs(limit - centre) for limit in _limits(values))
    within = sum(np.log(times) < reach for times in _ODDS)
    above = _ODDS[: within + 1]
    offsets = [-np.log(times) for times in above[:0:-1]] + [np.log(times) for times in above]
    words = [f"1/{times} of the prior odds" for times in above[:0:-1]]
    words += ["the prior", *(f"{times} times the prior odds" for times in above[1:])]
    names = [
        f"{number(centre + offset)} (p = {percent(float(expit(centre + offset)))}): {word}"
        for offset, word in zip(offsets, words, strict=True)
    ]
    places = [centre + offset for offset in offsets]
    return _coloured(places, np.linspace(0, 1, len(places)), colours, names)


def turning_ramp(values: ArrayLike, colours: str, turn: str) -> Ramp:
    """Return a ramp that turns at 0, each side over its own range: few may lie on one of them.

    Parameters
    ----------
    values
        On a scale whose sign matters.
    colours
        Name of a diverging colour map.
    turn
        What 0 means.
    """
    known = _known(values)
    norm = turning_scale(known)
    low, high = float(norm.vmin or 0.0), float(norm.vmax or 0.0)
    below = np.linspace(low, 0, 5)[:-1] if (known < 0).any() else np.empty(0)
    above = np.linspace(0, high, 5)[1:] if (known > 0).any() else np.empty(0)
    places = np.concatenate([below, [0.0], above])
    names = [number(place) if place else f"0: {turn}" for place in places]
    return _coloured(places, np.asarray(norm(places)), colours, names)


def _coloured(
    places: Sequence[float] | NDArray[np.float64],
    heights: NDArray[np.float64],
    colours: str,
    names: list[str],
) -> Ramp:
    shades = mpl.colormaps[colours](np.asarray(heights, dtype=np.float64))
    return Ramp(
        tuple(
            Stop(float(place), to_hex(shade), name)
            for place, shade, name in zip(places, shades, names, strict=True)
        )
    )


def _known(values: ArrayLike) -> NDArray[np.float64]:
    """Return the values that are there; a map without any is drawn from 0 to 1."""
    array = np.asarray(values, dtype=np.float64)
    known = array[np.isfinite(array)]
    return known if known.size else np.array([0.0, 1.0])


def _limits(values: ArrayLike) -> tuple[float, float]:
    low, high = np.quantile(_known(values), (TAIL, 1 - TAIL))
    return float(low), float(high)
