"""Lines, points and polygons of evidence layers, in the CRS of the grid."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import shapely

from mineral_prospectivity.errors import ConfigurationError, own_words
from mineral_prospectivity.geo.formats import read_feature_file
from mineral_prospectivity.geo.grid import diagonal, grid_crs
from mineral_prospectivity.geo.layers import name_rows
from mineral_prospectivity.geo.place import (
    bounds_in,
    check_crs,
    check_extent,
    layer_crs,
    require_all_places,
    same_crs,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo import CRS
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.layers import EvidenceLayer
    from mineral_prospectivity.geo.place import Bounds

logger = logging.getLogger(__name__)

_TYPES = {
    "lines": ("LineString", "MultiLineString", "LinearRing"),
    "points": ("Point", "MultiPoint"),
    "polygons": ("Polygon", "MultiPolygon"),
}
COLLECTION = "GeometryCollection"
KIND_OF = {geometry: kind for kind, geometries in _TYPES.items() for geometry in geometries}
"""The kind of layer that features of a geometry make."""


def read_vector(layer: EvidenceLayer, grid: GeoBox, *, reproject: bool = True) -> Any:
    """Return the features of a vector layer as a GeoDataFrame in the grid's CRS.

    Raises
    ------
    LayerError
        If the file is missing or damaged, has no CRS, has another CRS and ``reproject`` is false,
        has no features, or features of another kind than declared or with coordinates that are
        not finite, or if it lies outside the grid: lines and points whose distance is wanted, if
        they lie farther from it than it is wide and high.
    """
    frame = open_vector(layer)
    crs = layer_crs(layer, frame.crs)
    check_crs(layer, crs, grid, reproject=reproject)
    frame = frame.set_crs(crs.wkt, allow_override=True)
    if not same_crs(crs, grid_crs(grid)):
        frame = frame.to_crs(grid_crs(grid).wkt)
        require_all_places(layer, not_finite(frame), len(frame), "features", grid_crs(grid))
    check_extent(layer, tuple(frame.total_bounds), grid, reach=_reach(layer, grid))
    return frame


def open_vector(layer: EvidenceLayer) -> Any:
    """Return the features of a vector layer as they lie in the file, those with a geometry."""
    layer.require_file()
    frame = _read(layer).reset_index(drop=True)  # a GeoParquet may bring an index of its own
    if not isinstance(frame, geopandas.GeoDataFrame):
        msg = "holds a table without geometry. Declare kind: table with x and y, or file_layer"
        raise layer.error(msg)
    frame = taken_apart(frame, layer.spec.kind)
    empty = frame.geometry.isna() | frame.geometry.is_empty
    if empty.any():
        logger.warning("%s: %d features have no geometry; left out", layer.label, empty.sum())
        frame = frame[~empty]
    if frame.empty:
        msg = "has no features. Remove the layer, or check file_layer"
        raise layer.error(msg)
    _require_type(layer, frame)
    _require_finite(layer, frame)
    return frame.reset_index(drop=True)


def taken_apart(frame: Any, kind: str) -> Any:
    """Return features of which collections, as clipping makes them, keep their parts of a kind."""
    mixed = np.flatnonzero(frame.geom_type == COLLECTION)
    if not mixed.size:
        return frame
    geometries = frame.geometry.array.copy()
    for place in mixed:
        parts = shapely.get_parts(geometries[place])
        fitting = [part for part in parts if part.geom_type in _TYPES[kind]]
        geometries[place] = shapely.union_all(fitting)
    return frame.set_geometry(geometries)


def _read(layer: EvidenceLayer) -> Any:
    try:
        return read_feature_file(layer.path, layer.spec.file_layer)
    except ConfigurationError as error:
        msg = f"{error} with file_layer"
        raise layer.error(msg) from error
    except Exception as error:  # GDAL and pyogrio raise many kinds
        problem = f"cannot be read as vector data: {own_words(error)}"
        msg = f"{problem}. Is the file damaged or cut off?"
        raise layer.error(msg) from error


def _require_type(layer: EvidenceLayer, frame: Any) -> None:
    found = sorted(set(frame.geom_type) - set(_TYPES[layer.spec.kind]))
    if found:
        fitting = KIND_OF.get(found[0])
        hint = f"Declare kind: {fitting}" if fitting else "Convert them"
        msg = f"is declared {layer.spec.kind} and holds {', '.join(found)} features. {hint}"
        raise layer.error(msg)


def not_finite(frame: Any) -> NDArray[np.int64]:
    """Return which features, counted from 0, have a coordinate that is not finite."""
    coordinates, owner = shapely.get_coordinates(frame.geometry.array, return_index=True)
    return np.unique(owner[~np.isfinite(coordinates).all(axis=1)])


def _require_finite(layer: EvidenceLayer, frame: Any) -> None:
    wrong = not_finite(frame)
    if wrong.size:
        msg = (
            f"{wrong.size} of {len(frame)} features have coordinates that are not finite "
            f"({name_rows(frame.index[wrong])}). Repair or remove them"
        )
        raise layer.error(msg)


def limits_the_map(layer: EvidenceLayer) -> bool:
    """Tell whether a layer has values only where it has data.

    A distance to faults is known everywhere, and so is the share that intrusions cover: 0 where
    there is none. A survey is known only where it was flown, a map of rocks where it was drawn.
    """
    spec = layer.spec
    return spec.kind not in ("lines", "points", "polygons") or bool(spec.column)


def _reach(layer: EvidenceLayer, grid: GeoBox) -> float:
    """Return how far from its features a layer has something to say of the grid, m.

    Values are spread as far as declared. The distance to what lies farther off than the grid is
    wide and high is all but a ramp: it tells where a cell lies, not what is there.
    """
    spec = layer.spec
    if spec.kind == "polygons" or spec.column:
        return spec.max_distance or 0.0
    return diagonal(grid)


def vector_bounds(layer: EvidenceLayer, target: CRS) -> Bounds:
    """Return the bounds of a vector layer in a CRS."""
    frame = open_vector(layer)
    return bounds_in(layer_crs(layer, frame.crs), tuple(frame.total_bounds), target)
