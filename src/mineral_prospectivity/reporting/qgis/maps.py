"""The maps that are published: what each is called, how it is coloured, how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.geo.geotiff import PALETTE
from mineral_prospectivity.reporting.qgis.ramps import (
    Ramp,
    linear_ramp,
    log_ramp,
    odds_ramp,
    percentile_ramp,
    turning_ramp,
)
from mineral_prospectivity.reporting.qgis.rasters import category_style, in_unit, ramp_style
from mineral_prospectivity.reporting.style import (
    LOG_ODDS_MAP,
    PROBABILITY_MAP,
    RETURN_MAP,
    UNCERTAINTY_MAP,
)
from mineral_prospectivity.reporting.thumbnails import thumbnail
from mineral_prospectivity.reporting.words import number, percent
from mineral_prospectivity.scoring.validity import applicability
from mineral_prospectivity.targeting.categories import CATEGORIES, Category

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from mineral_prospectivity.geo.raster import Raster

PROSPECTIVITY = "Prospectivity"
RISK_RETURN = "Risk and return"
UNCERTAINTY = "Uncertainty"

_APPLICABILITY = tuple(
    Category(value, name, colour)
    for (value, name), colour in zip(applicability.CATEGORIES, PALETTE, strict=False)
)
_log_sd = partial(log_ramp, colours=UNCERTAINTY_MAP, label=number)


@dataclass(frozen=True)
class PublishedMap:
    """A map of one band.

    Parameters
    ----------
    name
        Of its file and of its band.
    title
        What people call it, with the unit.
    group
        Where it stands in the project.
    reading
        What high and low mean, and what not to conclude.
    ramp
        Gives the colours for the values that there are and the prior; None for categories.
    categories
        Values with names and colours; empty for a continuous map.
    """

    name: str
    title: str
    group: str
    reading: str
    ramp: Callable[[NDArray[np.float64], float], Ramp] | None = None
    categories: tuple[Category, ...] = ()


MAPS = (
    PublishedMap(
        "probability",
        "Probability of a known deposit (per cell)",
        PROSPECTIVITY,
        "Calibrated probability that a cell holds a deposit of the kind that is known. High: the "
        "ground resembles that of the deposits. It is a probability per cell, so it grows with "
        "the cell, and small values are normal. A low value is no proof of absence.",
        lambda values, _: log_ramp(values, PROBABILITY_MAP, percent),
    ),
    PublishedMap(
        "log_odds_mean",
        "Evidence for and against (mean log-odds)",
        PROSPECTIVITY,
        "Mean log-odds over the ensemble. Red: more likely than a cell of which nothing is known "
        "(the prior); blue: less likely; white: the layers say nothing either way.",
        lambda values, prior: odds_ramp(values, prior, LOG_ODDS_MAP),
    ),
    PublishedMap(
        "risk_return",
        "Return and risk (four categories)",
        RISK_RETURN,
        "Blue: high return and low risk, test first. Orange: high return and high risk, learn "
        "more first. Greys: low return. High return is a significant hot spot of the prediction; "
        "risk is split at a threshold of the report, so it is high or low within this region "
        "only.",
        categories=CATEGORIES,
    ),
    PublishedMap(
        "risk_adjusted_return",
        "Risk-adjusted return of testing a cell (currency)",
        RISK_RETURN,
        "Expected value of testing a cell less a charge for its uncertainty, in the currency of "
        "the parameters. Green: testing pays under these costs and values; brown: it does not. "
        "It follows from the assumed costs: change them before you believe it.",
        lambda values, _: turning_ramp(values, RETURN_MAP, "testing begins to pay"),
    ),
    PublishedMap(
        "total",
        "Total uncertainty (SD of the outcome)",
        UNCERTAINTY,
        "Standard deviation of deposit or no deposit: sqrt(p(1 - p)). It is high wherever the "
        "probability is, up to one half. It does not say that the model is unsure.",
        lambda values, _: _log_sd(values),
    ),
    PublishedMap(
        "aleatoric",
        "Aleatoric uncertainty (SD): these layers cannot tell",
        UNCERTAINTY,
        "What would remain if the model were known. High: the same evidence is found with and "
        "without deposits. More deposits to train on will not lower it; other layers may.",
        lambda values, _: _log_sd(values),
    ),
    PublishedMap(
        "epistemic",
        "Epistemic uncertainty (SD): the models do not know yet",
        UNCERTAINTY,
        "How far the models differ on the probability. High: few examples of such ground. More "
        "labels there lower it. It is low where the probability is low, so look at the SD of the "
        "log-odds to compare quiet ground.",
        lambda values, _: _log_sd(values),
    ),
    PublishedMap(
        "latent",
        "Latent part of the aleatoric uncertainty (SD)",
        UNCERTAINTY,
        "The part of the aleatoric uncertainty that comes from compressing the layers. High: "
        "noisy or missing evidence blurs what the model sees.",
        lambda values, _: _log_sd(values),
    ),
    PublishedMap(
        "mutual_information",
        "Mutual information (nats): where a label teaches most",
        UNCERTAINTY,
        "How much one label in this cell would tell about the models (BALD). High: a good place "
        "for the next observation. It is not a place where a deposit is likely.",
        lambda values, _: log_ramp(values, UNCERTAINTY_MAP, in_unit("nat")),
    ),
    PublishedMap(
        "log_odds_sd",
        "Disagreement of the models (SD of the log-odds)",
        UNCERTAINTY,
        "Spread of the log-odds over the ensemble: disagreement that does not shrink where the "
        "probability is small. 0.7 is a factor of two in the odds.",
        lambda values, _: linear_ramp(values, UNCERTAINTY_MAP),
    ),
    PublishedMap(
        "novelty",
        "Novelty (percentile): unlike the training area",
        UNCERTAINTY,
        "How badly the evidence of a cell is reconstructed, as a percentile among held-out "
        "cells. High: ground that the models have not seen; there the probability and its "
        "uncertainties are extrapolated. It says nothing of deposits.",
        lambda *_: percentile_ramp(UNCERTAINTY_MAP),
    ),
    PublishedMap(
        "applicability",
        "Area of applicability: where the scores hold",
        UNCERTAINTY,
        "Inside: the layers of the cell are no less like those of a training cell than held-out "
        "blocks were. Outside: they are unlike all of them, and the scores of the report say "
        "nothing of the cell. It tells of the layers, not of deposits.",
        categories=_APPLICABILITY,
    ),
)
"""In the order of the project, the topmost first."""


def map_styles(prediction: Raster, returns: Raster, prior: float) -> Mapping[str, str]:
    """Return the style of every published map, by name.

    Parameters
    ----------
    prediction
        With a band for every continuous map but that of return; read block by block and thinned.
    returns
        With the band ``risk_adjusted_return``.
    prior
        Share of the cells with a known deposit.
    """
    seen = (thumbnail(prediction), thumbnail(returns))
    values = {name: maps.band(name).astype(np.float64) for maps in seen for name in maps.names}
    return {
        one.name: (
            ramp_style(one.ramp(values[one.name], prior))
            if one.ramp
            else category_style(one.categories)
        )
        for one in MAPS
    }
