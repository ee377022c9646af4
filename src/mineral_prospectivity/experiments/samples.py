"""Looking at tables of samples: CSV, Parquet, folders of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from odc.geo import CRS

from mineral_prospectivity.errors import LayerError
from mineral_prospectivity.experiments.columns import value_columns
from mineral_prospectivity.experiments.found import Found, LeftOut, unit_in
from mineral_prospectivity.experiments.nodata import below_detection, hidden_nodata
from mineral_prospectivity.experiments.scattered import column_alone, scattered, value_layers
from mineral_prospectivity.geo.array_folder import FEATURES, read_array_folder
from mineral_prospectivity.geo.columns import is_measured, numbers
from mineral_prospectivity.geo.formats import read_table_file
from mineral_prospectivity.geo.grid import named_crs
from mineral_prospectivity.geo.layers import first_few
from mineral_prospectivity.geo.names import layer_name
from mineral_prospectivity.geo.sample_table import SampleTable, require_finite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

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
    """Return the layers in a table or a folder of arrays; or why there is none.

    A column of scattered samples is a layer, spread between them; a table of a lattice, such as one
    of the centres of cells, is one layer of means.
    """
    try:
        return [_arrays(path)] if (path / FEATURES).exists() else _table(path)
    except LayerError as error:
        return [LeftOut(path, str(error).removeprefix(f"{path}: "))]
    except Exception as error:  # pandas raises many kinds
        return [LeftOut(path, f"cannot be read as a table: {error}")]


def _arrays(path: Path) -> Found:
    table = read_array_folder(path)
    crs = None if table.crs is None else named_crs(table.crs)
    return _found(path, table, crs=crs, fields={}, what="a folder of arrays")


def _table(path: Path) -> list[Found | LeftOut]:
    frame = read_table_file(path)
    names, x, y = coordinates(path, frame)
    require_finite(str(path), x, y)
    rest = frame.drop(columns=list(names))
    columns, doubts = value_columns(rest)
    if not columns:
        why = "; ".join([f"has no column of numbers beside {names[0]} and {names[1]}", *doubts])
        return [LeftOut(path, why)]
    crs = CRS(GEOGRAPHIC) if in_degrees(x, y) else None
    fields: dict[str, Any] = {"x": names[0], "y": names[1]} if names != ("x", "y") else {}
    if len(columns) < sum(is_measured(rest[name]) for name in rest.columns):
        fields["column"] = columns
    values = pd.DataFrame({name: numbers(str(path), rest, name) for name in columns})
    table = SampleTable(x, y, values, {})
    if scattered(x, y):
        layers = list(_scattered(path, table, crs=crs, fields=fields, doubts=doubts))
        if layers:
            return [*layers]
    return [_found(path, table, crs=crs, fields=fields, doubts=doubts, what="a table")]


def _scattered(
    path: Path,
    table: SampleTable,
    *,
    crs: CRS | None,
    fields: dict[str, Any],
    doubts: list[str],
) -> Iterator[Found]:
    """Yield a layer for each column of samples that lie in no lattice."""
    own, of_place = _place(crs)
    frame = _picture(table.x, table.y, table.values, crs)
    described = value_layers(frame, [str(name) for name in table.values], [*of_place, *doubts])
    for column, values, guesses, more in described:
        yield Found(
            name=layer_name(f"{path.stem}_{column}"),
            path=path,
            about=_about("a table", table),
            fields={"kind": "table", **fields, **own, **values},
            crs=crs,
            bounds=tuple(frame.total_bounds),
            picture=column_alone(frame, column, values.get("nodata")),
            guesses=tuple(guesses),
            doubts=tuple(more),
        )


def coordinates(
    path: Path, frame: pd.DataFrame
) -> tuple[tuple[str, str], NDArray[np.float64], NDArray[np.float64]]:
    """Return the names of the columns of eastings and northings of a table, and the numbers.

    Raises
    ------
    LayerError
        If there are none, text among them, or no rows.
    """
    if frame.empty:
        msg = f"{path}: has no rows. Give one for each sample"
        raise LayerError(msg)
    lower = {str(name).strip().lower(): name for name in frame.columns if is_measured(frame[name])}
    names = next(((lower[x], lower[y]) for x, y in COORDINATES if {x, y} <= set(lower)), None)
    if names is None:
        msg = (
            f"{path}: has no two columns of coordinates among {first_few(frame.columns, 10)}. Name "
            "them x and y, easting and northing, or longitude and latitude"
        )
        raise LayerError(msg)
    x, y = (numbers(str(path), frame, name) for name in names)
    return names, x, y


def in_degrees(x: Any, y: Any) -> bool:
    """Tell whether coordinates can be longitude and latitude."""
    return bool(np.nanmax(np.abs(x)) <= DEGREES[0] and np.nanmax(np.abs(y)) <= DEGREES[1])


def _found(
    path: Path,
    table: SampleTable,
    *,
    crs: CRS | None,
    fields: dict[str, Any],
    what: str,
    doubts: Iterable[str] = (),
) -> Found:
    x, y, values = table.x, table.y, table.values
    nodata, hidden = _hidden(values)
    doubts = [*hidden, *doubts]
    fields = {"kind": "table", **fields, **({} if nodata is None else {"nodata": nodata})}
    columns = [str(name) for name in values.columns]
    if len(columns) == 1:
        fields["column"] = columns[0]
    units = {unit_in(name) for name in columns}
    if len(units) == 1:
        fields |= {"unit": unit} if (unit := units.pop()) else {}
    elif units:
        doubts.append("its columns differ in unit, and a layer has one: only their names say it")
    own, of_place = _place(crs) if path.is_file() or crs is None else ({}, [])
    shown = values if nodata is None else values.where(values != nodata)
    return Found(
        name=layer_name(path.stem),
        path=path,
        about=_about(what, table),
        fields={**fields, **own},
        crs=crs,
        bounds=(float(x.min()), float(y.min()), float(x.max()), float(y.max())),
        picture=_picture(x, y, shown, crs),
        guesses=("table: a cell takes the mean of the samples in it, a band a column",),
        doubts=(*doubts, *of_place),
    )


def _place(crs: CRS | None) -> tuple[dict[str, Any], list[str]]:
    """Return the field of a table's CRS, and what is doubtful of it."""
    if crs is None:
        return {}, ["the file names no CRS; that of the grid is assumed"]
    return {"crs": str(crs)}, [f"crs: {crs}, since the coordinates look like degrees"]


