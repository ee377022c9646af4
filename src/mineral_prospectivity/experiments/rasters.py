"""Looking at rasters: what they show, without reading all of them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import rasterio
from pandas.api.types import is_numeric_dtype
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from mineral_prospectivity.errors import LayerError, own_words
from mineral_prospectivity.experiments.found import (
    CLASS_NAME,
    FIELD_NAME,
    MODEL_NAME,
    Found,
    LeftOut,
    unit_in,
)
from mineral_prospectivity.experiments.nodata import hidden_nodata
from mineral_prospectivity.geo.attribute_table import attribute_table, read_attribute_table
from mineral_prospectivity.geo.checks import FEW_VALUES
from mineral_prospectivity.geo.classes import MAX_CLASSES
from mineral_prospectivity.geo.grid import named_crs
from mineral_prospectivity.geo.layers import first_few
from mineral_prospectivity.geo.names import layer_name
from mineral_prospectivity.geo.nodata import known_values
from mineral_prospectivity.geo.sources import scaling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.experiments.found import Use
    from mineral_prospectivity.experiments.nodata import HiddenNodata

SIDES = (400, 200, 100, 64, 32)
"""Pixels along the side of a picture: the most that can be had quickly."""

PIXELS_READ = 2e8
"""Pixels that GDAL may have to decode for one picture."""

AMOUNTS = "ranks, counts or amounts"
COLOURS = {ColorInterp.red, ColorInterp.green, ColorInterp.blue}


def look_at_raster(path: Path) -> list[Found | LeftOut]:
    """Return the layers in a raster, one a band; or why it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as dataset:
                refused = _refusal(dataset)
                if refused:
                    return [LeftOut(path, refused)]
                return [_band(path, dataset, band) for band in dataset.indexes]
        except LayerError as error:
            return [LeftOut(path, str(error).removeprefix(f"{path}: "))]
        except RasterioError as error:
            return [LeftOut(path, f"cannot be read as a raster: {own_words(error)}")]


def _refusal(dataset: Any) -> str | None:
    if dataset.transform.is_identity and dataset.crs is None:
        return "is not georeferenced: neither CRS nor position. Georeference it in a GIS"
    if set(dataset.colorinterp) >= COLOURS:
        return "is a picture in colours (red, green, blue), not measured values"
    return None


def _band(path: Path, dataset: Any, band: int) -> Found | LeftOut:
    several = dataset.count > 1
    values, dtype = picture_of(dataset, band), dataset.dtypes[band - 1]
    if not np.isfinite(values).any():
        return LeftOut(path, f"band {band} has no value" if several else "has no value")
    hidden = hidden_nodata(values, dtype)
    if hidden:
        values = known_values(values, dtype, hidden.value)
    known = values[np.isfinite(values)]
    if known.min() == known.max():
        return LeftOut(path, f"is constant: every value is {known[0]:g}")
    name = _band_name(path, dataset, band) if several else path.stem
    entry = _entry(dataset, band, name, known, hidden)
    return Found(
        name=layer_name(name),
        path=path,
        about=_about(dataset, band, known),
        fields=entry.fields,
        crs=None if dataset.crs is None else named_crs(dataset.crs),
        bounds=_bounds(dataset),
        pixel=(abs(dataset.transform.a), abs(dataset.transform.e)),
        picture=values,
        guesses=tuple(entry.guesses),
        doubts=tuple(entry.doubts),
        use=entry.use,
    )


class _Entry(NamedTuple):
    """What the catalog would say of a band, with reasons."""

    fields: dict[str, Any]
    guesses: list[str]
    doubts: list[str]
    use: Use


def _entry(
    dataset: Any, band: int, name: str, known: NDArray[np.float64], hidden: HiddenNodata | None
) -> _Entry:
    kind, why, doubts = _kind(dataset, band, known)
    fields: dict[str, Any] = {"kind": kind}
    guesses = [f"{kind}: {why}"]
    if hidden:
        fields["nodata"] = hidden.value
        doubts = [hidden.doubt, *doubts]
    if dataset.count > 1:
        fields["band"] = band
    _describe(fields, name, dataset, band, guesses)
    if dataset.crs is None:
        doubts.append("the file names no CRS; that of the grid is assumed")
    if not (MODEL_NAME.search(name) and kind == "continuous"):
        return _Entry(fields, guesses, doubts, "layer")
    doubts.append(
        "it looks like the map of a model, which may know the deposits: only compared with. "
        "If it is measured, name it layer.<name>"
    )
    return _Entry(fields, guesses, doubts, "peer")


