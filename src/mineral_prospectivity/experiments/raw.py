"""Raw files of an experiment, brought to where every environment finds them."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import rasterio

if TYPE_CHECKING:
    from collections.abc import Iterable

RASTERS = (".tif", ".tiff", ".vrt", ".img", ".asc", ".ers", ".grd")
"""Endings of rasters, which may consist of several files."""

DEPOSITS = "deposits"
"""Folder of the deposits, when they lie apart from the layers."""


def place_in(raw: Path, path: Path, layers: Path) -> Path:
    """Return where a file belongs below the raw folder: as it lies among the layers."""
    if path.is_relative_to(layers):
        return raw / path.relative_to(layers)
    return raw / DEPOSITS / path.name


def parts_of(path: Path) -> set[Path]:
    """Return every file that a layer or the deposits consist of, with those that belong to it."""
    if path.is_dir():
        return {one for one in path.rglob("*") if one.is_file()}
    beside = {one for one in path.parent.glob("*") if one.is_file() and belongs(one, path)}
    return beside | sources_of(path)


def belongs(path: Path, layer: Path) -> bool:
    """Tell whether a file lies beside a layer and is called after it."""
    named = path.name == layer.name or path.name.startswith((f"{layer.name}.", f"{layer.stem}."))
    return named and path.parent == layer.parent


def sources_of(path: Path) -> set[Path]:
    """Return the files that a raster consists of, itself as well; of other files themselves."""
    found, left = {path}, [path]
    while left:
        files = {Path(os.path.normpath(name)) for name in _files(left.pop()) if Path(name).exists()}
        left += files - found
        found |= files
    return found


def _files(path: Path) -> list[str]:
    if path.suffix.lower() not in RASTERS:
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(path) as dataset:
                return list(dataset.files)
    except rasterio.errors.RasterioError:
        return []


def bring(pairs: Iterable[tuple[Path, Path]]) -> int:
    """Link files to their places, or copy them where the disk cannot; return how many.

    A link takes no space, and stays when the original is moved or deleted.
    """
    count = 0
    for source, target in pairs:
        if target.exists() and target.samefile(source):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(source.resolve(), target)
        except OSError:  # another disk, or one without links
            shutil.copy2(source, target)
        count += 1
    return count
