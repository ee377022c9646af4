"""Choosing the grid: its CRS, the side of its cells, and blocks that fit the deposits."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import shapely
from odc.geo import CRS

from mineral_prospectivity.errors import ConfigurationError, DepositError
from mineral_prospectivity.geo.grid import named_crs, projected_crs
from mineral_prospectivity.geo.place import bounds_in
from mineral_prospectivity.labels import lopsided_folds, make_cells, thin_folds
from mineral_prospectivity.labels.positives import home_cells
from mineral_prospectivity.parameters import FoldParameters, LabelParameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.experiments.found import Found
    from mineral_prospectivity.geo.place import Bounds

WEB_MERCATOR = "EPSG:3857"
WGS84 = "EPSG:4326"
MOST_CELLS = 1_000_000
"""A map of as many cells is trained and drawn in minutes."""

FEW_CELLS = 2_500
WITHOUT_PIXELS = 250_000
"""Cells of a map whose layers have no pixels to go by."""

NEXT_ZONE = 6.0
"""Degrees beyond the region of a CRS that its distances still serve."""

NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
UTM_WIDTH = 9.0
"""Degrees of longitude beyond which one UTM zone distorts."""

BLOCKS = (20_000.0, 15_000.0, 10_000.0, 7_500.0, 5_000.0, 3_000.0, 2_000.0, 1_000.0, 500.0, 250.0)
FOLDS = (5, 4, 3)
USUAL = FoldParameters()
LEAST_PART = 0.25
"""Of the largest blocks that fit: smaller ones flatter scores more than uneven folds blur them."""

BACKGROUND = 20_000
"""Cells beside those of the deposits on which blocks are tried."""


@dataclass(frozen=True)
class Choice:
    """What was chosen, and why; a doubt says what a person should look at."""

    value: Any
    why: str
    doubt: str | None = None


def choose_crs(layers: Sequence[Found], deposits: geopandas.GeoDataFrame) -> Choice:
    """Return a projected CRS in metres: that of most layers, or the UTM zone of the region.

    Raises
    ------
    ConfigurationError
        If no file names its CRS.
    """
    votes = Counter(str(found.crs) for found in layers if found.crs and _serves(found.crs))
    if votes:
        crs, count = votes.most_common(1)[0]
        why = f"{count} of {len(layers)} layers have it"
        others = [name for name in votes if name != crs]
        return Choice(crs, why + (f"; {', '.join(others)} will be reprojected" if others else ""))
    if deposits.crs is not None and _serves(named_crs(deposits.crs)):
        return Choice(
            str(named_crs(deposits.crs)), "the deposits have it, and no layer is in metres"
        )
    west, south, east, north = _degrees(layers, deposits)
    middle = geopandas.GeoSeries([shapely.box(west, south, east, north)], crs=WGS84)
    zone = str(named_crs(middle.estimate_utm_crs()))
    wide = east - west > UTM_WIDTH
    doubt = f"the region spans {east - west:.0f} degrees; a national grid would distort less"
    return Choice(
        zone, "no layer is in metres: the UTM zone of the region", doubt if wide else None
    )


def _serves(crs: CRS) -> bool:
    """Tell whether a CRS can be the grid's: named, in metres, true to areas."""
    try:
        projected_crs(str(crs))
    except ConfigurationError:
        return False
    return crs.epsg is not None and str(crs) != WEB_MERCATOR


def _degrees(
    layers: Sequence[Found], deposits: geopandas.GeoDataFrame
) -> tuple[float, float, float, float]:
    """Return the bounds of the layers, or else of the deposits, in degrees.

    One deposit with exchanged coordinates would move those of both to another UTM zone.
    """
    known = [bounds_in(found.crs, found.bounds, CRS(WGS84)) for found in layers if found.crs]
    if not known and deposits.crs is not None:
        known.append(tuple(deposits.to_crs(WGS84).total_bounds))
    if not known:
        msg = "no file names its CRS. Give the one they share with --crs, such as --crs EPSG:7845"
        raise ConfigurationError(msg)
    low, high = np.min(known, axis=0), np.max(known, axis=0)
    return float(low[0]), float(low[1]), float(high[2]), float(high[3])


def outside_its_region(crs: CRS, bounds: Bounds) -> str | None:
    """Return that a CRS is made for another region than that of bounds in it, None where it fits.

    A neighbouring zone still serves: its distances are off by a few parts in a thousand.
    """
    made_for = crs.proj.area_of_use
    west, south, east, north = bounds_in(crs, bounds, CRS(WGS84))
    x, y = (west + east) / 2, (south + north) / 2
    if made_for is None or made_for.west > made_for.east:
        return None
    away = max(made_for.west - x, x - made_for.east, made_for.south - y, y - made_for.north)
    if away <= NEXT_ZONE:
        return None
    return (
        f"{crs} is made for longitudes {made_for.west:.0f} to {made_for.east:.0f} and latitudes "
        f"{made_for.south:.0f} to {made_for.north:.0f}; the map lies at {x:.0f}, {y:.0f}, where "
        "its distances and areas are wrong. Take the CRS of the region"
    )


