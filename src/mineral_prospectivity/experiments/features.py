"""Looking at vector files: lines, points, polygons, and what their attributes may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pandas.api.types import is_numeric_dtype

from mineral_prospectivity.experiments.columns import value_columns
from mineral_prospectivity.experiments.found import CLASS_NAME, Found, LeftOut
from mineral_prospectivity.experiments.scattered import column_alone, value_layers
from mineral_prospectivity.geo.classes import MAX_CLASSES
from mineral_prospectivity.geo.formats import feature_layers, read_feature_file
from mineral_prospectivity.geo.grid import named_crs
from mineral_prospectivity.geo.layers import first_few
from mineral_prospectivity.geo.names import clash_words, first_clash, layer_name
from mineral_prospectivity.geo.vectors import COLLECTION, KIND_OF, taken_apart

if TYPE_CHECKING:
    from pathlib import Path


FEWEST_CLASSES = 2


def look_at_features(path: Path) -> list[Found | LeftOut]:
    """Return the layers in a vector file; or why it holds none."""
    try:
        names = feature_layers(path)
        found: list[Found | LeftOut] = []
        for name in names:
            frame = read_feature_file(path, name)
            found += _layers_of(path, frame, name if len(names) > 1 else None)
    except Exception as error:  # GDAL and pyogrio raise many kinds
        return [LeftOut(path, f"cannot be read as vector data: {error}")]
    return found or [LeftOut(path, "holds no layer with a geometry")]


def _layers_of(path: Path, frame: Any, file_layer: str | None) -> list[Found | LeftOut]:
    label = file_layer or path.stem
    empty = frame.geometry.isna() | frame.geometry.is_empty
    doubts = [f"{empty.sum()} features have no geometry; left out"] if empty.any() else []
    frame = frame[~empty]
    if frame.empty:
        return [LeftOut(path, f"{label}: holds no features")]
    kinds = {KIND_OF.get(kind, kind) for kind in frame.geom_type}
    kinds = kinds - {COLLECTION} or kinds
    if len(kinds) > 1 or not kinds <= set(KIND_OF.values()):
        return [LeftOut(path, f"{label}: mixes {', '.join(sorted(kinds))}; split it into files")]
    if frame.crs is None:
        doubts.append("the file names no CRS; that of the grid is assumed")
    kind = kinds.pop()
    if mixed := int((frame.geom_type == COLLECTION).sum()):
        doubts.append(f"{mixed} of {len(frame)} features collect geometries: their {kind} count")
        frame = taken_apart(frame, kind)
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
            picture=frame if column is None else column_alone(frame, column, fields.get("nodata")),
            guesses=tuple(guesses),
            doubts=(*doubts, *more),
        )
        for column, fields, guesses, more in described
    ]


Described = tuple[str | None, dict[str, Any], list[str], list[str]]
"""A column, where the layer has one, its fields, and what was guessed and is doubtful."""


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
    if alike := first_clash(classes):
        doubts.insert(0, f"{clash_words(*alike)} in column {column!r} of the file")
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
    values, doubts = value_columns(frame.drop(columns=frame.geometry.name))
    layers = value_layers(frame, values, doubts)
    if not layers:
        doubt = "are these deposits or occurrences? Then remove the layer: it would tell the answer"
        return [(None, {}, ["points without values: distance to the nearest"], [doubt, *doubts])]
    return list(layers)


def attributes(frame: Any) -> list[str]:
    """Return the names of the attributes."""
    return [str(name) for name in frame.columns if name != frame.geometry.name]


def _about(frame: Any, kind: str) -> str:
    crs = "no CRS" if frame.crs is None else str(named_crs(frame.crs))
    return f"{len(frame)} {kind}, {crs}; attributes: {first_few(attributes(frame), 8) or 'none'}"
