"""From declared layers to bands of evidence on the grid of the experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.areas import attribute, covered
from mineral_prospectivity.geo.attribute_table import attribute_table_names
from mineral_prospectivity.geo.bands import Band, require_own_names
from mineral_prospectivity.geo.checks import refuse_classes, refuse_wide_radii, require_variation
from mineral_prospectivity.geo.classes import ClassMap, class_map
from mineral_prospectivity.geo.density import amounts_of_lines, amounts_of_points, density
from mineral_prospectivity.geo.extent import common_bounds
from mineral_prospectivity.geo.focal import disc_mean, gradient, neighbourhood, with_focal
from mineral_prospectivity.geo.names import class_name
from mineral_prospectivity.geo.points import spread_values, table_values
from mineral_prospectivity.geo.proximity import (
    distance_to_class,
    distance_to_geometries,
    distance_to_points,
    segments_of,
)
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.samples import read_tiled
from mineral_prospectivity.geo.sources import RasterSource, raster_source
from mineral_prospectivity.geo.vectors import read_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.areas import PolygonSource
    from mineral_prospectivity.geo.grid import Window
    from mineral_prospectivity.geo.layers import EvidenceLayer

__all__ = ["common_bounds", "layer_evidence", "stack"]


def layer_evidence(layer: EvidenceLayer, grid: GeoBox, *, reproject: bool = True) -> Raster:
    """Return the bands of one layer on the grid, computed when a window is read.

    Parameters
    ----------
    layer
        The declared layer.
    grid
        The grid of the experiment.
    reproject
        Reproject a layer of another CRS; otherwise refuse it.

    Returns
    -------
    Raster
        The layer itself, then the derived evidence that its specification asks for:

        ============ ==========================================================================
        continuous   ``<layer>``: mean of finer pixels, or interpolated between coarser ones
        categorical  ``<layer>_<class>``: share of the cell, which sum to 1
        lines        ``<layer>_distance``, m
        points       ``<layer>_distance``, m; or, with a column, ``<layer>`` spread between points
        polygons     ``<layer>``: covered share; or, with a column, as continuous or categorical
        table        ``<layer>_<column>``: mean of the samples in the cell, or spread between them
        ============ ==========================================================================

    Raises
    ------
    LayerError
        If the layer cannot become evidence: file, CRS, extent, geometry, no value or a constant
        one on the grid, classes declared as values or values as classes.
    """
    refuse_wide_radii(layer, grid)
    raster = _READERS[layer.spec.kind](layer, grid, reproject)
    require_variation(layer, raster)
    return raster


def stack(rasters: Sequence[Raster]) -> Raster:
    """Return one raster with the bands of several, in order.

    Raises
    ------
    ConfigurationError
        If there is nothing to stack, grids differ, or two bands share a name.
    """
    if not rasters:
        msg = "there is no evidence layer. Declare at least one in the catalog"
        raise ConfigurationError(msg)
    grid = rasters[0].grid
    bands = require_own_names([band for raster in rasters for band in raster.bands])
    for raster in rasters:
        if raster.grid != grid:
            msg = f"bands {raster.names[0]!r} and {rasters[0].names[0]!r} lie on different grids"
            raise ConfigurationError(msg)

    def read(window: Window) -> NDArray[np.float32]:
        return np.concatenate([raster.read(window) for raster in rasters]).astype(np.float32)

    return Raster(grid, bands, read) if len(rasters) > 1 else rasters[0]


def _continuous_layer(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> Raster:
    source = raster_source(layer, grid, reproject=reproject)
    refuse_classes(layer)
    return _with_surroundings(layer, _means(source))


def _categorical_layer(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> Raster:
    source = raster_source(layer, grid, reproject=reproject)
    return _class_bands(class_map(source, attribute_table_names(layer)))


def _line_layer(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> Raster:
    lines = read_vector(layer, grid, reproject=reproject).geometry.values
    distance = distance_to_geometries(layer, grid, lines, f"line of {layer.name}")
    amounts = amounts_of_lines(grid, segments_of(lines))
    radii = layer.spec.derive.density
    return stack([distance, *(density(layer, grid, amounts, r, "km/km2") for r in radii)])


def _point_layer(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> Raster:
    frame = read_vector(layer, grid, reproject=reproject)
    points = shapely.get_coordinates(frame.geometry.values)
    if layer.spec.column:
        base = _with_surroundings(layer, spread_values(layer, grid, frame))
    else:
        base = distance_to_points(layer, grid, points, f"point of {layer.name}")
    amounts = amounts_of_points(grid, points)
    radii = layer.spec.derive.density
    return stack([base, *(density(layer, grid, amounts, r, "1/km2") for r in radii)])


def _polygon_layer(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> Raster:
    frame = read_vector(layer, grid, reproject=reproject)
    if not layer.spec.column:
        bands = [_covered_share(layer, grid, frame)]
    else:
        source, names = attribute(layer, grid, frame)
        bands = [
            _with_surroundings(layer, _means(source))
            if names is None
            else _class_bands(class_map(source, names))
        ]
    if layer.spec.derive.distance:
        what = f"polygon of {layer.name}"
        bands.append(distance_to_geometries(layer, grid, frame.geometry.values, what))
    return stack(bands)


def _table_layer(layer: EvidenceLayer, grid: GeoBox, reproject: bool) -> Raster:
    return _with_surroundings(layer, table_values(layer, grid, reproject=reproject))


_READERS: dict[str, Callable[[EvidenceLayer, GeoBox, bool], Raster]] = {
    "continuous": _continuous_layer,
    "categorical": _categorical_layer,
    "lines": _line_layer,
    "points": _point_layer,
    "polygons": _polygon_layer,
    "table": _table_layer,
}


def _means(source: RasterSource | PolygonSource) -> Raster:
    """Return the mean of a continuous source over each cell."""

    def compute(window: Window) -> NDArray[np.float64]:
        return source.samples(window).mean()[None]

    def read(window: Window) -> NDArray[np.float32]:
        return read_tiled(window, 1, source.pixels_per_cell, compute)

    spec = source.layer.spec
    text = spec.description or f"Mean of {spec.name} over the cell"
    band = Band(spec.name, spec.name, "continuous", spec.unit, spec.transform, text)
    return Raster(source.grid, (band,), read)


def _covered_share(layer: EvidenceLayer, grid: GeoBox, frame: Any) -> Raster:
    share = _means(covered(layer, grid, frame))
    text = layer.spec.description or f"Share of the cell that {layer.name} covers"
    return Raster(grid, (Band(layer.name, layer.name, "fraction", description=text),), share.read)


def _with_surroundings(layer: EvidenceLayer, base: Raster) -> Raster:
    derive = layer.spec.derive
    operations = [gradient(base.grid)] if derive.gradient else []
    operations += [neighbourhood(base.grid, radius) for radius in derive.neighbourhood]
    return with_focal(base, operations)


def _class_bands(classes: ClassMap) -> Raster:
    layer = classes.source.layer
    derive = layer.spec.derive
    bands = [classes.fractions()]
    if derive.contacts:
        bands.append(_contacts(classes))
    for name in derive.distance_to:
        if name not in classes.shares:
            found = ", ".join(classes.shares)
            msg = f"derive: distance_to: there is no class {name!r} on the grid, only {found}"
            raise layer.error(msg)
        suffix, what = f"distance_{class_name(name)}", f"{name} of {layer.name}"
        bands.append(distance_to_class(layer, classes.presence(name), suffix, what))
    return stack(bands)


def _contacts(classes: ClassMap) -> Raster:
    wanted, base = classes.source.layer.spec.derive.contacts, classes.contacts()
    if isinstance(wanted, bool):
        return base
    wider = with_focal(base, [disc_mean(base.grid, radius) for radius in wanted])
    return wider.select(wider.names[1:])
