"""Looking at vector files: lines, points, polygons, and what their attributes may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pyogrio
from pandas.api.types import is_numeric_dtype
from scipy.spatial import KDTree

from mineral_prospectivity.experiments.found import (
    CLASS_NAME,
    Found,
    LeftOut,
    unit_in,
)
from mineral_prospectivity.geo.classes import MAX_CLASSES
from mineral_prospectivity.geo.grid import named_crs
from mineral_prospectivity.geo.layers import first_few
from mineral_prospectivity.geo.names import layer_name
from mineral_prospectivity.geo.vectors import KIND_OF

if TYPE_CHECKING:
    from pathlib import Path

ID_NAME = ("id", "fid", "objectid", "gid", "x", "y", "lon", "lat", "easting", "northing")
MOST_VALUES = 12
"""Columns of numbers of one points file that become layers; more are named only."""

FEWEST_CLASSES = 2


def look_at_features(path: Path) -> list[Found | LeftOut]:
    """Return the layers in a vector file; or why it holds none."""
    try:
        names = _layers_in(path)
        found: list[Found | LeftOut] = []
        for name in names:
            frame = read_features(path, name)
            found += _layers_of(path, frame, name if len(names) > 1 else None)
    except Exception as error:  # GDAL and pyogrio raise many kinds
        return [LeftOut(path, f"cannot be read as vector data: {error}")]
    return found


def _layers_in(path: Path) -> list[str | None]:
    if path.suffix == ".parquet":
        return [None]
    listed = pyogrio.list_layers(path)
    return [str(name) for name, geometry in listed if geometry is not None]


def read_features(path: Path, layer: str | None = None) -> Any:
    """Return the features of a file, those without geometry as well."""
    if path.suffix == ".parquet":
        return geopandas.read_parquet(path)
    with np.errstate(invalid="ignore"):
        return geopandas.read_file(path, engine="pyogrio", layer=layer)


def _layers_of(path: Path, frame: Any, file_layer: str | None) -> list[Found | LeftOut]:
    label = file_layer or path.stem
    empty = frame.geometry.isna() | frame.geometry.is_empty
    doubts = [f"{empty.sum()} features have no geometry; left out"] if empty.any() else []
    frame = frame[~empty]
    if frame.empty:
        return [LeftOut(path, f"{label}: holds no features")]
    kinds = {KIND_OF.get(kind, kind) for kind in frame.geom_type}
    if len(kinds) > 1 or not kinds <= set(KIND_OF.values()):
        return [LeftOut(path, f"{label}: mixes {', '.join(sorted(kinds))}; split it into files")]
    if frame.crs is None:
        doubts.append("the file names no CRS; that of the grid is assumed")
    kind = kinds.pop()
    shared = {} if file_layer is None else {"file_layer": file_layer}
    described = {"lines": _lines, "polygons": _polygons, "points": _points}[kind](frame)
    return [
        Found(
            name=layer_name(label if column is None else f"{label}_{column}"),
            path=path,
            about=_about(frame, kind),
            fields={"kind": kind, **shared, **fields},
            crs=None if frame.crs is None else named_crs(frame.crs),
            bounds=tuple(frame.total_bounds),
            picture=frame if column is None else frame[[column, frame.geometry.name]],
            guesses=tuple(guesses),
            doubts=(*doubts, *more),
        )
        for column, fields, guesses, more in described
    ]


Described = tuple[str | None, dict[str, Any], list[str], list[str]]


def _lines(_frame: Any) -> list[Described]:
    return [(None, {}, ["lines: distance to the nearest"], [])]


def _polygons(frame: Any) -> list[Described]:
    column = class_column(frame)
    if column is None:
        guess = "polygons without an attribute of classes: share of the cell that they cover"
        return [(None, {}, [guess], [])]
    texts = [name for name in attributes(frame) if name != column]
    classes = frame[column].dropna().astype(str).unique()
    guesses = [
        f"column: {column}, text with {len(classes)} values ({first_few(sorted(classes))})",
        "derive: contacts, since many deposits lie at boundaries of units",
    ]
    doubts = [f"other attributes could be used instead: {first_few(texts, 10)}"] if texts else []
    return [(None, {"column": column, "derive": ["contacts"]}, guesses, doubts)]


def class_column(frame: Any) -> str | None:
    """Return the attribute of text that most likely names classes, None where there is none."""
    candidates = [
        name
        for name in attributes(frame)
        if not is_numeric_dtype(frame[name])
        and FEWEST_CLASSES <= frame[name].nunique() <= min(MAX_CLASSES, max(2, len(frame) - 1))
    ]
    named = [name for name in candidates if CLASS_NAME.search(name)]
    return min(named or candidates, key=lambda name: frame[name].nunique(), default=None)


def _points(frame: Any) -> list[Described]:
    values = value_columns(frame)
    if not values:
        doubt = "are these deposits or occurrences? Then remove the layer: it would tell the answer"
        return [(None, {}, ["points without values: distance to the nearest"], [doubt])]
    reach = _reach(frame)
    doubts = [f"values reach {reach:g} m from a point, a guess from the points' distances"]
    if len(values) > MOST_VALUES:
        doubts.append(f"only {MOST_VALUES} of {len(values)} columns of numbers were taken")
    return [_value_layer(name, reach, doubts) for name in values[:MOST_VALUES]]


def _value_layer(column: str, reach: float, doubts: list[str]) -> Described:
    unit = unit_in(column)
    fields = {"column": column, "max_distance": reach, **({"unit": unit} if unit else {})}
    return column, fields, [f"values of {column}, spread between the points"], doubts


def value_columns(frame: Any) -> list[str]:
    """Return the columns that hold measured numbers: not constant, no ids, no coordinates."""
    return [
        name
        for name in attributes(frame)
        if is_numeric_dtype(frame[name])
        and name.lower() not in ID_NAME
        and not (frame[name] == frame[name].iloc[0]).all()
    ]


def attributes(frame: Any) -> list[str]:
    """Return the names of the attributes."""
    return [str(name) for name in frame.columns if name != frame.geometry.name]


def _reach(frame: Any) -> float:
    """Return five times the median distance of neighbouring points, m, rounded."""
    metric = frame if frame.crs is None or frame.crs.is_projected else frame.to_crs(_utm(frame))
    points = np.unique(metric.geometry.get_coordinates().to_numpy(), axis=0)
    if len(points) < FEWEST_CLASSES:
        return 1000.0
    nearest = np.asarray(KDTree(points).query(points, k=2)[0])[:, 1]
    return float(f"{max(5 * np.median(nearest), 1.0):.1g}")


def _utm(frame: Any) -> Any:
    return frame.estimate_utm_crs()


def _about(frame: Any, kind: str) -> str:
    crs = "no CRS" if frame.crs is None else str(named_crs(frame.crs))
    return f"{len(frame)} {kind}, {crs}; attributes: {first_few(attributes(frame), 8) or 'none'}"
