"""What surveys show of the geology: the evidence layers of a simulated region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from mineral_prospectivity.simulation.geology import GRANITE, LITHOLOGY
from mineral_prospectivity.simulation.instruments import Layer, Surveyor

if TYPE_CHECKING:
    from mineral_prospectivity.simulation.geology import Geology
    from mineral_prospectivity.simulation.instruments import SurveyGrids

# Properties of rocks are given in the order of LITHOLOGY.
MAGNETISATION = (10.0, -20.0, 0.0, 320.0, 60.0, 90.0)
DENSITY = (0.0, -20.0, 10.0, 110.0, 40.0, -120.0)


@dataclass(frozen=True)
class Radioelement:
    """How rocks and alteration radiate.

    Parameters
    ----------
    name, unit
        As in the layer.
    rocks
        Concentration in each rock.
    alteration
        What full alteration adds.
    step
        Resolution and noise of the spectrometer.
    """

    name: str
    unit: str
    rocks: tuple[float, ...]
    alteration: float
    step: float


@dataclass(frozen=True)
class Element:
    """How an element is distributed in soil; all but the median in logarithms.

    Parameters
    ----------
    name, unit
        As in the layer.
    median
        Median concentration over unaltered rock.
    rocks
        What each rock adds.
    alteration
        What full alteration adds.
    pathfinder
        Weight of the variation that gold, arsenic and zinc share.
    own
        Deviation and scale in m of a variation of its own.
    step
        Resolution and detection limit of the laboratory.
    """

    name: str
    unit: str
    median: float
    rocks: tuple[float, ...]
    alteration: float
    pathfinder: float
    own: tuple[float, float]
    step: float


RADIOELEMENTS = (
    Radioelement("potassium", "%", (2.2, 1.0, 2.5, 0.8, 1.2, 3.4), 1.4, 0.05),
    Radioelement("thorium", "ppm", (11, 6, 13, 4, 7, 19), 0.0, 0.25),
    Radioelement("uranium", "ppm", (2.8, 1.4, 4.5, 1.0, 2.0, 4.2), 0.0, 0.1),
)

ELEMENTS = (
    Element("copper", "ppm", 20, (0.1, -0.3, 0.2, 0.5, 0.1, -0.4), 1.8, 0, (0.4, 3e3), 0.5),
    Element("gold", "ppb", 1.5, (0, 0, 0, 0, 0, 0), 1.8, 1, (0.4, 2e3), 0.1),
    Element("arsenic", "ppm", 6, (0.1, -0.3, 0.6, -0.3, 0.1, -0.5), 1.2, 1, (0, 4e3), 0.25),
    Element("zinc", "ppm", 45, (0.1, -0.4, 0.7, 0.2, 0.1, -0.3), 0, 1, (0, 4e3), 1),
    Element("nickel", "ppm", 18, (0, -0.5, 0.1, 1.2, -0.1, -0.9), 0, 0, (0.4, 5e3), 0.5),
)


def geophysics(seed: int, geology: Geology, grids: SurveyGrids) -> list[Layer]:
    """Return magnetics, gravity and conductivity."""
    survey = Surveyor(seed, geology)
    magnetic = gaussian_filter(survey.rocks(MAGNETISATION), 1.5) + 260 * geology.alteration
    dense = gaussian_filter(survey.rocks(DENSITY), 6.0) + 30 * geology.alteration
    return [
        survey.record(
            "magnetics",
            "nT",
            "Total magnetic intensity, reduced to the pole, regional field removed",
            grids.fine,
            survey.varied(magnetic, "magnetics", [(90, 3e3), (60, 4e4)]),
            noise=4.0,
            step=1.0,
        ),
        survey.record(
            "gravity",
            "µm/s²",
            "Bouguer anomaly",
            grids.gravity,
            survey.varied(dense, "gravity", [(80, 6e4)]),
            noise=3.0,
            step=0.5,
        ),
        survey.record(
            "conductivity",
            "mS/m",
            "Apparent conductivity from airborne electromagnetics",
            grids.electromagnetic,
            np.exp(np.log(25.0) + 0.8 * geology.conductor),
            noise=0.5,
            step=0.5,
        ),
    ]


def radiometrics(seed: int, geology: Geology, grids: SurveyGrids) -> list[Layer]:
    """Return potassium, thorium and uranium at the surface, weakened by cover."""
    survey = Surveyor(seed, geology)
    seen = 1.0 - 0.6 * geology.cover
    layers = []
    for element in RADIOELEMENTS:
        ground = survey.rocks(element.rocks) + element.alteration * geology.alteration
        layers.append(
            survey.record(
                element.name,
                element.unit,
                f"Equivalent concentration of {element.name} from gamma-ray spectrometry",
                grids.fine,
                ground * seen * np.exp(survey.varied(0, element.name, [(0.2, 2e3)])),
                noise=element.step,
                step=element.step,
            )
        )
    return layers


def geochemistry(seed: int, geology: Geology, grids: SurveyGrids) -> list[Layer]:
    """Return soil geochemistry: log-normal, with outliers and unsampled patches."""
    survey = Surveyor(seed, geology)
    shared = survey.varied(0, "pathfinder", [(0.5, 4e3)])
    layers = []
    for element in ELEMENTS:
        log_mean = survey.rocks(element.rocks) + element.alteration * geology.alteration
        log_mean += np.log(element.median) + element.pathfinder * shared
        log_truth = survey.varied(log_mean, element.name, [element.own])
        layers.append(survey.assay(element.name, element.unit, grids.soil, log_truth, element.step))
    return layers


def mapped(seed: int, geology: Geology, grids: SurveyGrids) -> list[Layer]:
    """Return lithology and elevation."""
    survey = Surveyor(seed, geology)
    ground = 250 + 40 * gaussian_filter((geology.lithology == GRANITE).astype(float), 4.0)
    return [
        Layer(
            "lithology",
            "1",
            "Mapped rock units",
            grids.fine,
            survey.at(geology.lithology, grids.fine, order=0),
            categories=LITHOLOGY,
        ),
        survey.record(
            "elevation",
            "m",
            "Elevation of the ground above the ellipsoid",
            grids.fine,
            survey.varied(ground, "elevation", [(80, 5e4), (25, 6e3)]),
            noise=0.5,
            step=1.0,
        ),
    ]


def irrelevant(seed: int, geology: Geology, grids: SurveyGrids, count: int) -> list[Layer]:
    """Return layers that have nothing to do with deposits or with each other."""
    survey = Surveyor(seed, geology)
    names = [f"irrelevant_{number:02d}" for number in range(1, count + 1)]
    return [
        survey.record(
            name,
            "1",
            "A smooth random field that no deposit depends on",
            grids.fine,
            survey.varied(0, name, [(1.0, scale)]),
            noise=0.1,
            step=0.02,
        )
        for name, scale in zip(names, np.geomspace(2e3, 4e4, max(count, 1)), strict=False)
    ]
