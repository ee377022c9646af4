"""Values at scattered points: a layer for each column, spread between the points."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import KDTree

from mineral_prospectivity.experiments.found import unit_in
from mineral_prospectivity.experiments.nodata import below_detection, hidden_nodata
from mineral_prospectivity.geo.columns import numbers
from mineral_prospectivity.geo.layers import first_few

MOST_VALUES = 60
"""Columns of numbers of one file that become layers: assays have as many. More are named only."""

FEWEST = 10
"""Points from which it can be told whether they are scattered."""

EVEN = 0.1
"""Points of a lattice, or along lines, are as far apart as the median, within this share of it."""

Described = tuple[str, dict[str, Any], list[str], list[str]]
"""A column, the fields of its layer, and what was guessed and is doubtful."""


def value_layers(frame: Any, columns: list[str], doubts: list[str]) -> list[Described]:
    """Return a layer for each of the first columns of points whose values differ.

    Parameters
    ----------
    frame
        Points with their values; coordinates without a CRS are taken for metres.
    columns
        Columns of numbers.
    doubts
        What is doubtful of all of them.
    """
    reach = _reach(frame)
    doubts = [f"values reach {reach:g} m from a point, a guess from the points' distances", *doubts]
    differing = [name for name in columns if frame[name].dropna().unique().size > 1]
    if len(differing) < len(columns):
        alike = ", ".join(repr(name) for name in columns if name not in differing)
        doubts.append(f"left out, the same at all points: {alike}")
    if len(differing) > MOST_VALUES:
        rest = first_few(differing[MOST_VALUES:])
        doubts.append(f"only {MOST_VALUES} of {len(differing)} columns were taken, not {rest}")
    return [_value_layer(frame, name, reach, doubts) for name in differing[:MOST_VALUES]]


def scattered(x: Any, y: Any) -> bool:
    """Tell whether points lie as samples do, in no lattice and along no lines.

    Examples
    --------
    >>> column, row = np.mgrid[0:20, 0:20]
    >>> scattered(column.ravel(), row.ravel())
    False
    >>> scattered(*np.random.default_rng(0).random((2, 400)))
    True
    """
    nearest = _nearest(np.unique(np.column_stack([x, y]), axis=0))
    if nearest.size < FEWEST:
        return False
    middle = np.median(nearest)
    return bool(np.mean(np.abs(nearest - middle) < EVEN * middle) < 1 / 2)


def _value_layer(frame: Any, column: str, reach: float, doubts: list[str]) -> Described:
    values, unit = numbers("points", frame, column), unit_in(column)
    hidden = hidden_nodata(values)
    fields: dict[str, Any] = {"column": column, "max_distance": reach}
    fields |= {"unit": unit} if unit else {}
    if hidden:
        fields["nodata"] = hidden.value
        doubts = [hidden.doubt, *doubts]
    elif limit := below_detection(values):
        doubts = [limit, *doubts]
    return column, fields, [f"values of {column}, spread between the points"], doubts


def column_alone(frame: Any, column: str, nodata: float | None) -> Any:
    """Return points with the numbers of one column, as they are shown."""
    values = numbers("picture", frame, column, nodata)
    return frame[[frame.geometry.name]].assign(**{column: values})


def _reach(frame: Any) -> float:
    """Return five times the median distance of neighbouring points, m, rounded."""
    metric = frame if frame.crs is None or frame.crs.is_projected else frame.to_crs(_utm(frame))
    nearest = _nearest(np.unique(metric.geometry.get_coordinates().to_numpy(), axis=0))
    if not nearest.size:
        return 1000.0
    return float(f"{max(5 * np.median(nearest), 1.0):.1g}")


def _nearest(points: Any) -> Any:
    """Return the distance of each point to the nearest other; nothing of a single one."""
    if len(points) < 2:  # noqa: PLR2004
        return np.empty(0)
    return np.asarray(KDTree(points).query(points, k=2)[0])[:, 1]


def _utm(frame: Any) -> Any:
    return frame.estimate_utm_crs()
