"""Reading files of features and tables: by their suffix, whatever its case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
from pyarrow import ArrowException
from pyarrow.parquet import read_schema

from mineral_prospectivity.geo.columns import with_points

if TYPE_CHECKING:
    from pathlib import Path


def is_table(path: Path) -> bool:
    """Tell whether a file is a table without geometry: CSV, or Parquet that is no GeoParquet."""
    suffix = path.suffix.lower()
    return suffix == ".csv" or (suffix == ".parquet" and not _is_geographic(path))


def read_table_file(path: Path) -> pd.DataFrame:
    """Return the rows of a Parquet or CSV file.

    A CSV has commas between its columns, or semicolons, as spreadsheets write it where numbers
    have decimal commas; it is in UTF-8, or in the encoding of Windows in western Europe.
    """
    if _is_parquet(path):
        return pd.read_parquet(path)
    separator, decimal = _dialect(path)
    try:
        table = pd.read_csv(path, sep=separator, decimal=decimal)
    except UnicodeDecodeError:
        table = pd.read_csv(path, sep=separator, decimal=decimal, encoding="cp1252")
    return with_points(table) if decimal == "," else table


def feature_layers(path: Path) -> list[str | None]:
    """Return the names of the layers with a geometry in a file; None for that of a GeoParquet."""
    if _is_parquet(path):
        return [None]
    return [str(name) for name, geometry in pyogrio.list_layers(path) if geometry is not None]


def read_feature_file(path: Path, layer: str | None = None) -> Any:
    """Return the features of a file, those without geometry as well.

    Returns
    -------
    geopandas.GeoDataFrame
        A plain DataFrame where the file holds a table without geometry.
    """
    if _is_parquet(path):
        return geopandas.read_parquet(path) if _is_geographic(path) else pd.read_parquet(path)
    # Coordinates that are NaN are refused in words where features are used; NumPy need not warn.
    with np.errstate(invalid="ignore"):
        return geopandas.read_file(path, engine="pyogrio", layer=layer)


def _dialect(path: Path) -> tuple[str, str]:
    """Return what separates columns, and what decimals."""
    with path.open(encoding="latin-1") as file:  # which reads any byte
        head = file.readline()
    return (";", ",") if head.count(";") > head.count(",") else (",", ".")


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _is_geographic(path: Path) -> bool:
    try:
        return b"geo" in (read_schema(path).metadata or {})
    except (ArrowException, OSError):
        return False  # damaged: whoever reads it as a table says so