def _about(what: str, table: SampleTable) -> str:
    return f"{what} of {len(table.x)} samples; columns: {first_few(table.values.columns, 8)}"


def _picture(x: Any, y: Any, values: pd.DataFrame, crs: CRS | None) -> gpd.GeoDataFrame:
    points = gpd.points_from_xy(x, y)
    return gpd.GeoDataFrame(values, geometry=points, crs=None if crs is None else crs.wkt)


def _hidden(values: pd.DataFrame) -> tuple[float | None, list[str]]:
    """Return the value that means none in a table, where there seems to be one, and why."""
    columns = {str(name): values[name].to_numpy() for name in values.columns}
    found = {
        name: hidden
        for name, column in columns.items()
        if (hidden := hidden_nodata(column.astype(np.float64), column.dtype))
    }
    nodata = next((hidden.value for hidden in found.values()), None)
    limits = {
        name: why
        for name, column in columns.items()
        if name not in found and (why := below_detection(column.astype(np.float64)))
    }
    return nodata, [
        *(
            f"column {name!r}: {hidden.doubt}"
            if hidden.value == nodata
            else f"column {name!r}: {hidden.why}. If so, leave it empty in the file"
            for name, hidden in found.items()
        ),
        *(f"column {name!r}: {why}" for name, why in limits.items()),
    ]
