"""What stops no run, and yet wants a look: doubtful resolutions, values, deposits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pandas.api.types import is_numeric_dtype

from mineral_prospectivity.experiments.deposits import FEW
from mineral_prospectivity.experiments.nodata import hidden_nodata
from mineral_prospectivity.experiments.place import outside_its_region
from mineral_prospectivity.experiments.rasters import picture_of
from mineral_prospectivity.geo.columns import numbers
from mineral_prospectivity.geo.grid import cells_of_points, grid_crs
from mineral_prospectivity.geo.nodata import can_hold, number
from mineral_prospectivity.geo.points import sample_coordinates
from mineral_prospectivity.geo.sources import open_raster, raster_source
from mineral_prospectivity.geo.tables import read_table
from mineral_prospectivity.geo.vectors import open_vector, read_vector
from mineral_prospectivity.parameters import EconomicsParameters

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.experiments.nodata import HiddenNodata
    from mineral_prospectivity.geo.layers import EvidenceLayer
    from mineral_prospectivity.parameters import Parameters

COARSER = 3.0
"""Pixels this many times the cell: the map shows detail that the layer does not have."""

MANY_CELLS = 5_000_000

SPARSE = 0.5
"""Share of the cells below which the samples of a table are told to be few."""

FAR_APART = 10.0
"""Cells between samples beyond which their spread values are told to be doubtful."""


def doubtful_grid(parameters: Parameters, grid: GeoBox) -> list[str]:
    """Return what is doubtful of the grid and of distances measured on it."""
    found = []
    far = outside_its_region(grid_crs(grid), grid.extent.boundingbox.bbox)
    if far:
        found.append(f"grid.crs: {far}")
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


def doubtful_money(economics: EconomicsParameters) -> list[str]:
    """Return that the money is still the example's, if so."""
    example = EconomicsParameters()
    cost, value = economics.exploration_cost, economics.discovery_value
    if (cost, value) != (example.exploration_cost, example.discovery_value):
        return []
    return [
        f"risk.economics: exploration_cost = {cost:g} and discovery_value = {value:g} are the "
        "example's, and targets follow from them. Put in your own, in one currency"
    ]


def doubtful_layer(layer: EvidenceLayer, grid: GeoBox) -> list[str]:
    """Return what is doubtful of a layer that lies on the grid."""
    if layer.spec.kind in ("continuous", "categorical"):
        return [*_doubtful_values(layer), *_doubtful_pixels(layer, grid)]
    found = {name: hidden_nodata(values) for name, values in _columns(layer).items()}
    doubtful = [
        f"{layer.label}: column {name!r}: {_hint(layer, hidden)}"
        for name, hidden in found.items()
        if hidden
    ]
    few = _few_samples(layer, grid)
    return [*doubtful, f"{layer.label}: {few}"] if few else doubtful


def _doubtful_values(layer: EvidenceLayer) -> list[str]:
    spec = layer.spec
    with open_raster(layer) as dataset:
        dtype = np.dtype(dataset.dtypes[spec.band - 1])
        hidden = hidden_nodata(picture_of(dataset, spec.band, spec.nodata), dtype)
    found = [f"{layer.label}: {_hint(layer, hidden)}"] if hidden else []
    if spec.nodata is not None and not can_hold(dtype, spec.nodata):
        found.append(
            f"{layer.label}: nodata: {number(spec.nodata)} is no value that {dtype} can hold. "
            "Correct it, or delete the line"
        )
    return found


def _doubtful_pixels(layer: EvidenceLayer, grid: GeoBox) -> list[str]:
    pixel = min(raster_source(layer, grid).pixel_size)
    if pixel <= COARSER * grid.resolution.x:
        return []
    return [
        f"{layer.label}: its pixels of {pixel:.4g} m are much coarser than the cells of "
        f"{grid.resolution.x:g} m; the map can show no such detail of it"
    ]


def _few_samples(layer: EvidenceLayer, grid: GeoBox) -> str | None:
    spread = layer.spec.max_distance is not None
    if layer.spec.kind == "table":
        x, y = sample_coordinates(layer, read_table(layer), grid, reproject=True)
        return few_samples(x, y, grid, spread=spread)
    if layer.spec.kind == "points" and spread:
        places = read_vector(layer, grid, reproject=True).geometry.representative_point()
        return few_samples(places.x.to_numpy(), places.y.to_numpy(), grid, spread=True)
    return None


def few_samples(
    x: NDArray[np.float64], y: NDArray[np.float64], grid: GeoBox, *, spread: bool
) -> str | None:
    """Return that samples are few for the grid, None where they are not.

    Parameters
    ----------
    x, y
        Easting and northing in the grid's CRS, m, shape (samples,).
    spread
        Whether values are spread between the samples; else they count in their cells alone.
    """
    cells = cells_of_points(grid, x, y)
    share = np.unique(cells[cells >= 0]).size / (grid.shape.x * grid.shape.y)
    if not spread:
        return (
            f"samples of a table count only in the cells they lie in, {share:.0%} of the grid. To "
            "spread them between, declare max_distance: no value is spread farther, m"
            if share < SPARSE
            else None
        )
    apart = 1 / np.sqrt(share) if share else np.inf
    if apart <= FAR_APART:
        return None
    return (
        f"samples lie in {share:.1%} of the cells, about {apart * grid.resolution.x / 1000:.2g} km "
        "from one another: what stands between them is hardly known. Lower max_distance, raise "
        "grid.resolution, or leave the layer out"
    )


def _columns(layer: EvidenceLayer) -> dict[str, NDArray[np.float64]]:
    """Return the numbers of a layer's columns, NaN where they are declared to be none."""
    if layer.spec.kind == "table":
        values = read_table(layer).values
        return {str(name): values[name].to_numpy() for name in values}
    if not layer.spec.column:
        return {}
    (name,), frame = layer.spec.column, open_vector(layer)
    if not is_numeric_dtype(frame[name]) and layer.spec.kind == "polygons":
        return {}
    return {name: numbers(layer.label, frame, name, layer.spec.nodata)}


def _hint(layer: EvidenceLayer, hidden: HiddenNodata) -> str:
    remedy = f"If so, declare nodata: {hidden.text}"
    if layer.spec.nodata is None:
        return f"{hidden.why}. {remedy}"
    declared = number(layer.spec.nodata)
    return (
        f"{hidden.why}, though nodata: {declared} is declared. {remedy}; if both mean none, "
        f"replace {hidden.text} by {declared} in the file"
    )


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
