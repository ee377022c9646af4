"""Reading files of features and tables: by their suffix, whatever its case."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
from pandas.api.types import is_object_dtype
from pyarrow import ArrowException
from pyarrow.parquet import read_schema

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.columns import with_points

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

NESTED = (list, tuple, set, dict, np.ndarray)
"""What an attribute of GeoJSON or Parquet may hold in place of one value."""


def is_table(path: Path) -> bool:
    """Tell whether a file is a table without geometry: CSV, or Parquet that is no GeoParquet."""
    suffix = path.suffix.lower()
    return suffix == ".csv" or (suffix == ".parquet" and not _is_geographic(path))


def read_table_file(path: Path) -> pd.DataFrame:
    """Return the rows of a Parquet or CSV file.

    A CSV has commas between its columns, or semicolons, as spreadsheets write it where numbers
    have decimal commas; it is in UTF-8, or in the encoding of Windows in western Europe. Lists
    become text: ``Cu, Au``.
    """
    if _is_parquet(path):
        table: pd.DataFrame = _with_text_for_lists(pd.read_parquet(path))
        return table
    dialect = _dialect(path)
    try:
        table = pd.read_csv(path, **dialect)
    except UnicodeDecodeError:
        table = pd.read_csv(path, **dialect, encoding="cp1252")
    return with_points(table) if dialect["decimal"] == "," else table


def feature_layers(path: Path) -> list[str | None]:
    """Return the names of the layers with a geometry in a file; None for that of a GeoParquet."""
    if _is_parquet(path):
        return [None]
    return [str(name) for name, geometry in pyogrio.list_layers(path) if geometry is not None]


def read_feature_file(path: Path, layer: str | None = None) -> Any:
    """Return the features of a file, those without geometry as well.

    Of several geometries a feature keeps the one that its file names first. Lists become text:
    ``Cu, Au``.

    Returns
    -------
    geopandas.GeoDataFrame
        A plain DataFrame where the file holds a table without geometry.

    Raises
    ------
    ConfigurationError
        If there is no such layer, or none is named and there are several.
    """
    return _with_text_for_lists(_read_features(path, layer))


def _read_features(path: Path, layer: str | None) -> Any:
    if _is_parquet(path):
        if not _is_geographic(path):
            return pd.read_parquet(path)
        return _with_one_geometry(path, geopandas.read_parquet(path))
    _require_layer(path, layer)
    # Coordinates that are NaN are refused in words where features are used; NumPy need not warn.
    with np.errstate(invalid="ignore"):
        return geopandas.read_file(path, engine="pyogrio", layer=layer)


def _require_layer(path: Path, layer: str | None) -> None:
    names = feature_layers(path)
    found = ", ".join(map(str, names))
    if layer is None and len(names) > 1:
        msg = f"holds several layers: {found}. Name one"
        raise ConfigurationError(msg)
    if layer is not None and names and layer not in names:
        msg = f"has no layer {layer!r} with a geometry, only {found}. Name another"
        raise ConfigurationError(msg)


def _with_one_geometry(path: Path, frame: Any) -> Any:
    own = frame.geometry.name
    others = [name for name in frame.columns[frame.dtypes == "geometry"] if name != own]
    if others:
        logger.warning("%s: the geometry is %r; left out: %s", path, own, ", ".join(others))
    return frame.drop(columns=others)


def _with_text_for_lists(frame: Any) -> Any:
    """Return a table in which a column of lists or the like is one of text.

    Neither can such values be compared with others, nor does a GeoPackage hold them.
    """
    nested = [
        name
        for name in frame.columns
        if is_object_dtype(frame[name]) and any(isinstance(value, NESTED) for value in frame[name])
    ]
    return frame.assign(**{str(name): frame[name].map(_text_of_list) for name in nested})


def _text_of_list(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, default=str, ensure_ascii=False)
    return ", ".join(map(str, value)) if isinstance(value, NESTED) else value


def _dialect(path: Path) -> dict[str, Any]:
    """Return what separates columns, and what decimals; spaces after the one mean nothing."""
    with path.open(encoding="latin-1") as file:  # which reads any byte
        head = file.readline()
    sep, decimal = (";", ",") if head.count(";") > head.count(",") else (",", ".")
    return {"sep": sep, "decimal": decimal, "skipinitialspace": True}


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _is_geographic(path: Path) -> bool:
    try:
        return b"geo" in (read_schema(path).metadata or {})
    except (ArrowException, OSError):
        return False  # damaged: whoever reads it as a table says so
