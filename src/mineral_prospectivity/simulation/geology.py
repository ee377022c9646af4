"""What lies in the ground of a simulated region: rocks, faults, alteration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree
from scipy.special import expit

from mineral_prospectivity.geo.grid import cell_centres
from mineral_prospectivity.simulation.fields import gaussian_field, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

LITHOLOGY = {
    1: "siltstone",
    2: "sandstone",
    3: "carbonaceous shale",
    4: "mafic volcanics",
    5: "calc-silicate rocks",
    6: "granite",
}
"""Rock units by the code that they have in the lithology layer."""

GRANITE = 6
INTRUSION_LEVEL = 1.1
STRATIGRAPHIC_LEVELS = (-0.8, -0.1, 0.5, 1.1)
FAULT_STEP = 1000.0
FAULTS_PER_AREA = 1 / 2.5e8
STRIKES = ((-0.45, 0.2), (0.9, 0.17))
"""Mean and deviation of the two fault directions, radians clockwise from north."""


@dataclass(frozen=True)
class Geology:
    """The latent fields that the layers share, on one grid; each shape ``(rows, columns)``.

    Parameters
    ----------
    grid
        A grid somewhat larger than the region.
    lithology
        Codes of :data:`LITHOLOGY`.
    faults
        Fault traces.
    alteration
        Strength of hydrothermal alteration, 0 to 1: along faults and around granites.
    cover
        Share of the surface signal that transported cover hides, 0 to 1.
    conductor
        Standard normal; independent of everything else.
    """

    grid: GeoBox
    lithology: NDArray[np.int64]
    faults: gpd.GeoDataFrame
    alteration: NDArray[np.float64]
    cover: NDArray[np.float64]
    conductor: NDArray[np.float64]


def simulate_geology(seed: int, grid: GeoBox) -> Geology:
    """Return the geology of a region.

    Parameters
    ----------
    seed
        Seed of the region.
    grid
        Where the latent fields are wanted.
    """
    intrusion = _field(seed, grid, "intrusion", 15_000.0)
    faults = draw_faults(seed, grid)
    distance = _about_distance_to(faults, grid)
    contact = np.exp(-(((intrusion - INTRUSION_LEVEL) / 0.5) ** 2))
    fluids = 2.0 * (contact - 0.5) + 1.2 * _field(seed, grid, "fluids", 5_000.0)
    return Geology(
        grid=grid,
        lithology=_lithology(seed, grid, intrusion),
        faults=faults,
        alteration=np.exp(-distance / 2500.0) * expit(fluids),
        cover=expit(3.0 * (_field(seed, grid, "cover", 20_000.0) - 1.0)),
        conductor=_field(seed, grid, "conductor", 8_000.0),
    )


def draw_faults(seed: int, grid: GeoBox) -> gpd.GeoDataFrame:
    """Return fault traces: wandering lines along two directions, with columns name and set."""
    rng = stream(seed, "faults")
    west, south, east, north = grid.extent.boundingbox.bbox
    count = max(2, round((east - west) * (north - south) * FAULTS_PER_AREA))
    lines, sets = [], []
    for _ in range(count):
        direction = int(rng.random() < 0.4)  # noqa: PLR2004
        strike = rng.normal(*STRIKES[direction])
        steps = max(4, round(rng.lognormal(np.log(28.0), 0.5)))
        bends = np.cumsum(rng.normal(0.0, 0.06, steps))
        start = rng.uniform((west, south), (east, north))
        course = strike + bends
        along = FAULT_STEP * np.cumsum(np.stack([np.sin(course), np.cos(course)], axis=1), axis=0)
        lines.append(shapely.linestrings(start + along - along[steps // 2]))
        sets.append("north-west" if direction == 0 else "north-east")
    names = [f"F{number:03d}" for number in range(1, count + 1)]
    return gpd.GeoDataFrame({"name": names, "set": sets}, geometry=lines, crs=str(grid.crs))


def distance_to_lines(lines: gpd.GeoDataFrame, grid: GeoBox) -> NDArray[np.float64]:
    """Return the distance from each cell centre to the nearest line, m."""
    rows, cols = grid.shape
    x, y = cell_centres(grid, np.arange(rows * cols))
    points = shapely.points(x, y)
    # Short segments have small boxes, which the tree can tell apart.
    vertices, line = shapely.get_coordinates(lines.geometry.array, return_index=True)
    pairs = np.stack([vertices[:-1], vertices[1:]], axis=1)[line[:-1] == line[1:]]
    tree = shapely.STRtree(shapely.linestrings(pairs))
    _, distance = tree.query_nearest(points, return_distance=True, all_matches=False)
    return np.asarray(distance).reshape(rows, cols)


def _about_distance_to(lines: gpd.GeoDataFrame, grid: GeoBox) -> NDArray[np.float64]:
    """Return the distance to vertices 100 m apart: near enough for a latent field, and fast."""
    vertices = shapely.get_coordinates(shapely.segmentize(lines.geometry.array, 100.0))
    rows, cols = grid.shape
    centres = np.stack(cell_centres(grid, np.arange(rows * cols)), axis=1)
    return np.asarray(cKDTree(vertices).query(centres)[0]).reshape(rows, cols)


def _lithology(seed: int, grid: GeoBox, intrusion: NDArray[np.float64]) -> NDArray[np.int64]:
    # Beds strike north: the field varies faster eastwards.
    beds = gaussian_field(
        _shape(grid), _spacing(grid), (40_000.0, 14_000.0), stream(seed, "beds"), 1.5
    )
    units = 1 + np.digitize(beds, STRATIGRAPHIC_LEVELS)
    return np.where(intrusion > INTRUSION_LEVEL, GRANITE, units)


def _field(seed: int, grid: GeoBox, name: str, scale: float) -> NDArray[np.float64]:
    return gaussian_field(_shape(grid), _spacing(grid), scale, stream(seed, name))


def _shape(grid: GeoBox) -> tuple[int, int]:
    return grid.shape.y, grid.shape.x


def _spacing(grid: GeoBox) -> float:
    return float(grid.resolution.x)
