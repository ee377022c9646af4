"""Calibration and classification of one model."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mineral_prospectivity.scoring.brier import murphy_decomposition
from mineral_prospectivity.scoring.calibration_line import calibration_line
from mineral_prospectivity.scoring.classification import held_out_confusion
from mineral_prospectivity.scoring.coverage import mean_width, probability_variance
from mineral_prospectivity.scoring.evaluation.scored import ScoredCells, column, or_absent
from mineral_prospectivity.scoring.reliability import reliability
from mineral_prospectivity.uq.interval import probability_interval

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_WIDTH_LEVEL = 0.9


def calibration_scores(
    cells: ScoredCells, probability: FloatArray, bins: int, seed: int
) -> dict[str, Any]:
    """Return line, binned errors beside their null, Murphy parts and sharpness.

    Raises
    ------
    UndefinedMetricError
        When p is no probability.
    """
    y, w = cells.labels, cells.weights
    binned = reliability(y, probability, w, bins=bins, seed=seed)
    return {
        "line": or_absent(lambda: asdict(calibration_line(y, probability, w))),
        "ece": asdict(binned.expected),
        "mce": asdict(binned.largest),
        "bin_coverage": binned.coverage(),
        "table": binned.table.to_dict(orient="records"),
        "murphy": asdict(murphy_decomposition(y, probability, w)),
        "murphy_binned": asdict(murphy_decomposition(y, probability, w, bins=bins)),
        "sharpness": {"probability_variance": probability_variance(probability, w)},
    }


def interval_width(table: pd.DataFrame, weights: FloatArray) -> Any:
    """Return the mean width of 90 % intervals of p from the moments of the log-odds.

    One Gaussian stands for the members' mixture, and the latent part is left out: tables hold no
    more.
    """
    if "log_odds_sd" not in table or "log_odds_mean" not in table:
        return {"absent": "the predictions hold no log_odds_mean and log_odds_sd"}
    mean, spread = column(table, "log_odds_mean"), column(table, "log_odds_sd")
    lower, upper = probability_interval(mean[None], spread[None] ** 2, _WIDTH_LEVEL)
    return or_absent(mean_width, lower, upper, weights)


def classification_scores(
    cells: ScoredCells, probability: FloatArray, folds: NDArray[np.int_]
) -> Any:
    """Return confusion matrix, precision, recall and F1, pooled over folds."""

    def score() -> dict[str, Any]:
        found, thresholds = held_out_confusion(cells.labels, probability, folds, cells.weights)
        return {
            **asdict(found),
            "precision": or_absent(lambda: found.precision),
            "recall": found.recall,
            "f1": found.f1,
            "thresholds": {str(fold): threshold for fold, threshold in thresholds.items()},
        }

    return or_absent(score)