def picture_of(dataset: Any, band: int, nodata: float | None = None) -> NDArray[np.float64]:
    """Return pixels spread over a band, NaN where there is no value, without reading all.

    Parameters
    ----------
    nodata
        The value that means none beside what the file says.
    """
    block_rows, block_cols = dataset.block_shapes[band - 1]
    quick = dataset.overviews(band) != [] or dataset.width * dataset.height <= PIXELS_READ / 4
    side = next(
        (
            side
            for side in SIDES
            if quick
            or min(dataset.height / block_rows, side)
            * min(dataset.width / block_cols, side)
            * block_rows
            * block_cols
            <= PIXELS_READ
        ),
        SIDES[-1],
    )
    shape = min(dataset.height, side), min(dataset.width, side)
    pixels = dataset.read(band, out_shape=shape, masked=True, resampling=Resampling.nearest)
    return known_values(pixels.astype(np.float64).filled(np.nan), pixels.dtype, nodata)


def _band_name(path: Path, dataset: Any, band: int) -> str:
    return f"{path.stem}_{dataset.descriptions[band - 1] or band}"


def _kind(dataset: Any, band: int, known: NDArray[np.float64]) -> tuple[str, str, list[str]]:
    """Return continuous or categorical, why, and what is doubtful of it."""
    stem = Path(dataset.name).stem
    integers, distinct = bool((known == np.round(known)).all()), np.unique(known)
    named = bool(CLASS_NAME.search(stem))
    if attribute_table(Path(dataset.name)).exists():
        return "categorical", "it has an attribute table", []
    if dataset.colorinterp[band - 1] == ColorInterp.palette:
        return "categorical", "it has a colour table", []
    if scaling(dataset, band) != (1.0, 0.0):
        return "continuous", "its numbers have a scale or an offset, as amounts have", []
    if integers and distinct.size <= FEW_VALUES:
        doubt = f"if its numbers are {AMOUNTS}, declare kind: continuous and ordinal: true"
        why = f"only {distinct.size} integers ({_numbers(distinct)})"
        return "categorical", why, [] if named else [doubt]
    if integers and named and distinct.size <= MAX_CLASSES:
        doubt = f"{distinct.size} classes; rare ones are joined in 'other'"
        return "categorical", f"integers, and the name {stem!r} speaks of classes", [doubt]
    doubt = f"its name {stem!r} speaks of classes; then declare kind: categorical"
    return "continuous", "many values", [doubt] if named else []


def _describe(
    fields: dict[str, Any], name: str, dataset: Any, band: int, guesses: list[str]
) -> None:
    """Add unit, description and derived evidence where the file or its name suggest them."""
    unit = dataset.units[band - 1] or unit_in(name)
    if unit:
        fields["unit"] = unit
    if dataset.descriptions[band - 1]:
        fields["description"] = dataset.descriptions[band - 1]
    if fields["kind"] == "categorical":
        column = _names_in_table(Path(dataset.name))
        if column:
            fields["column"] = column
            guesses.append(f"column: {column} of the attribute table names the classes")
        else:
            guesses.append("the codes have no names: 'classes: {3: granite, 7: shale}' gives them")
        fields["derive"] = ["contacts"]
        guesses.append("derive: contacts, since many deposits lie at boundaries of units")
    elif FIELD_NAME.search(name):
        fields["derive"] = ["gradient"]
        guesses.append("derive: gradient, since edges of bodies show in it")


def _names_in_table(path: Path) -> str | None:
    """Return the column of text of a raster's attribute table, where it has one."""
    table = attribute_table(path)
    if not table.exists():
        return None
    frame = read_attribute_table(str(path), table)
    texts = [str(name) for name in frame.columns if not is_numeric_dtype(frame[name])]
    return next((name for name in texts if CLASS_NAME.search(name)), next(iter(texts), None))


def _about(dataset: Any, band: int, known: NDArray[np.float64]) -> str:
    crs = "no CRS" if dataset.crs is None else str(named_crs(dataset.crs))
    width, height = dataset.res
    return (
        f"{dataset.width} x {dataset.height} pixels of {width:g} x {height:g}, {crs}, "
        f"{dataset.dtypes[band - 1]}, {known.min():g} to {known.max():g}"
    )


def _bounds(dataset: Any) -> tuple[float, float, float, float]:
    left, bottom, right, top = dataset.bounds
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _numbers(values: NDArray[np.float64]) -> str:
    return first_few(f"{value:g}" for value in values)
