"""Where layers lie: their CRS and bounds, and whether they reach the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from odc.geo import CRS
from rasterio.warp import transform_bounds

from mineral_prospectivity.geo.grid import grid_crs, named_crs
from mineral_prospectivity.geo.layers import name_rows
from mineral_prospectivity.geo.misplaced import likely_cause

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.layers import EvidenceLayer

LATTICE = 23
"""Points along the sides of bounds, and within them, whose places in another CRS are asked."""

Bounds = tuple[float, float, float, float]
"""West, south, east, north."""


def layer_crs(layer: EvidenceLayer, found: Any) -> CRS:
    """Return the CRS that a file names, or else the declared one.

    Raises
    ------
    LayerError
        If there is neither.
    """
    if found is not None and str(found):
        return named_crs(found)
    if layer.spec.crs is None:
        msg = "has no CRS. Declare it in the catalog entry, for example crs: EPSG:7845"
        raise layer.error(msg)
    try:
        return CRS(layer.spec.crs)
    except Exception as error:
        msg = (
            f"crs: {layer.spec.crs!r} is no coordinate reference system; give one such as EPSG:7845"
        )
        raise layer.error(msg) from error


def same_crs(one: CRS, other: CRS) -> bool:
    """Tell whether two CRSs are the same, however they are written."""
    return bool(one == other or one.proj.equals(other.proj, ignore_axis_order=True))


def check_crs(layer: EvidenceLayer, crs: CRS, grid: GeoBox, *, reproject: bool) -> None:
    """Raise a LayerError when the layer has another CRS than the grid and must not."""
    if reproject or same_crs(crs, grid_crs(grid)):
        return
    kind = "is geographic; the grid is" if crs.geographic else "is not the grid's,"
    msg = f"CRS {crs} {kind} {grid.crs}. Reproject it, or set grid.reproject: true"
    raise layer.error(msg)


def bounds_in(crs: CRS, bounds: Bounds, target: CRS) -> Bounds:
    """Return bounds in another CRS, infinite where it has no place for them.

    What covers the globe has its sides where a projection is folded or has no place: points within
    tell how far it reaches.
    """
    if same_crs(crs, target):
        return bounds
    if target.geographic:  # GDAL knows of the antimeridian
        pair = rasterio_crs(crs), rasterio_crs(target)
        west, south, east, north = transform_bounds(*pair, *bounds)
        return west, south, east, north
    lines = (np.linspace(*ends, LATTICE) for ends in (bounds[::2], bounds[1::2]))
    across, along = (line.ravel() for line in np.meshgrid(*lines))
    x, y = crs.transformer_to_crs(target)(across, along)
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return -np.inf, -np.inf, np.inf, np.inf
    west, east = float(x[known].min()), float(x[known].max())
    return west, float(y[known].min()), east, float(y[known].max())


def check_extent(layer: EvidenceLayer, bounds: Bounds, grid: GeoBox, *, reach: float = 0.0) -> None:
    """Raise a LayerError when bounds in the grid's CRS do not touch the grid, or are infinite.

    Parameters
    ----------
    reach
        How far beyond its bounds the layer has something to say, m.
    """
    require_place(layer, bounds, grid_crs(grid))
    west, south, east, north = bounds
    box = grid.extent.boundingbox
    across = west - reach < box.right and east + reach > box.left
    along = south - reach < box.top and north + reach > box.bottom
    if not (across and along):
        where = "lies outside the grid"
        if reach:
            where = f"lies more than {reach / 1000:.3g} km outside the grid"
        cause = likely_cause(bounds, box.bbox, grid_crs(grid)) or "Check its CRS"
        msg = (
            f"{where}: it covers {sides(bounds)}, the grid {sides(tuple(box))} in {grid.crs}. "
            f"{cause}, or grid.bounds"
        )
        raise layer.error(msg)


def require_place(layer: EvidenceLayer, bounds: Bounds, crs: CRS) -> None:
    """Raise a LayerError when the bounds of a layer in a CRS are infinite."""
    if not np.isfinite(bounds).all():
        msg = (
            f"has no place in {crs}: its coordinates do not fit its own CRS, as metres do not fit "
            "one of degrees. Correct the CRS in the file, or crs:, or exchanged x and y"
        )
        raise layer.error(msg)


def require_all_places(
    layer: EvidenceLayer, wrong: NDArray[np.int64], total: int, what: str, crs: CRS
) -> None:
    """Raise a LayerError when some, but not all, of its features have no place in a CRS.

    Parameters
    ----------
    wrong
        Rows of those features, counted from 0.
    what
        What they are called.
    """
    if 0 < wrong.size < total:
        msg = (
            f"{wrong.size} of {total} {what} have no place in {crs} ({name_rows(wrong)}): they lie "
            "too far from it. Cut the layer to the region"
        )
        raise layer.error(msg)


def sides(bounds: Any) -> str:
    """Return bounds for a message: west to east by south to north."""
    west, south, east, north = (f"{value:.0f}" for value in bounds)
    return f"{west}..{east} by {south}..{north}"


def rasterio_crs(crs: CRS) -> Any:
    """Return a CRS as rasterio has it."""
    return rasterio.crs.CRS.from_wkt(crs.wkt)
