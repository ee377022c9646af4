"""Which files of a folder are layers."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.experiments.features import look_at_features
from mineral_prospectivity.experiments.found import Found, LeftOut, distinct_name
from mineral_prospectivity.experiments.rasters import look_at_raster
from mineral_prospectivity.experiments.raw import RASTERS, belongs, sources_of
from mineral_prospectivity.experiments.samples import look_at_samples
from mineral_prospectivity.geo.array_folder import FEATURES
from mineral_prospectivity.geo.formats import is_table
from mineral_prospectivity.geo.layers import first_few

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Look = Callable[[Path], list[Found | LeftOut]]

VECTORS = (".gpkg", ".shp", ".geojson", ".fgb")
READERS: dict[str, Look] = {
    **dict.fromkeys(RASTERS, look_at_raster),
    **dict.fromkeys(VECTORS, look_at_features),
    ".csv": look_at_samples,
}
UNREAD = {
    ".gdb": "an Esri geodatabase: export its layers to GeoPackage",
    ".kml": "KML: save it as GeoPackage",
    ".tab": "MapInfo: save it as GeoPackage",
    ".xlsx": "a spreadsheet: save it as CSV",
    ".zip": "packed: unpack it",
    ".json": "JSON: if it is GeoJSON, name it .geojson",
    ".nc": "NetCDF: save its variables as GeoTIFF",
}
UNKNOWN = "in no format of layers: if it is one, save it as GeoTIFF, GeoPackage or CSV"
ARRAYS = (".npy", ".json")
"""Endings of files that a folder of arrays consists of."""


def look_at_folder(folder: Path, deposits: Path) -> tuple[list[Found], list[LeftOut]]:
    """Return the layers in a folder and below it, and all else in it that belongs to none.

    Parameters
    ----------
    deposits
        Their file, which is no layer.

    Raises
    ------
    ConfigurationError
        If there is no layer.
    """
    looked = [one for path in _candidates(folder, deposits) for one in _look(path, folder)]
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
    """Return all that may be a layer: what belongs to none, and is no part of one."""
    listed = _listed(folder)
    known = [path for path in listed if _is_known(path)]
    taken = {deposits.resolve()}
    for path in known:
        if not _outside(path, folder):
            taken |= {part.resolve() for part in sources_of(path) - {path}}
    return [
        path
        for path in listed
        if path.resolve() not in taken
        and (path in known or not any(belongs(path, one) for one in known))
    ]


def _listed(folder: Path) -> list[Path]:
    """Return the files in a folder and below it, those of arrays and geodatabases as one."""
    every = [path for path in sorted(folder.rglob("*")) if not _hidden(path, folder)]
    arrays = {path.parent for path in every if path.name == FEATURES}
    bases = {path for path in every if path.suffix.lower() == ".gdb" and path.is_dir()}
    files = [
        path
        for path in every
        if (path.is_symlink() or not path.is_dir())
        and not bases.intersection(path.parents)
        and not (path.suffix in ARRAYS and arrays.intersection(path.parents))
    ]
    return [*files, *sorted(arrays | bases)]


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _is_known(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() in (*READERS, ".parquet", *UNREAD)


def _outside(path: Path, folder: Path) -> list[Path]:
    """Return the files of a raster that do not lie in the folder or below it."""
    return sorted(one for one in sources_of(path) if not one.is_relative_to(folder))


def _look(path: Path, folder: Path) -> list[Found | LeftOut]:
    suffix = path.suffix.lower()
    refused = _refusal(path, folder)
    if refused:
        return [LeftOut(path, refused)]
    if path.is_dir():
        return look_at_samples(path)
    if suffix == ".parquet":
        return look_at_samples(path) if is_table(path) else look_at_features(path)
    return READERS[suffix](path)


def _refusal(path: Path, folder: Path) -> str | None:
    """Return why a file is no layer, before it is opened; None where it may be one."""
    if path.is_symlink() and not path.is_file():
        return "a link to a folder, or to nothing: put the files themselves there"
    if not _is_known(path) or path.suffix.lower() in UNREAD:
        return UNREAD.get(path.suffix.lower(), UNKNOWN)
    if any((one / FEATURES).exists() for one in path.parents if one.is_relative_to(folder)):
        return f"in a folder with {FEATURES}, which is a layer as a whole: move it out"
    outside = _outside(path, folder)
    if not outside:
        return None
    files = first_few(os.path.relpath(one, path.parent) for one in outside)
    return f"consists of files outside the folder ({files}): give the folder that holds them all"


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
