"""The interactive map of the report: layers, deposits, targets and samples for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from shapely.geometry import mapping

from mineral_prospectivity.geo.grid import grid_crs
from mineral_prospectivity.reporting.thumbnails import thinned
from mineral_prospectivity.reporting.web_layers import (
    STEPS,
    STYLES,
    category_layer,
    continuous_layer,
)
from mineral_prospectivity.reporting.words import number, percent, plural
from mineral_prospectivity.targeting.analogues import deposit_titles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.reporting.inputs import ReportInputs
    from mineral_prospectivity.reporting.thumbnails import ReportMaps, Thumbnail

MOST_CELLS = 160_000
"""Cells in the page, at most: a larger map is thinned, so that a phone can open it."""

CONTROL_POINTS = 33
"""Longitude and latitude are given at so many points a side; between them the page interpolates,
to about a metre on a map of 200 km."""


def web_map(inputs: ReportInputs, maps: ReportMaps) -> dict[str, Any]:
    """Return what the page's map needs, as plain JSON.

    Parameters
    ----------
    inputs
        What the report tells of.
    maps
        Its maps, thinned for the figures; thinned further here where they are large.
    """
    prediction, categories, returns = (
        thinned(own, MOST_CELLS) for own in (maps.prediction, maps.categories, maps.returns)
    )
    return {
        "grid": grid_facts(inputs.prediction.grid, prediction),
        "steps": STEPS,
        "layers": [
            *(
                continuous_layer(style, source.band(style.name).astype(np.float64))
                for style in STYLES
                for source in (prediction, returns)
                if style.name in source.names
            ),
            category_layer(categories.values[0].astype(np.uint16)),
        ],
        "deposits": _points(inputs.deposits, map(str, deposit_titles(inputs.deposits))),
        "samples": _points(inputs.next_samples, _sample_words(inputs.next_samples)),
        "targets": [_target(row) for row in inputs.targets.itertuples()],
    }


def grid_facts(grid: GeoBox, maps: Thumbnail) -> dict[str, Any]:
    """Return where the shown cells lie, in the CRS of the grid and on the globe.

    Parameters
    ----------
    grid
        Of the whole map.
    maps
        What is shown of it: every k-th row and column.
    """
    box, side = grid.extent.boundingbox, abs(float(grid.resolution.x))
    rows, columns = maps.values.shape[1:]
    east, south = box.left + columns * maps.step * side, box.top - rows * maps.step * side
    lon, lat = _globe(grid, np.linspace(box.left, east, CONTROL_POINTS),
                      np.linspace(box.top, south, CONTROL_POINTS))  # fmt: skip
    return {
        "crs": str(grid_crs(grid)),
        "west": box.left,
        "north": box.top,
        "cell": side,
        "step": maps.step,
        "rows": rows,
        "columns": columns,
        "controlPoints": CONTROL_POINTS,
        "longitude": lon,
        "latitude": lat,
    }


def _globe(
    grid: GeoBox, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[list[float], list[float]]:
    """Return longitude and latitude of a lattice, row by row from the north, degrees."""
    xs, ys = (lattice.ravel() for lattice in np.meshgrid(x, y))
    points = gpd.GeoSeries.from_xy(xs, ys, crs=grid_crs(grid).wkt).to_crs("EPSG:4326")
    return points.x.round(7).tolist(), points.y.round(7).tolist()


def _points(points: gpd.GeoDataFrame, words: Iterable[str]) -> list[dict[str, Any]]:
    places = zip(points.geometry.x, points.geometry.y, words, strict=True)
    return [{"x": round(x, 1), "y": round(y, 1), "text": text} for x, y, text in places]


def _sample_words(samples: gpd.GeoDataFrame) -> list[str]:
    return [
        f"Sample {site.rank}: {number(site.mutual_information)} nats, "
        f"probability {percent(site.probability)}"
        for site in samples.itertuples()
    ]


def _target(row: Any) -> dict[str, Any]:
    return {
        "id": row.target_id,
        "rank": int(row.rank),
        "shape": _rounded(mapping(row.geometry)),
        "label": [round(at, 1) for at in row.geometry.representative_point().coords[0]],
        "facts": [
            f"{number(row.area_km2)} km², {row.category}",
            f"chance of a discovery {percent(row.probability_mean)} a cell "
            f"({percent(row.probability_lower)} to {percent(row.probability_upper)})",
            f"{plural(int(row.known_deposits), 'known deposit')} inside",
            f"{plural(int(row.cells_to_test), 'cell')} of {row.cells:,} "
            f"{'pays' if row.cells_to_test == 1 else 'pay'}: return {number(row.testing_return)}",
            *([f"driven by {row.drivers}"] if row.drivers else []),
        ],
    }


def _rounded(value: Any) -> Any:
    """Return a geometry as plain lists with coordinates to the decimetre."""
    if isinstance(value, dict):
        return {"type": value["type"], "coordinates": _rounded(value["coordinates"])}
    if isinstance(value, tuple | list):
        return [_rounded(item) for item in value]
    return round(float(value), 1)
