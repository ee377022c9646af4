"""Columns of numbers that measure nothing: what names samples, dates them, or codes a class."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from mineral_prospectivity.geo.columns import is_measured, not_numbers

COORDINATES = ("x", "y", "lon", "lat", "long", "longitude", "latitude", "easting", "northing")
NAMED: dict[str, tuple[str, ...]] = {
    "an identifier": ("id", "fid", "gid", "oid", "no", "nr", "num", "number", "sampleno"),
    "a date": ("year", "yr", "date", "jahr", "datum", "month", "day"),
    "a map sheet": ("sheet", "mapsheet", "tile", "zone"),
    "codes of classes": ("code", "codes", "lith", "litho", "lithology", "class", "unit", "geol"),
}
"""Words in the names of columns of whole numbers, by what such numbers are."""

IDENTIFIER = re.compile(r"(object|sample|site|station|hole|record|feature)_?(id|no|nr)$", re.I)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
FEWEST_NUMBERED = 10
"""Rows from which whole numbers without a gap are no chance."""


def value_columns(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the columns of measured numbers, and why others that hold numbers are left out."""
    numeric = [str(name) for name in frame.columns if is_measured(frame[name])]
    text = {name: wrong for name in numeric if (wrong := not_numbers(frame[name]))}
    idle = {
        name: what
        for name in numeric
        if name not in text and (what := measures_nothing(name, frame[name]))
    }
    doubts = [f"left out: column {name!r} {wrong}" for name, wrong in text.items()]
    if idle:
        listed = ", ".join(f"{name!r} ({what})" for name, what in idle.items())
        doubts.append(f"left out, as nothing measured: {listed}. To take one, name it in column")
    return [name for name in numeric if name not in text and name not in idle], doubts


def measures_nothing(name: str, values: Any) -> str | None:
    """Return what the numbers of a column are where they measure nothing, None where they may.

    Examples
    --------
    >>> numbers = pd.Series([1987.0, 1991.0])
    >>> measures_nothing("SurveyYear", numbers), measures_nothing("cu_ppm", numbers)
    ('a date', None)
    """
    if name.lower() in COORDINATES:
        return "a coordinate"
    known = pd.to_numeric(values, errors="coerce").dropna().to_numpy(np.float64)
    if not known.size or (known != np.round(known)).any():
        return None
    if IDENTIFIER.search(name):
        return "an identifier"
    words = {word.lower() for word in WORD.findall(name)}
    named = next((what for what, among in NAMED.items() if words & set(among)), None)
    return named or ("numbers of the rows" if _without_gaps(known) else None)


def _without_gaps(known: Any) -> bool:
    """Tell whether whole numbers are all different and next to one another."""
    distinct = np.unique(known)
    numbered = distinct.size == known.size and known.size >= FEWEST_NUMBERED
    return bool(numbered and distinct[-1] - distinct[0] == known.size - 1)
