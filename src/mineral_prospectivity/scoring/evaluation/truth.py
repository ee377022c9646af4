"""Comparison with the known probability of a simulated region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.scoring.coverage import interval_coverage, mean_width
from mineral_prospectivity.scoring.evaluation.headline import point_scores
from mineral_prospectivity.scoring.evaluation.scored import ScoredCells, or_absent
from mineral_prospectivity.scoring.selective import spearman
from mineral_prospectivity.uq.interval import probability_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mineral_prospectivity.uq.moments import LogitMoments

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class KnownProbability:
    """What a simulation knows of the cells that are scored.

    Parameters
    ----------
    given_layers
        Probability of a deposit given what the layers show, ``(cells,)``: the limit of any
        model that sees those layers.
    out_of_sample, in_sample
        Moments of the logit from fits that did not, and did, see the cells,
        ``(members, cells)``; None where there are none.
    levels
        Levels of the intervals.
    drawn
        Probability that the labels were drawn with, ``(cells,)``; it knows what no layer shows.
    """

    given_layers: FloatArray
    out_of_sample: LogitMoments | None = None
    in_sample: LogitMoments | None = None
    levels: tuple[float, ...] = (0.5, 0.8, 0.9, 0.95)
    drawn: FloatArray | None = None


def truth_scores(
    cells: ScoredCells, known: KnownProbability, areas: Sequence[float]
) -> dict[str, Any]:
    """Return the limit's scores, how near each model comes, and coverage of the known p."""
    limit = point_scores(cells, known.given_layers, areas)
    return {
        "limit": limit,
        "drawn": {"absent": "the probability that the labels were drawn with is not known"}
        if known.drawn is None
        else point_scores(cells, known.drawn, areas),
        "models": {
            name: _against_limit(cells, p, known.given_layers, limit, areas)
            for name, p in cells.models.items()
        },
        "coverage": {
            "out_of_sample": _coverage(known, known.out_of_sample, cells.weights),
            "in_sample": _coverage(known, known.in_sample, cells.weights),
        },
    }


def _against_limit(
    cells: ScoredCells,
    probability: FloatArray,
    known: FloatArray,
    limit: dict[str, Any],
    areas: Sequence[float],
) -> dict[str, Any]:
    own = point_scores(cells, probability, areas)["capture"]
    return {
        "rmse": float(np.sqrt(np.average(np.square(probability - known), weights=cells.weights))),
        "spearman": or_absent(spearman, probability, known, cells.weights),
        "capture_ratio": {
            area: _ratio(own[area], limit["capture"][area]) for area in limit["capture"]
        },
    }


def _ratio(own: dict[str, Any], limit: dict[str, Any]) -> Any:
    if "value" not in own or "value" not in limit:
        return own if "value" not in own else limit
    if limit["value"] == 0:
        return {"absent": "the limit captures nothing there"}
    return own["value"] / limit["value"]


def _coverage(
    known: KnownProbability, moments: LogitMoments | None, weights: FloatArray
) -> dict[str, Any]:
    if moments is None:
        return {"absent": "no moments of the members were given"}
    found = {}
    for level in known.levels:
        lower, upper = probability_interval(moments.mean, moments.variance, level, moments.latent)
        found[f"{level:g}"] = {
            "coverage": interval_coverage(known.given_layers, lower, upper, weights),
            "mean_width": mean_width(lower, upper, weights),
        }
    return found
