"""Headline scores of every model, with intervals and paired differences."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.scoring.brier import brier_score
from mineral_prospectivity.scoring.capture import capture, lift
from mineral_prospectivity.scoring.evaluation.scored import ScoredCells, or_absent
from mineral_prospectivity.scoring.likelihood import negative_log_likelihood
from mineral_prospectivity.scoring.ranking import average_precision, roc_auc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from mineral_prospectivity.scoring.bootstrap import BootstrapScores

    FloatArray = NDArray[np.float64]

_METRICS: dict[str, Callable[[FloatArray, FloatArray, FloatArray], float]] = {
    "roc_auc": roc_auc,
    "average_precision": average_precision,
    "nll": negative_log_likelihood,
    "brier": brier_score,
}


def point_scores(
    cells: ScoredCells, probability: FloatArray, areas: Sequence[float]
) -> dict[str, Any]:
    """Return each headline score as ``{"value": ...}`` or ``{"absent": reason}``."""
    found = {
        name: _value(metric, cells.labels, probability, cells.weights)
        for name, metric in _METRICS.items()
    }
    found["capture"] = {
        f"{area:g}": _value(capture, probability, cells.deposits, area, cells.weights)
        for area in areas
    }
    for area, at in zip(areas, found["capture"].values(), strict=True):
        if "value" in at:
            at["lift"] = lift(at["value"], area)
    return found


def _value(score: Callable[..., float], *arguments: Any) -> dict[str, Any]:
    found = or_absent(score, *arguments)
    return found if isinstance(found, dict) else {"value": found}


def with_intervals(
    scores: dict[str, Any], model: str, bootstrap: BootstrapScores | dict[str, str]
) -> dict[str, Any]:
    """Add ``low`` and ``high`` to every score, or why they are absent, as ``interval``."""

    def add(score: dict[str, Any], metric: str) -> dict[str, Any]:
        if "value" not in score:
            return score
        if isinstance(bootstrap, dict):
            return {**score, "interval": bootstrap}
        found = bootstrap.intervals[model].get(metric)
        if found is None:
            return {**score, "interval": {"absent": "some replicates do not define it"}}
        return {**score, "low": found.low, "high": found.high}

    complete = {name: add(scores[name], name) for name in _METRICS}
    return complete | {
        "capture": {area: add(at, f"capture@{area}") for area, at in scores["capture"].items()}
    }


def paired_differences(
    models: Mapping[str, Any], reference: str, bootstrap: BootstrapScores | dict[str, str]
) -> dict[str, Any]:
    """Return the reference's scores less every other model's."""
    if isinstance(bootstrap, dict):
        return {"reference": reference, "models": bootstrap}
    found = {
        name: {metric: asdict(gap) for metric, gap in bootstrap.differences[name].items()}
        for name in models
        if name != reference
    }
    return {"reference": reference, "models": found}


def fold_scores(
    cells: ScoredCells, probability: FloatArray, folds: NDArray[np.int_]
) -> dict[str, Any]:
    """Return ROC-AUC and NLL of each fold on its own."""
    found = {}
    for fold in np.unique(folds):
        inside = folds == fold
        arguments = cells.labels[inside], probability[inside], cells.weights[inside]
        found[str(fold)] = {
            name: or_absent(_METRICS[name], *arguments) for name in ("roc_auc", "nll")
        }
    return found
