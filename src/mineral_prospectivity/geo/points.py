"""Values known at points: means of the samples in a cell, and values spread between points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import shapely
import verde
from scipy.spatial import KDTree

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.columns import numbers
from mineral_prospectivity.geo.grid import cell_centres, cells_of_points, grid_crs, window_cells
from mineral_prospectivity.geo.place import (
    check_crs,
    check_extent,
    layer_crs,
    require_all_places,
    same_crs,
)
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.grid import Window
    from mineral_prospectivity.geo.layers import EvidenceLayer
    from mineral_prospectivity.geo.sample_table import SampleTable


def table_values(layer: EvidenceLayer, grid: GeoBox, *, reproject: bool = True) -> Raster:
    """Return the values of a table, a band for each of its columns.

    They are the mean of the samples in each cell; or, with a ``max_distance``, of the nearest
    samples, as those of points.

    Raises
    ------
    LayerError
        If the table cannot be read (`read_table`), has no CRS or another than the grid's while
        ``reproject`` is false, lies outside the grid, or has no column of numbers.
    """
    table = read_table(layer)
    x, y = sample_coordinates(layer, table, grid, reproject=reproject)
    if table.values.columns.empty:
        msg = f"has no column of numbers beside {layer.spec.x} and {layer.spec.y}"
        raise layer.error(msg)
    bands = tuple(_column_band(layer, table, name) for name in table.values.columns)
    if layer.spec.max_distance is not None:
        for name in table.values:
            _require_numbers(layer, str(name), table.values[name].to_numpy())
        places = np.column_stack([x, y])
        return _spread(layer, grid, bands, places, table.values.to_numpy(np.float64))
    cells = cells_of_points(grid, x, y)
    if (cells < 0).all():
        msg = "has no sample on the grid. Check its CRS, or grid.bounds"
        raise layer.error(msg)
    means = table.values[cells >= 0].groupby(cells[cells >= 0]).mean()
    return sparse_raster(grid, bands, means.index.to_numpy(), means.to_numpy(np.float32))


def sparse_raster(
    grid: GeoBox,
    bands: tuple[Band, ...],
    cells: NDArray[np.int64],
    values: NDArray[np.float32],
) -> Raster:
    """Return a raster that has values in some cells only.

    Parameters
    ----------
    cells
        Flat indices, ascending, shape (n,).
    values
        Shape (n, bands).
    """

    def read(window: Window) -> NDArray[np.float32]:
        wanted = window_cells(grid, window).ravel()
        place = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
        known = cells[place] == wanted
        out = np.full((wanted.size, len(bands)), np.nan, dtype=np.float32)
        out[known] = values[place[known]]
        return out.T.reshape(len(bands), *window.shape)

    return Raster(grid, bands, read)


def spread_values(layer: EvidenceLayer, grid: GeoBox, frame: Any) -> Raster:
    """Return the values of points, spread as far as ``max_distance`` from them."""
    frame = frame.explode(ignore_index=True)
    spec = layer.spec
    text = spec.description or _spread_text(spec.column[0], spec.neighbours)
    band = Band(layer.name, layer.name, "continuous", spec.unit, spec.transform, text)
    places = shapely.get_coordinates(frame.geometry.array)
    return _spread(layer, grid, (band,), places, point_values(layer, frame)[:, None])


def _spread(
    layer: EvidenceLayer,
    grid: GeoBox,
    bands: tuple[Band, ...],
    places: NDArray[np.float64],
    values: NDArray[np.float64],
) -> Raster:
    """Return the mean of the nearest points, NaN farther than ``max_distance`` from any.

    The mean of a few neighbours makes no value that was not measured nearby, and the mask keeps
    it from reaching where nobody sampled; splines overshoot between clustered samples. Each band
    asks the points that have its value.

    Parameters
    ----------
    places
        Easting and northing, m, shape (points, 2).
    values
        Shape (points, bands), NaN where there is none.
    """
    spread = [
        _nearest_mean(layer, places[known], column[known])
        for column in values.T
        for known in [np.isfinite(column)]
    ]

    def read(window: Window) -> NDArray[np.float32]:
        x, y = cell_centres(grid, window_cells(grid, window))
        return np.stack([of(x, y) for of in spread]).astype(np.float32)

    return Raster(grid, bands, read)


def _nearest_mean(
    layer: EvidenceLayer, places: NDArray[np.float64], values: NDArray[np.float64]
) -> Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]:
    """Return the mean of the nearest of some points as a function of easting and northing, m."""
    limit = layer.spec.max_distance or np.inf
    tree = KDTree(places)
    neighbours = verde.KNeighbors(k=min(layer.spec.neighbours, len(places)))
    neighbours.fit(tuple(places.T), values)

    def at(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        distance, _ = tree.query(np.stack([x, y], axis=-1))
        return np.where(distance <= limit, neighbours.predict((x, y)), np.nan)

    return at


def point_values(layer: EvidenceLayer, frame: Any) -> NDArray[np.float64]:
    """Return the values of the declared column of points, NaN where it has none.

    Raises
    ------
    LayerError
        If there is no such column, or it holds text or nothing.
    """
    (name,) = layer.spec.column
    values = numbers(layer.label, frame, name, layer.spec.nodata)
    _require_numbers(layer, name, values)
    return values


def _require_numbers(layer: EvidenceLayer, column: str, values: NDArray[np.float64]) -> None:
    if not np.isfinite(values).any():
        msg = f"column {column!r} has no numbers. Check column and nodata"
        raise layer.error(msg)


def sample_coordinates(
    layer: EvidenceLayer, table: SampleTable, grid: GeoBox, *, reproject: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return easting and northing of the samples of a table in the grid's CRS, m.

    Raises
    ------
    LayerError
        If there is no CRS, or another than the grid's while ``reproject`` is false, or the
        samples lie outside the grid.
    """
    crs = layer_crs(layer, table.crs)
    check_crs(layer, crs, grid, reproject=reproject)
    points = geopandas.GeoSeries.from_xy(table.x, table.y, crs=crs.wkt)
    if not same_crs(crs, grid_crs(grid)):
        points = points.to_crs(grid_crs(grid).wkt)
        wrong = np.flatnonzero(~np.isfinite(points.x + points.y))
        require_all_places(layer, wrong, len(points), "samples", grid_crs(grid))
    reach = layer.spec.max_distance or 0.0
    check_extent(layer, tuple(points.total_bounds), grid, reach=reach)
    return points.x.to_numpy(), points.y.to_numpy()


def _column_band(layer: EvidenceLayer, table: SampleTable, name: str) -> Band:
    spec = layer.spec
    text = f"Mean of {name} of {layer.name} over the samples in the cell"
    if spec.max_distance is not None:
        text = _spread_text(name, spec.neighbours)
    return Band(
        layer.name if spec.column == (name,) else f"{layer.name}_{name}",
        layer.name,
        unit=table.units.get(name, spec.unit),
        transform=spec.transform,
        description=text,
    )


def _spread_text(column: str, neighbours: int) -> str:
    return f"Mean of {column} at the {neighbours} nearest points"
