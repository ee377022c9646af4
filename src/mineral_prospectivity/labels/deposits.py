"""Which of the deposits given count, and where they lie on the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import geopandas as gpd
import numpy as np
import shapely
from odc.geo import CRS

from mineral_prospectivity.errors import DepositError
from mineral_prospectivity.geo.grid import cells_of_points, grid_crs
from mineral_prospectivity.geo.layers import name_rows
from mineral_prospectivity.geo.misplaced import likely_cause
from mineral_prospectivity.geo.vectors import not_finite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray
    from odc.geo.geobox import GeoBox

VALUES_NAMED = 10
"""A message names this many values at most, so that it stays readable."""

GEOMETRIES = {"Point", "MultiPoint", "Polygon", "MultiPolygon"}


class DepositReport(TypedDict):
    """What became of the deposits given, in the order of the source.

    Rows count from 0; messages count them from 1.
    """

    given: int
    without_geometry: list[int]
    filtered: int
    outside: list[int]
    duplicates: list[int]
    kept: int
    messages: list[str]


def select_deposits(
    deposits: gpd.GeoDataFrame,
    grid: GeoBox,
    include: Mapping[str, Sequence[str | int | float]] | None = None,
    reproject: bool = True,
) -> tuple[gpd.GeoDataFrame, DepositReport]:
    """Return the deposits that count, in the CRS of the grid, and what was left out.

    Parameters
    ----------
    deposits
        Points or polygons with a CRS; each part of a multi-part geometry counts as a deposit.
    grid
        Grid of the experiment.
    include
        Attribute name to the values kept; empty keeps every deposit.
    reproject
        Whether deposits of another CRS are reprojected; false refuses them.

    Returns
    -------
    geopandas.GeoDataFrame
        The deposits kept, indexed by their row in the source, counted from 0.
    DepositReport
        Rows without geometry or outside the grid and duplicates, which were left out, and one
        sentence for each.

    Raises
    ------
    DepositError
        If the CRS is missing or refused, an attribute or value does not occur, a coordinate is
        not finite, a geometry is a line, or no deposit is left.
    """
    given = len(deposits)
    frame = deposits.reset_index(drop=True)
    if given == 0:
        msg = "deposits: the file holds none; labels need at least one deposit"
        raise DepositError(msg)
    frame, without = _split_without_geometry(frame)
    _require_geometries(frame)
    located = len(frame)
    frame = _filter(frame, include or {})
    filtered = located - len(frame)
    frame = _to_grid_crs(frame, grid, reproject=reproject).explode(index_parts=False)
    candidates, reach = len(frame), frame.total_bounds
    frame, outside = _split_outside(frame, grid)
    if frame.empty:
        box = grid.extent.boundingbox.bbox
        cause = likely_cause(tuple(reach), box, grid_crs(grid)) or "Check the CRS of the deposits"
        msg = (
            f"deposits: none of the {candidates} lies on the grid, which spans "
            f"{_describe_bounds(box)}, in {grid.crs}; they span "
            f"{_describe_bounds(reach)}. {cause}, or enlarge grid.bounds"
        )
        raise DepositError(msg)
    frame, duplicates = _split_duplicates(frame)
    report = DepositReport(
        given=given,
        without_geometry=without,
        filtered=filtered,
        outside=outside,
        duplicates=duplicates,
        kept=len(frame),
        messages=_messages(candidates, without, outside, duplicates),
    )
    return frame, report


def deposits_from_labels(
    x: ArrayLike, y: ArrayLike, labels: ArrayLike, crs: str
) -> gpd.GeoDataFrame:
    """Return the positive rows of a table of labels as deposits.

    Parameters
    ----------
    x, y
        Easting and northing of each row, m.
    labels
        1 where a known deposit lies, else 0.
    crs
        The projected CRS of the coordinates.

    Raises
    ------
    DepositError
        If the lengths differ, a label is neither 0 nor 1, or none is 1.

    Examples
    --------
    >>> deposits_from_labels([0.0, 100.0], [0.0, 50.0], [0, 1], "EPSG:7845").geometry.x.tolist()
    [100.0]
    """
    easting, northing = np.asarray(x, float), np.asarray(y, float)
    values = np.asarray(labels, float)
    if not easting.shape == northing.shape == values.shape:
        msg = (
            f"labels: x, y and labels have {easting.size}, {northing.size} and {values.size} "
            "rows; give one of each a cell"
        )
        raise DepositError(msg)
    wrong = np.flatnonzero((values != 0) & (values != 1))
    if wrong.size:
        found = ", ".join(f"{value:g}" for value in np.unique(values[wrong])[:VALUES_NAMED])
        msg = f"labels: {wrong.size} of {values.size} are neither 0 nor 1 ({found}) in "
        raise DepositError(msg + name_rows(wrong))
    positive = values == 1
    if not positive.any():
        msg = f"labels: none of the {values.size} is 1; there is nothing to learn from"
        raise DepositError(msg)
    points = shapely.points(easting[positive], northing[positive])
    return gpd.GeoDataFrame(geometry=points, crs=crs)


def _split_without_geometry(
    deposits: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, list[int]]:
    geometry = deposits.geometry
    empty = (geometry.isna() | geometry.is_empty).to_numpy()
    if empty.all():
        msg = f"deposits: none of the {len(deposits)} has a geometry; give coordinates"
        raise DepositError(msg)
    return deposits[~empty], [int(row) for row in np.flatnonzero(empty)]


def _require_geometries(deposits: gpd.GeoDataFrame) -> None:
    other = sorted(set(deposits.geometry.geom_type) - GEOMETRIES)
    if other:
        msg = (
            f"deposits: geometries of type {', '.join(other)} mark no deposit; give points or "
            "polygons"
        )
        raise DepositError(msg)
    require_finite(deposits, "no finite coordinates in", "correct or remove them")


def require_finite(deposits: gpd.GeoDataFrame, problem: str, remedy: str) -> None:
    """Refuse deposits with coordinates that are not finite, naming their rows.

    Raises
    ------
    DepositError
        If there are any.
    """
    wrong = not_finite(deposits)
    if wrong.size:
        msg = f"deposits: {problem} {name_rows(deposits.index[wrong])}; {remedy}"
        raise DepositError(msg)


def _filter(
    deposits: gpd.GeoDataFrame, include: Mapping[str, Sequence[str | int | float]]
) -> gpd.GeoDataFrame:
    keep = np.ones(len(deposits), dtype=bool)
    attributes = [name for name in deposits.columns if name != deposits.geometry.name]
    for attribute, values in include.items():
        if attribute not in attributes:
            msg = (
                f"labels.include: deposits have no attribute {attribute!r}; "
                f"there are {', '.join(attributes) or 'none'}"
            )
            raise DepositError(msg)
        column = deposits[attribute]
        missing = [value for value in values if not (column == value).any()]
        if missing:
            msg = (
                f"labels.include.{attribute}: no deposit has {_quote(missing)}; "
                f"there are {_quote(column.dropna().unique().tolist())}"
            )
            raise DepositError(msg)
        keep &= column.isin(list(values)).to_numpy()
    if not keep.any():
        msg = f"labels.include: no deposit satisfies all of {', '.join(include)}; relax one"
        raise DepositError(msg)
    return deposits[keep]


def _quote(values: Iterable[Any]) -> str:
    shown = [repr(value) for value in values]
    more = len(shown) - VALUES_NAMED
    return ", ".join(shown[:VALUES_NAMED]) + (f" and {more} more" * (more > 0))


def _to_grid_crs(deposits: gpd.GeoDataFrame, grid: GeoBox, reproject: bool) -> gpd.GeoDataFrame:
    if deposits.crs is None:
        msg = (
            f"deposits: the file declares no CRS; the grid is {grid.crs}. Declare it in the file "
            "(for a shapefile, its .prj)"
        )
        raise DepositError(msg)
    if CRS(deposits.crs) == grid.crs:
        return deposits
    if not reproject:
        msg = (
            f"deposits: CRS {CRS(deposits.crs)} is not the grid's {grid.crs}. Reproject them, or "
            "set grid.reproject: true"
        )
        raise DepositError(msg)
    moved = deposits.to_crs(str(grid.crs))
    require_finite(moved, f"no place in {grid.crs} for", "check coordinates and CRS")
    return moved


def _split_outside(deposits: gpd.GeoDataFrame, grid: GeoBox) -> tuple[gpd.GeoDataFrame, list[int]]:
    area = shapely.box(*grid.extent.boundingbox.bbox)
    inside = deposits.intersects(area).to_numpy(copy=True)
    is_point = (deposits.geom_type == "Point").to_numpy()
    points = deposits.geometry[is_point]
    # A point on the outer eastern or southern edge touches the area but lies in no cell.
    inside[is_point] = cells_of_points(grid, points.x.to_numpy(), points.y.to_numpy()) >= 0
    return deposits[inside], [int(row) for row in deposits.index[~inside]]


def _split_duplicates(deposits: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[int]]:
    flat: NDArray[np.object_] = shapely.normalize(shapely.force_2d(deposits.geometry.array))
    first = np.unique(shapely.to_wkb(flat), return_index=True)[1]
    kept = np.zeros(len(deposits), dtype=bool)
    kept[first] = True
    return deposits[kept], [int(row) for row in deposits.index[~kept]]


def _messages(
    candidates: int, without: list[int], outside: list[int], duplicates: list[int]
) -> list[str]:
    messages = []
    if without:
        messages.append(f"deposits: no geometry in {name_rows(without)}; they were left out")
    if outside:
        messages.append(
            f"deposits: {len(outside)} of {candidates} points lie outside the grid "
            f"({name_rows(outside)}); they were left out"
        )
    if duplicates:
        messages.append(
            f"deposits: {len(duplicates)} of {candidates} points repeat the coordinates of "
            f"another ({name_rows(duplicates)}); each place counts once"
        )
    return messages


def _describe_bounds(bounds: Iterable[float]) -> str:
    west, south, east, north = bounds
    return f"{west:.0f} to {east:.0f} m east, {south:.0f} to {north:.0f} m north"
