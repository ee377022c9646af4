"""Looking at the deposits: where they lie, and which attributes could choose among them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import shapely
from pandas.api.types import is_numeric_dtype

from mineral_prospectivity.errors import DepositError, ProspectivityError
from mineral_prospectivity.experiments.features import attributes
from mineral_prospectivity.experiments.samples import GEOGRAPHIC, coordinates, in_degrees
from mineral_prospectivity.geo.array_folder import FEATURES, read_array_folder
from mineral_prospectivity.geo.formats import (
    feature_layers,
    is_table,
    read_feature_file,
    read_table_file,
)
from mineral_prospectivity.geo.grid import named_crs
from mineral_prospectivity.geo.layers import name_rows
from mineral_prospectivity.geo.sample_table import table_points
from mineral_prospectivity.labels.deposits import GEOMETRIES, require_finite

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_FILTER_VALUES = 20
FILTER_NAME = re.compile(r"stat|type|class|stage|commod|size|categ|mineral|name.*dep|econ", re.I)
NO_DEPOSIT = re.compile(r"barren|anomal|prospect|reject|drill|sample|unmineral|no min|steril", re.I)
FEW = 20
"""Deposits below which scores and maps say little."""


@dataclass(frozen=True)
class FoundDeposits:
    """The deposits as they lie in their file.

    Parameters
    ----------
    path
        The file, or folder of arrays.
    about
        What the file holds, in one line.
    fields
        Its catalog entry's fields, beside type and filepath.
    frame
        The features with a geometry; without a CRS where the file names none.
    filters
        Attributes that could choose which deposits count: how often each value occurs.
    doubts
        What a person should look at.
    """

    path: Path
    about: str
    fields: dict[str, Any]
    frame: geopandas.GeoDataFrame = field(repr=False)
    filters: Mapping[str, Mapping[str, int]]
    doubts: tuple[str, ...]


def look_at_deposits(path: Path) -> FoundDeposits:
    """Return what a file of deposits holds.

    Raises
    ------
    DepositError
        If it cannot be read, or holds nothing that marks a deposit.
    """
    frame, fields, doubts = _read(path)
    frame, more = _usable(path, frame)
    filters = filter_attributes(frame)
    doubts += more + _doubtful_values(filters)
    if len(frame) < FEW:
        doubts.append(f"only {len(frame)} deposits: scores and maps will be very uncertain")
    crs = "no CRS" if frame.crs is None else str(named_crs(frame.crs))
    about = f"{len(frame)} {'/'.join(sorted(set(frame.geom_type)))}, {crs}"
    return FoundDeposits(path, about, fields, frame, filters, tuple(doubts))


def _read(path: Path) -> tuple[geopandas.GeoDataFrame, dict[str, Any], list[str]]:
    try:
        if path.is_dir():
            return _from_folder(path), {}, []
        return _from_table(path) if is_table(path) else _from_features(path)
    except ProspectivityError as error:
        raise DepositError(str(error)) from error
    except Exception as error:  # GDAL, pyogrio and pandas raise many kinds
        msg = f"{path}: cannot be read as deposits: {error}. Give points or polygons"
        raise DepositError(msg) from error


def _from_folder(path: Path) -> geopandas.GeoDataFrame:
    if not (path / FEATURES).exists():
        msg = f"{path}: is a folder without {FEATURES}. Export a geodatabase's layer to GeoPackage"
        raise DepositError(msg)
    return read_array_folder(path).deposits()


def _from_features(path: Path) -> tuple[geopandas.GeoDataFrame, dict[str, Any], list[str]]:
    names = feature_layers(path)
    if not names:
        msg = f"{path}: holds no layer with a geometry. Give points or polygons"
        raise DepositError(msg)
    frame = read_feature_file(path, names[0])
    if len(names) <= 1:
        return frame, {}, []
    doubt = f"layer {names[0]!r} was taken; there are {', '.join(map(str, names))}"
    return frame, {"layer": names[0]}, [doubt]


def _from_table(path: Path) -> tuple[geopandas.GeoDataFrame, dict[str, Any], list[str]]:
    table = read_table_file(path)
    names, x, y = coordinates(path, table)
    frame = geopandas.GeoDataFrame(table, geometry=table_points(x, y))
    fields = {"x": names[0], "y": names[1]} if names != ("x", "y") else {}
    if not in_degrees(x, y):
        return frame, fields, []
    doubt = f"crs: {GEOGRAPHIC}, since the coordinates look like degrees"
    return frame.set_crs(GEOGRAPHIC), {**fields, "crs": GEOGRAPHIC}, [doubt]


def _usable(path: Path, frame: geopandas.GeoDataFrame) -> tuple[geopandas.GeoDataFrame, list[str]]:
    doubts, frame = [], frame.reset_index(drop=True)  # a GeoParquet may bring an index of its own
    empty = (frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    if empty.any():
        doubts.append(f"no geometry in {name_rows(np.flatnonzero(empty))}; they are left out")
        frame = frame[~empty]
    kinds = set(frame.geom_type)
    if frame.empty or not kinds <= GEOMETRIES:
        held = ", ".join(sorted(kinds - GEOMETRIES)) or "nothing"
        msg = f"{path}: holds {held}, which marks no deposit. Give points or polygons"
        raise DepositError(msg)
    require_finite(frame, "no finite coordinates in", "correct or remove them")
    flat = shapely.to_wkb(shapely.normalize(shapely.force_2d(frame.geometry.array)))
    repeated = len(flat) - len(set(flat))
    if repeated:
        doubts.append(f"{repeated} lie exactly where another does; each place counts once")
    if frame.crs is None:
        doubts.append("the file names no CRS; that of the grid is assumed")
    return frame, doubts


def filter_attributes(frame: geopandas.GeoDataFrame) -> dict[str, dict[str, int]]:
    """Return the attributes that could choose which deposits count, the likeliest first."""
    found = {}
    for name in attributes(frame):
        column = frame[name].dropna()
        few = 1 < column.nunique() <= min(MOST_FILTER_VALUES, len(column) / 2)
        text = not is_numeric_dtype(column)
        if few and (text or FILTER_NAME.search(name)):
            found[name] = {value: int(count) for value, count in column.value_counts().items()}
    return dict(sorted(found.items(), key=lambda item: not FILTER_NAME.search(item[0])))


def _doubtful_values(filters: Mapping[str, Mapping[str, int]]) -> list[str]:
    return [
        f"{name}: {count} are {value!r}: do they count? See labels.include in parameters.yml"
        for name, counts in filters.items()
        for value, count in counts.items()
        if NO_DEPOSIT.search(str(value))
    ]
