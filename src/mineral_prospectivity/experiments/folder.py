"""Which files of a folder are layers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.experiments.features import look_at_features
from mineral_prospectivity.experiments.found import Found, LeftOut, distinct_name
from mineral_prospectivity.experiments.rasters import look_at_raster
from mineral_prospectivity.experiments.samples import look_at_samples
from mineral_prospectivity.geo.formats import is_table
from mineral_prospectivity.geo.tables import FEATURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Look = Callable[[Path], list[Found | LeftOut]]

RASTERS = (".tif", ".tiff", ".vrt", ".img", ".asc", ".ers", ".grd")
VECTORS = (".gpkg", ".shp", ".geojson", ".fgb")
READERS: dict[str, Look] = {
    **dict.fromkeys(RASTERS, look_at_raster),
    **dict.fromkeys(VECTORS, look_at_features),
    ".csv": look_at_samples,
}
BESIDE = (".aux.xml", ".ovr", ".vat.dbf", ".prj", ".cpg", ".dbf", ".shx", ".qmd", ".sbn", ".sbx")
"""Endings of files that belong to another."""

UNREAD = {
    ".gdb": "an Esri geodatabase: export its layers to GeoPackage",
    ".kml": "KML: save it as GeoPackage",
    ".tab": "MapInfo: save it as GeoPackage",
    ".xlsx": "a spreadsheet: save it as CSV",
    ".zip": "packed: unpack it",
    ".json": "JSON: if it is GeoJSON, name it .geojson",
}


def look_at_folder(folder: Path, deposits: Path) -> tuple[list[Found], list[LeftOut]]:
    """Return the layers in a folder and below it, and the files that are none.

    Parameters
    ----------
    deposits
        Their file, which is no layer.

    Raises
    ------
    ConfigurationError
        If there is no layer.
    """
    looked = [one for path in _candidates(folder, deposits) for one in _look(path)]
    found = [one for one in looked if isinstance(one, Found)]
    left_out = [one for one in looked if isinstance(one, LeftOut)]
    found, repeated = _without_copies(found)
    if not found:
        reasons = "\n".join(f"  - {one.path.name}: {one.why}" for one in left_out)
        msg = f"{folder}: holds no layer. It takes {_endings()}" + f"\n{reasons}" * bool(reasons)
        raise ConfigurationError(msg)
    return _distinctly_named(found), [*left_out, *repeated]


def _endings() -> str:
    return f"{', '.join(READERS)}, .parquet, and folders with {FEATURES}"


def _candidates(folder: Path, deposits: Path) -> list[Path]:
    arrays = sorted(path.parent for path in folder.rglob(FEATURES))
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.name.startswith(".")
        and not any(path.is_relative_to(one) for one in arrays)
        and not _hidden(path, folder)
    ]
    parts = _parts_of_virtual(files)
    layers = [path for path in files if _is_layer(path) and path.resolve() not in parts]
    return [path for path in [*layers, *arrays] if path.resolve() != deposits.resolve()]


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _is_layer(path: Path) -> bool:
    name = path.name.lower()
    known = path.suffix.lower() in (*READERS, ".parquet", *UNREAD)
    return known and not name.endswith(BESIDE)


def _parts_of_virtual(files: Iterable[Path]) -> set[Path]:
    """Return the files of which virtual rasters are made: they are no layers of their own."""
    parts: set[Path] = set()
    for path in files:
        if path.suffix.lower() == ".vrt":
            parts |= {one for one in sources_of(path) if one != path.resolve()}
    return parts


def sources_of(path: Path) -> list[Path]:
    """Return the files that a virtual raster consists of, itself as well."""
    try:
        with rasterio.open(path) as dataset:
            return [Path(name).resolve() for name in dataset.files if Path(name).exists()]
    except rasterio.errors.RasterioError:
        return [path.resolve()]


def _look(path: Path) -> list[Found | LeftOut]:
    suffix = path.suffix.lower()
    if path.is_dir():
        return look_at_samples(path)
    if suffix in UNREAD:
        return [LeftOut(path, UNREAD[suffix])]
    if suffix == ".parquet":
        return look_at_samples(path) if is_table(path) else look_at_features(path)
    return READERS[suffix](path)


def _without_copies(found: list[Found]) -> tuple[list[Found], list[LeftOut]]:
    """Leave out rasters that show exactly what another does: they would count twice."""
    seen: dict[bytes, Found] = {}
    kept, copies = [], []
    for one in found:
        key = one.picture.tobytes() if isinstance(one.picture, np.ndarray) else None
        first = seen.get(key) if key is not None else None
        if first is not None and first.bounds == one.bounds:
            copies.append(LeftOut(one.path, f"shows exactly what {first.path.name} shows"))
            continue
        if key is not None:
            seen[key] = one
        kept.append(one)
    return kept, copies


def _distinctly_named(found: list[Found]) -> list[Found]:
    named: list[Found] = []
    for one in found:
        name = distinct_name(one.name, [other.name for other in named])
        named.append(replace(one, name=name))
    return named
