"""Scores and paired differences read from the metrics, with a verdict on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.reporting.words import (
    is_absent,
    listed,
    model_label,
    number,
    score_label,
    span,
)
from mineral_prospectivity.scoring.bootstrap import LOWER_IS_BETTER

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_DISTINGUISHABLE = "not distinguishable"

FEW_CLUSTERS = 20
"""Below this many deposit clusters a bootstrap over them is rough, and all intervals are wide."""

SLOPE_OFF = 1.25
"""Calibration slope from which, or from whose inverse, probabilities count as off."""

CHANCE = 0.5
"""ROC-AUC of a map that ranks deposit cells no higher than background."""


@dataclass(frozen=True)
class Comparison:
    """The map's model less another, on one score.

    Parameters
    ----------
    model, score
        The other model, and the score, as the metrics name them.
    value, low, high
        Difference and its interval.
    """

    model: str
    score: str
    value: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, or ``not distinguishable``: where the interval includes 0.

        An interval without width distinguishes nothing either.
        """
        if self.low <= 0 <= self.high or not self.low < self.high:
            return NOT_DISTINGUISHABLE
        return "better" if (self.value < 0) == (self.score in LOWER_IS_BETTER) else "worse"


def ensemble_first(found: Any) -> Any:
    """Return results with the map's own model before all others, at every depth."""
    if not isinstance(found, dict):
        return found
    return {name: ensemble_first(found[name]) for name in sorted(found, key="ensemble".__ne__)}


def headline_names(metrics: Mapping[str, Any]) -> list[str]:
    """Return the scores that head the report: ranking, log loss, and capture in a small area."""
    areas = [float(area) for area in metrics["models"]["ensemble"]["capture"]]
    small = min(areas, key=lambda area: abs(area - 0.05))
    return ["roc_auc", "average_precision", "nll", f"capture@{small:g}"]


def all_names(metrics: Mapping[str, Any]) -> list[str]:
    """Return every score of a model, each capture on its own."""
    areas = metrics["models"]["ensemble"]["capture"]
    return ["roc_auc", "average_precision", "nll", "brier", *(f"capture@{area}" for area in areas)]


def find_score(scores: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a score of one model by its name, ``capture@0.05`` among them."""
    area = name.removeprefix("capture@")
    return dict(scores[name] if area == name else scores["capture"][area])


def beats_chance(metrics: Mapping[str, Any]) -> bool | None:
    """Return whether held-out deposits rank above background beyond chance; None if unknown."""
    score = metrics["models"]["ensemble"]["roc_auc"]
    return score["low"] > CHANCE if span(score) else None


def few_clusters(metrics: Mapping[str, Any]) -> bool:
    """Return whether there are too few clusters of deposits to trust an interval over them."""
    return bool(metrics["scored"]["deposit_clusters"] < FEW_CLUSTERS)


def calibration_slope(metrics: Mapping[str, Any]) -> tuple[str, str]:
    """Return whether the held-out slope is ``right``, ``off`` or ``unknown``, and it in words."""
    line = metrics["calibration"]["ensemble"]["line"]
    if is_absent(line):
        return "unknown", line["absent"]
    kind = "too extreme" if line["slope"] < 1 else "too timid"
    right = abs(np.log(max(line["slope"], 1e-6))) < np.log(SLOPE_OFF)
    words = f"{kind} (calibration slope {number(line['slope'])}, 1 is right)"
    return "right" if right else "off", words


def against_chance(metrics: Mapping[str, Any]) -> str:
    """Return the held-out ROC-AUC with its interval, and what chance would give, in words."""
    score = metrics["models"]["ensemble"]["roc_auc"]
    found = f"{score_label('roc_auc')} {number(score['value'])} ({span(score)})"
    return f"{found}, where {CHANCE:g} is chance"


def scores_with_intervals(
    metrics: Mapping[str, Any], names: list[str]
) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Return value, low and high by model and score; absent ones are left out."""
    return {
        model_label(model): {
            name: (
                score["value"],
                score.get("low", score["value"]),
                score.get("high", score["value"]),
            )
            for name in names
            if "value" in (score := find_score(scores, name))
        }
        for model, scores in metrics["models"].items()
    }


def comparisons(metrics: Mapping[str, Any], names: list[str]) -> list[Comparison]:
    """Return the differences of the map's model to every other; empty where they are absent."""
    found = metrics["differences"]["models"]
    if is_absent(found):
        return []
    return [
        Comparison(model, name, gap["value"], gap["low"], gap["high"])
        for model, gaps in found.items()
        for name in names
        if "value" in (gap := gaps.get(name, {}))
    ]


def unsupported_claims(found: list[Comparison], confidence: float) -> list[str]:
    """Return, in words, what these comparisons cannot support."""
    claims = []
    for model in dict.fromkeys(item.model for item in found):
        level = [f for f in found if f.model == model and f.verdict == NOT_DISTINGUISHABLE]
        if level:
            scores = listed([score_label(item.score) for item in level])
            zero = all(item.low <= 0 <= item.high for item in level)
            claims.append(
                f"That the {model_label('ensemble')} is better or worse than "
                f"{model_label(model)} in {scores}: the {100 * confidence:g} % interval of the "
                f"difference includes 0{'' if zero else ', or has no width'}."
            )
    return claims


def worse_than(found: list[Comparison]) -> list[str]:
    """Return, in words, where the map's model is clearly behind another."""
    return [
        f"{model_label(item.model)} is better in {score_label(item.score)} "
        f"(difference {number(item.value)}, interval {number(item.low)} to {number(item.high)})."
        for item in found
        if item.verdict == "worse"
    ]
