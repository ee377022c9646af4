"""What surveys show of the geology: the evidence layers of a simulated region."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy.ndimage import gaussian_filter, map_coordinates

from mineral_prospectivity.simulation.fields import gaussian_field, stream
from mineral_prospectivity.simulation.geology import GRANITE, LITHOLOGY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mineral_prospectivity.simulation.geology import Geology

MAFIC = 4
MISSING_LEVEL = 1.35
"""Geochemistry is missing where a standard normal field exceeds this: 9 % of the area."""


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


def geophysics(seed: int, geology: Geology, grids: SurveyGrids) -> list[Layer]:
    """Return magnetics, gravity, radiometrics and conductivity."""
    sample = _Sampler(seed, geology)
    rocks, alteration = sample.rocks, geology.alteration
    magnetic = gaussian_filter(rocks(10, -20, 0, 320, 60, 90), 1.5) + 260 * alteration
    dense = gaussian_filter(rocks(0, -20, 10, 110, 40, -120), 6.0) + 30 * alteration
    seen = 1.0 - 0.6 * geology.cover
    potassium = (rocks(2.2, 1.0, 2.5, 0.8, 1.2, 3.4) + 1.4 * alteration) * seen
    thorium = rocks(11, 6, 13, 4, 7, 19) * seen
    uranium = rocks(2.8, 1.4, 4.5, 1.0, 2.0, 4.2) * seen
    return [
        sample.layer(
            "magnetics",
            "nT",
            "Total magnetic intensity, reduced to the pole, regional field removed",
            grids.fine,
            sample.rough(magnetic, "magnetics", [(90, 3e3), (60, 4e4)]),
            noise=4.0,
            step=1.0,
        ),
        sample.layer(
            "gravity",
            "µm/s²",
            "Bouguer anomaly",
            grids.gravity,
            sample.rough(dense, "gravity", [(80, 6e4)]),
            noise=3.0,
            step=0.5,
        ),
        *(
            sample.layer(
                name,
                unit,
                f"Equivalent concentration of {name} from airborne gamma-ray spectrometry",
                grids.fine,
                value * np.exp(sample.rough(0, name, [(0.2, 2e3)])),
                noise=step,
                step=step,
            )
            for name, unit, value, step in (
                ("potassium", "%", potassium, 0.05),
                ("thorium", "ppm", thorium, 0.25),
                ("uranium", "ppm", uranium, 0.1),
            )
        ),
        sample.layer(
            "conductivity",
            "mS/m",
            "Apparent conductivity from airborne electromagnetics",
            grids.electromagnetic,
            np.exp(np.log(25.0) + 0.8 * geology.conductor),
            noise=0.5,
            step=0.5,
        ),
    ]


def geochemistry(seed: int, geology: Geology, grids: SurveyGrids) -> list[Layer]:
    """Return soil geochemistry: log-normal, with outliers and unsampled patches."""
    sample = _Sampler(seed, geology)
    rocks, alteration, shared = sample.rocks, geology.alteration, sample.rough
    pathfinder = shared(0, "pathfinder", [(0.5, 4e3)])
    elements = (
        (
            "copper",
            "ppm",
            20.0,
            rocks(0.1, -0.3, 0.2, 0.5, 0.1, -0.4) + 1.8 * alteration,
            shared(0, "copper", [(0.4, 3e3)]),
            0.5,
        ),
        ("gold", "ppb", 1.5, 1.8 * alteration + pathfinder, shared(0, "gold", [(0.4, 2e3)]), 0.1),
        (
            "arsenic",
            "ppm",
            6.0,
            rocks(0.1, -0.3, 0.6, -0.3, 0.1, -0.5) + 1.2 * alteration + pathfinder,
            0.0,
            0.25,
        ),
        ("zinc", "ppm", 45.0, rocks(0.1, -0.4, 0.7, 0.2, 0.1, -0.3), pathfinder, 1.0),
        (
            "nickel",
            "ppm",
            18.0,
            rocks(0.0, -0.5, 0.1, 1.2, -0.1, -0.9),
            shared(0, "nickel", [(0.4, 5e3)]),
            0.5,
        ),
    )
    return [
        sample.soil(name, unit, grids.soil, np.log(median) + expected + variation, step)
        for name, unit, median, expected, variation, step in elements
    ]


def mapped(seed: int, geology: Geology, grids: SurveyGrids) -> list[Layer]:
    """Return lithology and elevation."""
    sample = _Sampler(seed, geology)
    ground = 250 + 40 * gaussian_filter((geology.lithology == GRANITE).astype(float), 4.0)
    return [
        Layer(
            "lithology",
            "1",
            "Mapped rock units",
            grids.fine,
            sample.at(geology.lithology, grids.fine, order=0),
            categories=LITHOLOGY,
        ),
        sample.layer(
            "elevation",
            "m",
            "Elevation of the ground above the ellipsoid",
            grids.fine,
            sample.rough(ground, "elevation", [(80, 5e4), (25, 6e3)]),
            noise=0.5,
            step=1.0,
        ),
    ]


def irrelevant(seed: int, geology: Geology, grids: SurveyGrids, count: int) -> list[Layer]:
    """Return layers that have nothing to do with deposits or with each other."""
    sample = _Sampler(seed, geology)
    names = [f"irrelevant_{number:02d}" for number in range(1, count + 1)]
    return [
        sample.layer(
            name,
            "1",
            "A smooth random field that no deposit depends on",
            grids.fine,
            sample.rough(0, name, [(1.0, scale)]),
            noise=0.1,
            step=0.02,
        )
        for name, scale in zip(names, np.geomspace(2e3, 4e4, max(count, 1)), strict=False)
    ]


class _Sampler:
    """Draws variation, noise and survey values from the geology of one region."""

    def __init__(self, seed: int, geology: Geology) -> None:
        self._seed = seed
        self._geology = geology

    def rocks(self, *values: float) -> NDArray[np.float64]:
        """Return a property of the rocks, given for each unit in the order of LITHOLOGY."""
        return np.asarray(values, dtype=float)[self._geology.lithology - 1]

    def rough(
        self, mean: float | NDArray[np.float64], name: str, parts: list[tuple[float, float]]
    ) -> NDArray[np.float64]:
        """Return a mean plus random fields, each given by its deviation and scale in m."""
        grid = self._geology.grid
        value = np.zeros((grid.shape.y, grid.shape.x)) + mean
        for number, (deviation, scale) in enumerate(parts):
            rng = stream(self._seed, f"{name}/{number}")
            value += deviation * gaussian_field(value.shape, grid.resolution.x, scale, rng)
        return value

    def layer(
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

    def soil(
        self, name: str, unit: str, grid: GeoBox, log_truth: NDArray[np.float64], step: float
    ) -> Layer:
        """Return what the laboratory finds in soil: sampling error, outliers, detection limit."""
        rng = stream(self._seed, f"{name}/noise")
        log_value = self.at(log_truth, grid)
        log_value += 0.25 * rng.standard_normal(log_value.shape)
        outlier = rng.random(log_value.shape) < 0.004  # noqa: PLR2004
        log_value += np.where(outlier, rng.exponential(1.5, log_value.shape), 0.0)
        values = np.maximum(np.round(np.exp(log_value) / step), 1.0) * step
        unsampled = self.at(self.rough(0, "unsampled", [(1.0, 1e4)]), grid) > MISSING_LEVEL
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
        to_work = ~work.transform * grid.transform
        row, col = np.indices((grid.shape.y, grid.shape.x)) + 0.5
        east, south = to_work * (col, row)
        return np.asarray(
            map_coordinates(field, [south - 0.5, east - 0.5], order=order, mode="nearest")
        )


def _cover(grid: GeoBox, cells: float, margin: float) -> GeoBox:
    """Return a grid with pixels of so many cells that reaches so many pixels beyond another."""
    pixel = cells * grid.resolution.x
    origin = Affine.translation(-margin * pixel, margin * pixel)
    corner = origin * grid.transform * Affine.scale(cells)
    rows, cols = (int(np.ceil(size / cells + 2 * margin - 1e-9)) for size in grid.shape)
    return GeoBox((rows, cols), corner, grid.crs)
