"""Signs that a layer was declared wrongly, or says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rasterio.enums import ColorInterp, Resampling

from mineral_prospectivity.errors import LayerError
from mineral_prospectivity.geo.areas import attribute
from mineral_prospectivity.geo.attribute_table import attribute_table, attribute_table_names
from mineral_prospectivity.geo.grid import diagonal
from mineral_prospectivity.geo.layers import first_few
from mineral_prospectivity.geo.points import point_values, sample_coordinates
from mineral_prospectivity.geo.sources import open_raster, raster_source, scaling
from mineral_prospectivity.geo.tables import read_table
from mineral_prospectivity.geo.vectors import read_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.layers import EvidenceLayer
    from mineral_prospectivity.geo.raster import Raster

FEW_VALUES = 32
"""Integer rasters with no more distinct values than this are taken for maps of classes."""

_SAMPLE_SIDE = 1000


def check_layers(layers: Iterable[EvidenceLayer], grid: GeoBox, *, reproject: bool = True) -> None:
    """Refuse layers whose files show, before any is aligned, that they cannot become evidence.

    What only the values on the grid show is found when the layer is aligned.

    Raises
    ------
    LayerError
        With all layers that have no CRS, have another than the grid's while ``reproject`` is
        false, lie outside the grid, want a radius that spans it, are damaged, hold classes and are
        declared continuous, or want of a column what it does not hold.
    """
    problems = []
    for layer in layers:
        try:
            refuse_wide_radii(layer, grid)
            _CHECKS[layer.spec.kind](layer, grid, reproject)
        except LayerError as error:
            problems.append(str(error))
    if problems:
        raise LayerError("\n".join(problems))


def _check_continuous(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> None:
    raster_source(layer, grid, reproject=reproject)
    refuse_classes(layer)


def _check_categorical(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> None:
    raster_source(layer, grid, reproject=reproject)
    attribute_table_names(layer)


def _check_lines(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> None:
    read_vector(layer, grid, reproject=reproject)


def _check_points(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> None:
    frame = read_vector(layer, grid, reproject=reproject)
    if layer.spec.column:
        point_values(layer, frame)


def _check_polygons(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> None:
    frame = read_vector(layer, grid, reproject=reproject)
    if layer.spec.column:
        attribute(layer, grid, frame)


def _check_table(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> None:
    sample_coordinates(layer, read_table(layer), grid, reproject=reproject)


_CHECKS: dict[str, Callable[[EvidenceLayer, GeoBox, bool], None]] = {
    "continuous": _check_continuous,
    "categorical": _check_categorical,
    "lines": _check_lines,
    "points": _check_points,
    "polygons": _check_polygons,
    "table": _check_table,
}


def refuse_wide_radii(layer: EvidenceLayer, grid: GeoBox) -> None:
    """Raise a LayerError when evidence is wanted within a radius that spans the whole grid."""
    across = diagonal(grid)
    for name, radius in layer.spec.derive.radii():
        if radius > across:
            msg = (
                f"derive: {name}: {radius:g} m is more than the grid is wide and high "
                f"({across:.0f} m from corner to corner). Give a smaller radius, in metres"
            )
            raise layer.error(msg)


def require_variation(layer: EvidenceLayer, raster: Raster) -> None:
    """Raise a LayerError when a band has no value on the map, or none of them varies.

    Reading stops as soon as one band is seen to vary and every band to have a value.
    """
    low, high = np.full((2, len(raster.bands)), np.nan)
    for _, values in raster.blocks():
        flat = values.reshape(len(raster.bands), -1)
        low = np.fmin(low, np.fmin.reduce(flat, axis=1))
        high = np.fmax(high, np.fmax.reduce(flat, axis=1))
        if (low < high).any() and not np.isnan(low).any():
            return
    empty = [name for name, least in zip(raster.names, low, strict=True) if np.isnan(least)]
    if len(empty) == len(raster.names):
        msg = "has no value on the grid. Check nodata, grid.bounds, or remove the layer"
        raise layer.error(msg)
    if empty:
        which = f"band {empty[0]!r} has" if len(empty) == 1 else f"bands {', '.join(empty)} have"
        msg = (
            f"{which} no value on the grid. Check nodata and grid.bounds, or leave out the column "
            "or derive that asks for it"
        )
        raise layer.error(msg)
    raise layer.error(_constant(layer, raster.names, low))


def _constant(layer: EvidenceLayer, names: Sequence[str], values: NDArray[np.floating]) -> str:
    if len(names) == 1 or names[0] == layer.name:  # the others are derived of it
        return f"is constant: every value on the grid is {values[0]:g}. Remove the layer"
    each = ", ".join(f"{name} {value:g}" for name, value in zip(names, values, strict=True))
    return f"is constant: every band has one value on the grid ({each}). Remove the layer"


def refuse_classes(layer: EvidenceLayer) -> None:
    """Raise a LayerError when a layer declared continuous looks like a map of classes.

    The signs are an attribute table or a colour table, or few distinct integer values.
    """
    if layer.spec.ordinal:
        return
    sign = _sign_of_classes(layer)
    if sign:
        msg = (
            f"is declared continuous and {sign}, like a map of classes. Declare kind: categorical, "
            "or ordinal: true if its numbers are ranks or counts"
        )
        raise layer.error(msg)


def _sign_of_classes(layer: EvidenceLayer) -> str | None:
    if attribute_table(layer.path).exists():
        return "has an attribute table"
    with open_raster(layer) as dataset:
        band = layer.spec.band
        if dataset.colorinterp[band - 1] == ColorInterp.palette:
            return "has a colour table"
        of_amounts = scaling(dataset, band) != (1.0, 0.0)
        if of_amounts or not np.issubdtype(dataset.dtypes[band - 1], np.integer):
            return None
        shape = min(dataset.height, _SAMPLE_SIDE), min(dataset.width, _SAMPLE_SIDE)
        sample = dataset.read(band, out_shape=shape, masked=True, resampling=Resampling.nearest)
        found = np.unique(sample.compressed())
    found = found[found != layer.spec.nodata] if layer.spec.nodata is not None else found
    if found.size > FEW_VALUES:
        return None
    return f"holds only {found.size} different integers ({first_few(found)})"