def pixel_in(found: Found, crs: CRS) -> float | None:
    """Return the side of a layer's pixel in a CRS, m; None where it has no pixels."""
    if found.pixel is None:
        return None
    west, south, east, north = found.bounds
    here = bounds_in(found.crs or crs, found.bounds, crs)
    scale = (here[2] - here[0]) * (here[3] - here[1]) / ((east - west) * (north - south))
    return math.sqrt(found.pixel[0] * found.pixel[1] * scale)


def choose_resolution(layers: Sequence[Found], crs: CRS, area: float) -> Choice:
    """Return the side of a cell, m: the median pixel, coarser where the map would be huge.

    Parameters
    ----------
    area
        Of the region, m2.
    """
    pixels = [size for found in layers if (size := pixel_in(found, crs)) is not None]
    least = math.sqrt(area / MOST_CELLS)
    if pixels:
        middle = float(np.median(pixels))
        start = nice(middle)
        rounded = "" if math.isclose(start, middle) else f", rounded to {start:g} m"
        why = f"the median pixel of {len(pixels)} rasters is {middle:.4g} m{rounded}"
    else:
        start, why = nice(math.sqrt(area / WITHOUT_PIXELS)), "no layer has pixels to go by"
    size = start if start >= least else nice(least, upwards=True)
    cells = area / size**2
    if size > start:
        why += f"; coarsened to keep the map below {MOST_CELLS:,} cells"
    return Choice(size, f"{why}: about {cells:,.0f} cells", few_cells(cells))


def few_cells(cells: float) -> str | None:
    """Return that a map has few cells, if so."""
    return f"only {cells:,.0f} cells: try a finer grid" if cells < FEW_CELLS else None


def nice(value: float, *, upwards: bool = False) -> float:
    """Return the nearest round length, or the next larger one.

    Examples
    --------
    >>> nice(437.0), nice(210.0, upwards=True), nice(0.83)
    (500.0, 250.0, 1.0)
    """
    power = 10.0 ** math.floor(math.log10(value))
    rounds = [step * power for step in NICE]
    if upwards:
        return next(size for size in rounds if size >= value * (1 - 1e-9))
    return min(rounds, key=lambda size: abs(math.log(size / value)))


@dataclass(frozen=True)
class Blocks:
    """Folds and clusters that the deposits can fill."""

    count: int
    block_size: float
    cluster_distance: float


def choose_blocks(grid: GeoBox, deposits: geopandas.GeoDataFrame) -> Choice:
    """Return the largest blocks that let every fold have deposits.

    Where one fold would have most of the deposits, or hardly any, somewhat smaller blocks are taken
    if no fold of theirs does.

    Parameters
    ----------
    deposits
        On the grid and in its CRS.
    """
    for count in FOLDS:
        fitting = _fitting(grid, deposits, count)
        largest, doubtful = next(fitting, (None, False))
        if largest is None:
            continue
        if not doubtful:
            return _chosen(largest, "has deposits")
        least = LEAST_PART * largest.block_size
        even = (one for one, doubtful in fitting if not doubtful and one.block_size >= least)
        return _chosen(next(even, largest), "has deposits, as evenly as blocks can give them")
    doubt = "no blocks give each of three folds a deposit; a run will be refused. Add deposits"
    return Choice(Blocks(USUAL.count, USUAL.block_size, 2000.0), "the defaults", doubt)


def _fitting(
    grid: GeoBox, deposits: geopandas.GeoDataFrame, count: int
) -> Iterator[tuple[Blocks, bool]]:
    """Yield blocks that give every fold deposits, largest first, and whether a fold is doubtful."""
    for size in BLOCKS:
        if size < grid.resolution.x:
            return
        blocks = Blocks(count, size, min(LabelParameters().cluster_distance, size / 4))
        with suppress(DepositError):
            cells = _dealt(grid, deposits, blocks)
            yield blocks, bool(thin_folds(cells) or lopsided_folds(cells))


def _chosen(blocks: Blocks, has: str) -> Choice:
    why = f"every one of {blocks.count} folds {has}"
    if (blocks.count, blocks.block_size) == (USUAL.count, USUAL.block_size):
        return Choice(blocks, f"the defaults: {why}")
    small = (
        f"blocks of {blocks.block_size / 1000:g} km are small: if the layers stay alike over "
        "longer distances, scores are too good"
    )
    return Choice(blocks, why, small)


def _dealt(grid: GeoBox, deposits: geopandas.GeoDataFrame, blocks: Blocks) -> pd.DataFrame:
    """Return the cells of deposits and some others, dealt to folds."""
    every = np.arange(grid.shape.x * grid.shape.y)
    homes = home_cells(grid, every, deposits)
    step = max(1, every.size // BACKGROUND)
    return make_cells(
        grid,
        np.union1d(every[::step], homes[homes >= 0]),
        deposits,
        cluster_distance=blocks.cluster_distance,
        fold_count=blocks.count,
        block_size=blocks.block_size,
    )[0]
