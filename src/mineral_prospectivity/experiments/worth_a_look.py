"""What stops no run, and yet wants a look: doubtful resolutions, values, deposits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mineral_prospectivity.experiments.deposits import FEW
from mineral_prospectivity.experiments.nodata import hidden_nodata
from mineral_prospectivity.experiments.rasters import picture_of
from mineral_prospectivity.geo.sources import open_raster, raster_source

if TYPE_CHECKING:
    import geopandas as gpd
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.layers import EvidenceLayer
    from mineral_prospectivity.parameters import Parameters

COARSER = 3.0
"""Pixels this many times the cell: the map shows detail that the layer does not have."""

MANY_CELLS = 5_000_000


def doubtful_grid(parameters: Parameters, grid: GeoBox) -> list[str]:
    """Return what is doubtful of the grid and of distances measured on it."""
    found = []
    cells = grid.shape.x * grid.shape.y
    if cells > MANY_CELLS:
        found.append(
            f"grid: {cells:,} cells take long to predict. Raise grid.resolution for a first look"
        )
    radius = parameters.risk.hot_spots.radius
    if radius < grid.resolution.x:
        found.append(
            f"risk.hot_spots.radius = {radius:g} m is smaller than a cell "
            f"({grid.resolution.x:g} m), so that no cell has neighbours. Raise it"
        )
    if parameters.risk.targets.min_area < grid.resolution.x**2:
        found.append("risk.targets.min_area is smaller than a cell: every cell can be a target")
    return found


def doubtful_layer(layer: EvidenceLayer, grid: GeoBox) -> list[str]:
    """Return what is doubtful of a raster layer that lies on the grid."""
    if layer.spec.kind not in ("continuous", "categorical"):
        return []
    found = []
    with open_raster(layer) as dataset:
        hidden = (
            None
            if layer.spec.nodata is not None
            else hidden_nodata(picture_of(dataset, layer.spec.band))
        )
    if hidden:
        found.append(f"{layer.label}: {hidden.why}. If so, declare nodata: {hidden.value:g}")
    pixel = min(raster_source(layer, grid).pixel_size)
    if pixel > COARSER * grid.resolution.x:
        found.append(
            f"{layer.label}: its pixels of {pixel:.4g} m are much coarser than the cells of "
            f"{grid.resolution.x:g} m; the map can show no such detail of it"
        )
    return found


def doubtful_deposits(given: int, located: gpd.GeoDataFrame) -> list[str]:
    """Return what is doubtful of the deposits that count."""
    found = []
    if given > len(located):
        found.append(
            f"deposits: {given - len(located)} of {given} lie on cells without evidence and do "
            "not count. Check the layers' coverage, or lower grid.min_coverage"
        )
    if len(located) < FEW:
        found.append(
            f"deposits: only {len(located)} count; scores and maps will be very uncertain. Add "
            "deposits, or widen labels.include"
        )
    return found
