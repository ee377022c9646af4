"""Where the evidence of targets stands among the background: high, low, near, far, which rock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from mineral_prospectivity.geo.context import own_name
from mineral_prospectivity.geo.tabulate import evidence_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.geo.raster import Raster
    from mineral_prospectivity.targeting.zones import Zones

CELLS_READ = 400
"""Cells of a target, evenly over it, whose evidence stands for all of them."""

LOW, HIGH = 25.0, 75.0
"""Percentiles of the background outside which a value is called low or high."""

CLEAR_SHARE = 20.0
"""Per cent of a target above or below the background's from which a class says something."""

_DISTANCE = "_distance"


@dataclass(frozen=True, eq=False)
class Background:
    """Evidence of background cells, which that of a target is held against.

    Parameters
    ----------
    bands
        What the columns are.
    evidence
        Shape ``(cells, bands)``; NaN is missing.
    weights
        Cells of the map that a row stands for, shape ``(cells,)``.
    """

    bands: Sequence[Band]
    evidence: NDArray[np.floating]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, cells: pd.DataFrame, evidence: pd.DataFrame, bands: Sequence[Band]) -> Background:
        """Return the background among labelled cells.

        Parameters
        ----------
        cells
            With ``label`` and ``weight``.
        evidence
            Of the same rows, a column a band.
        bands
            Of the evidence.
        """
        rows = cells["label"].to_numpy() == 0
        values = evidence[[band.name for band in bands]].to_numpy()[rows]
        return cls(bands, values, cells["weight"].to_numpy(np.float64)[rows])


class Reading(NamedTuple):
    """What a layer shows in a target.

    Parameters
    ----------
    reading
        In words, such as ``high copper``, ``near faults``, ``granite`` or ``no copper``.
    band
        That it was read from; empty where the layer has no value.
    value, unit
        Median over the target's cells; for a class the share that it covers, per cent.
    typical
        Median of the background; for a class the share of it, per cent.
    percentile
        Of the value among the background; NaN for a class.
    """

    reading: str
    band: str = ""
    value: float = np.nan
    unit: str = ""
    typical: float = np.nan
    percentile: float = np.nan

    @property
    def clear(self) -> bool:
        """Whether the value differs from that of most ground."""
        if np.isnan(self.percentile):
            return abs(self.value - self.typical) >= CLEAR_SHARE
        return not LOW <= self.percentile <= HIGH


def read_layers(
    evidence: Raster, zones: Zones, background: Background, layers: Sequence[str]
) -> list[list[Reading]]:
    """Return what each layer shows in each zone.

    A layer is read from its own band, or from its commonest surplus class; where these are as on
    most ground, from the first of its other bands that is not, those of the context last.

    Parameters
    ----------
    evidence
        With the bands of the background.
    zones
        The targets' cells.
    background
        What they are held against.
    layers
        Names, as the bands have them.

    Returns
    -------
    list of list of Reading
        By zone, then by layer.
    """
    shown = _of_zones(evidence, zones)
    bands = [_against(background, number, shown[:, number]) for number in range(shown.shape[1])]
    owner = [band.layer or band.name for band in background.bands]
    return [
        [
            _telling([bands[n][zone] for n, own in enumerate(owner) if own == layer], layer)
            for layer in layers
        ]
        for zone in range(len(zones))
    ]


def _of_zones(evidence: Raster, zones: Zones) -> NDArray[np.float64]:
    """Return the median of continuous bands, the mean of classes: shape ``(zones, bands)``."""
    cells, zone = _some_cells(zones)
    table = evidence_table(evidence, cells).drop(columns="cell").groupby(zone)
    kinds = [band.kind == "fraction" for band in evidence.bands]
    whole = pd.RangeIndex(1, len(zones) + 1)
    median, mean = (t.reindex(whole).to_numpy(np.float64) for t in (table.median(), table.mean()))
    return np.where(kinds, mean, median)


def _some_cells(zones: Zones) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return cells of every zone, evenly drawn, and the zone of each, from 1."""
    cells = np.flatnonzero(zones.labels)
    zone = zones.labels.ravel()[cells]
    order = np.argsort(zone, kind="stable")
    place = np.arange(len(order)) - np.repeat(np.cumsum(zones.cells) - zones.cells, zones.cells)
    step = np.repeat(-(-zones.cells // CELLS_READ), zones.cells)
    drawn = np.sort(order[place % step == 0])
    return cells[drawn], zone[drawn]


def _against(
    background: Background, number: int, values: NDArray[np.float64]
) -> list[Reading | None]:
    """Return what a band shows in each zone; None where it has no value there."""
    band = background.bands[number]
    column = background.evidence[:, number].astype(np.float64)
    known = np.isfinite(column)
    read = _share_readings if band.kind == "fraction" else _value_readings
    found = read(band, values, column[known], background.weights[known])
    return [one if np.isfinite(value) else None for one, value in zip(found, values, strict=True)]


def _share_readings(
    band: Band,
    values: NDArray[np.float64],
    known: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> Iterator[Reading]:
    typical = 100 * float(np.average(known, weights=weights)) if known.size else np.nan
    own, around = own_name(band)
    name = own.removeprefix(f"{band.layer}_").replace("_", " ")
    name = f"{band.layer} {name}" if name.isdigit() else name  # a code without a name of its own
    name += f" within {around}" if around else ""
    return (Reading(name, band.name, 100 * float(value), "%", typical) for value in values)


def _value_readings(
    band: Band,
    values: NDArray[np.float64],
    known: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> Iterator[Reading]:
    order = np.argsort(known, kind="stable")
    reached, ascending = np.concatenate([[0.0], np.cumsum(weights[order])]), known[order]
    below, upto = (np.searchsorted(ascending, values, side=side) for side in ("left", "right"))
    percentile = 50 * (reached[below] + reached[upto]) / max(reached[-1], np.finfo(float).tiny)
    middle = np.searchsorted(reached[1:], reached[-1] / 2)
    typical = float(ascending[middle]) if known.size else np.nan
    unit = "" if band.unit == "1" else band.unit
    return (
        Reading(_words(band, among), band.name, float(value), unit, typical, float(among))
        for value, among in zip(values, percentile, strict=True)
    )


def _words(band: Band, percentile: float) -> str:
    own, around = own_name(band)
    what, distance, of_class = own.partition(_DISTANCE)
    place = 0 if percentile < LOW else 2 if percentile > HIGH else 1
    mean = f" on average within {around}" if around else ""
    if distance:
        to = of_class.removeprefix("_").replace("_", " ") or what
        return f"{('near', 'at the usual distance from', 'far from')[place]} {to}{mean}"
    return f"{('low', 'ordinary', 'high')[place]} {own}{mean}"


def _telling(bands: Sequence[Reading | None], layer: str) -> Reading:
    """Return what tells most of a layer."""
    known = [one for one in bands if one is not None]
    classes = [one for one in known if np.isnan(one.percentile)]
    own = [max(classes, key=lambda one: one.value - one.typical)] if classes else []
    ordered = own + [one for one in known if not np.isnan(one.percentile)]
    if not ordered:
        return Reading(f"no {layer}")
    return next((one for one in ordered if one.clear), ordered[0])
