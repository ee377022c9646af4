"""Looking at tables of samples: CSV, Parquet, folders of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
from odc.geo import CRS
from pandas.api.types import is_numeric_dtype

from mineral_prospectivity.errors import LayerError
from mineral_prospectivity.experiments.features import ID_NAME
from mineral_prospectivity.experiments.found import Found, LeftOut, unit_in
from mineral_prospectivity.experiments.nodata import hidden_nodata
from mineral_prospectivity.geo.grid import named_crs
from mineral_prospectivity.geo.layers import first_few
from mineral_prospectivity.geo.names import layer_name
from mineral_prospectivity.geo.tables import FEATURES, SampleTable, read_array_folder

if TYPE_CHECKING:
    from pathlib import Path

GEOGRAPHIC = "EPSG:4326"
COORDINATES = (
    ("x", "y"),
    ("easting", "northing"),
    ("east", "north"),
    ("utm_e", "utm_n"),
    ("xcoord", "ycoord"),
    ("x_coord", "y_coord"),
    ("longitude", "latitude"),
    ("long", "lat"),
    ("lon", "lat"),
)
DEGREES = (180.0, 90.0)


def look_at_samples(path: Path) -> list[Found | LeftOut]:
    """Return the layer in a table or a folder of arrays; or why it is none."""
    try:
        return [_arrays(path) if (path / FEATURES).exists() else _table(path)]
    except LayerError as error:
        return [LeftOut(path, str(error).removeprefix(f"{path}: "))]
    except Exception as error:  # pandas raises many kinds
        return [LeftOut(path, f"cannot be read as a table: {error}")]


def _arrays(path: Path) -> Found:
    table = read_array_folder(path)
    crs = None if table.crs is None else named_crs(table.crs)
    return _found(path, table, crs=crs, fields={}, what="a folder of arrays")


def _table(path: Path) -> Found | LeftOut:
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    names = coordinate_columns(frame)
    if names is None:
        columns = first_few(frame.columns, 10)
        return LeftOut(path, f"has no two columns of coordinates among {columns}")
    x, y = (frame[name].to_numpy(np.float64) for name in names)
    numbers = frame.drop(columns=list(names)).select_dtypes("number")
    numbers = numbers[[name for name in numbers.columns if str(name).lower() not in ID_NAME]]
    if numbers.empty:
        return LeftOut(path, f"has no column of numbers beside {names[0]} and {names[1]}")
    crs = CRS(GEOGRAPHIC) if in_degrees(x, y) else None
    fields = {"x": names[0], "y": names[1]} if names != ("x", "y") else {}
    table = SampleTable(x, y, numbers, {})
    return _found(path, table, crs=crs, fields=fields, what="a table")


def coordinate_columns(frame: pd.DataFrame) -> tuple[str, str] | None:
    """Return the columns of eastings and northings of a table, None where there are none."""
    lower = {str(name).strip().lower(): str(name) for name in frame.columns}
    for x, y in COORDINATES:
        if {x, y} <= set(lower) and all(is_numeric_dtype(frame[lower[name]]) for name in (x, y)):
            return lower[x], lower[y]
    return None


def in_degrees(x: Any, y: Any) -> bool:
    """Tell whether coordinates can be longitude and latitude."""
    return bool(np.nanmax(np.abs(x)) <= DEGREES[0] and np.nanmax(np.abs(y)) <= DEGREES[1])


def _found(
    path: Path, table: SampleTable, *, crs: CRS | None, fields: dict[str, Any], what: str
) -> Found:
    x, y, values = table.x, table.y, table.values
    doubts = [
        f"column {name!r}: {hidden.why}; replace it by an empty value in the file"
        for name in values.columns
        if (hidden := hidden_nodata(values[name].to_numpy(np.float64)))
    ]
    fields = {"kind": "table", **fields}
    columns = [str(name) for name in values.columns]
    if len(columns) == 1:
        fields["column"] = columns[0]
        unit = unit_in(columns[0])
        fields |= {"unit": unit} if unit else {}
    if crs is None:
        doubts.append("the file names no CRS; that of the grid is assumed")
    elif path.is_file():
        fields["crs"] = str(crs)
        doubts.append(f"crs: {crs}, since the coordinates look like degrees")
    points = geopandas.GeoDataFrame(values, geometry=geopandas.points_from_xy(x, y))
    return Found(
        name=layer_name(path.stem),
        path=path,
        about=f"{what} of {len(x)} samples; columns: {first_few(columns, 8)}",
        fields=fields,
        crs=crs,
        bounds=(float(x.min()), float(y.min()), float(x.max()), float(y.max())),
        picture=points,
        guesses=("table: a cell takes the mean of the samples in it, a band a column",),
        doubts=tuple(doubts),
    )
