"""How surveys see the ground: grids of their own, averaging, noise, outliers and gaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy.ndimage import gaussian_filter, map_coordinates

from mineral_prospectivity.simulation.fields import gaussian_field, stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mineral_prospectivity.simulation.geology import Geology

MISSING_LEVEL = 1.35
"""Geochemistry is missing where a standard normal field exceeds this: 9 % of the area."""

SAMPLING_ERROR = 0.25
OUTLIER_SHARE = 0.004
OUTLIER_MEAN = 1.5
"""Of soil samples, in logarithms: deviation of the error, share of outliers, their mean excess."""


@dataclass(frozen=True)
class Layer:
    """One raster layer of a region.

    Parameters
    ----------
    name
        Name of the layer and of its file.
    unit
        Physical unit of the values.
    description
        One sentence for people.
    grid
        The layer's own grid.
    values
        Shape ``(rows, columns)``, NaN where the survey has none.
    step
        The values are multiples of this: the resolution of the instrument.
    categories
        Names of the values of a categorical layer, by value.
    """

    name: str
    unit: str
    description: str
    grid: GeoBox
    values: NDArray[np.float64]
    step: float = 1.0
    categories: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SurveyGrids:
    """The grids of the surveys: they differ in resolution and origin, as a user's do.

    Parameters
    ----------
    fine
        Magnetics, radiometrics, lithology and elevation: half a cell.
    gravity
        Two cells.
    electromagnetic
        Six tenths of a cell, another origin.
    soil
        Geochemistry: 1.2 cells, another origin.
    """

    fine: GeoBox
    gravity: GeoBox
    electromagnetic: GeoBox
    soil: GeoBox


def survey_grids(grid: GeoBox) -> SurveyGrids:
    """Return the grids of the surveys of a region; each covers the region wholly."""
    return SurveyGrids(
        fine=_cover(grid, 0.5, 0.0),
        gravity=_cover(grid, 2.0, 2.0),
        electromagnetic=_cover(grid, 0.6, 1.1),
        soil=_cover(grid, 1.2, 1.75),
    )


class Surveyor:
    """Draws variation, noise and survey values from the geology of one region."""

    def __init__(self, seed: int, geology: Geology) -> None:
        self._seed = seed
        self._geology = geology

    def rocks(self, values: Sequence[float]) -> NDArray[np.float64]:
        """Return a property of the rocks, given for each unit in the order of LITHOLOGY."""
        return np.asarray(values, dtype=float)[self._geology.lithology - 1]

    def varied(
        self, mean: float | NDArray[np.float64], name: str, parts: list[tuple[float, float]]
    ) -> NDArray[np.float64]:
        """Return a mean plus random fields, each given by its deviation and scale in m."""
        grid = self._geology.grid
        value = np.zeros((grid.shape.y, grid.shape.x)) + mean
        for number, (deviation, scale) in enumerate(parts):
            rng = stream(self._seed, f"{name}/{number}")
            value += deviation * gaussian_field(value.shape, grid.resolution.x, scale, rng)
        return value

    def record(
        self,
        name: str,
        unit: str,
        description: str,
        grid: GeoBox,
        truth: NDArray[np.float64],
        *,
        noise: float,
        step: float,
    ) -> Layer:
        """Return what an instrument with Gaussian noise records of a field."""
        values = self.at(truth, grid)
        values += noise * stream(self._seed, f"{name}/noise").standard_normal(values.shape)
        return Layer(name, unit, description, grid, np.round(values / step) * step, step)

    def assay(
        self, name: str, unit: str, grid: GeoBox, log_truth: NDArray[np.float64], step: float
    ) -> Layer:
        """Return what the laboratory finds in soil: sampling error, outliers, detection limit."""
        rng = stream(self._seed, f"{name}/noise")
        log_value = self.at(log_truth, grid)
        log_value += SAMPLING_ERROR * rng.standard_normal(log_value.shape)
        outlier = rng.random(log_value.shape) < OUTLIER_SHARE
        log_value += np.where(outlier, rng.exponential(OUTLIER_MEAN, log_value.shape), 0.0)
        values = np.maximum(np.round(np.exp(log_value) / step), 1.0) * step
        unsampled = self.at(self.varied(0, "unsampled", [(1.0, 1e4)]), grid) > MISSING_LEVEL
        values[unsampled] = np.nan
        description = f"{name.capitalize()} in soil"
        return Layer(name, unit, description, grid, values, step)

    def at(
        self,
        values: NDArray[np.float64] | NDArray[np.int64],
        grid: GeoBox,
        order: Literal[0, 1] = 1,
    ) -> NDArray[np.float64]:
        """Return a field at the cell centres of a grid, averaged where that is coarser."""
        work = self._geology.grid
        coarser = grid.resolution.x / work.resolution.x
        field = np.asarray(values, dtype=float)
        if order and coarser > 1:
            field = gaussian_filter(field, 0.4 * coarser)
        to_work = ~work.transform @ grid.transform
        row, col = np.indices((grid.shape.y, grid.shape.x)) + 0.5
        east, south = to_work @ (col, row)
        return np.asarray(
            map_coordinates(field, [south - 0.5, east - 0.5], order=order, mode="nearest")
        )


def _cover(grid: GeoBox, cells: float, margin: float) -> GeoBox:
    """Return a grid with pixels of so many cells that reaches so many pixels beyond another."""
    pixel = cells * grid.resolution.x
    origin = Affine.translation(-margin * pixel, margin * pixel)
    corner = origin @ grid.transform @ Affine.scale(cells)
    rows, cols = (int(np.ceil(size / cells + 2 * margin - 1e-9)) for size in grid.shape)
    return GeoBox((rows, cols), corner, grid.crs)
