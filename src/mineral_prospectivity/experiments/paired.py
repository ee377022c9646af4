"""Whether one of two experiments is better, on the cells that both score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.reporting.comparisons import Comparison
from mineral_prospectivity.scoring.bootstrap import bootstrap_scores
from mineral_prospectivity.scoring.resampling import resampling_units
from mineral_prospectivity.scoring.sample import UndefinedMetricError

if TYPE_CHECKING:
    import pandas as pd

    from mineral_prospectivity.parameters import Parameters

FIRST, SECOND = "first", "second"
KNOWN = ("label", "deposits", "weight")
"""Columns in which cells must agree to be scored together."""


def paired_scores(
    first: pd.DataFrame, second: pd.DataFrame, parameters: Parameters
) -> list[Comparison] | str:
    """Return the second experiment's scores less the first's, on the cells that both score.

    Parameters
    ----------
    first, second
        Out-of-fold predictions of both, on one grid.
    parameters
        Those of the first: replicates, confidence, areas and blocks of the bootstrap, which draws
        clusters of deposits as the first has them.

    Returns
    -------
    list of Comparison or str
        A difference a score, or why there is none.
    """
    both = first.merge(second, on="cell", suffixes=("", "_2"))
    differs = np.any([both[name] != both[f"{name}_2"] for name in KNOWN], axis=0)
    if differs.any():
        return f"labels or weights differ in {differs.sum():,} of the {len(both):,} cells of both"
    if len(both) < max(len(first), len(second)) and (both["weight"] != 1).any():
        return "they hold different samples of the background; raise labels.max_background"
    evaluation = parameters.evaluation
    try:
        found = bootstrap_scores(
            both["label"],
            {FIRST: both["probability"], SECOND: both["probability_2"]},
            both["deposits"],
            both["weight"],
            resampling_units(
                both["label"], both["cluster"], both["x"], both["y"], parameters.folds.block_size
            ),
            reference=SECOND,
            capture_areas=evaluation.capture_areas,
            replicates=evaluation.bootstrap,
            confidence=evaluation.confidence,
            seed=evaluation.seed,
        )
    except UndefinedMetricError as error:
        return str(error)
    return [
        Comparison(FIRST, name, gap.value, gap.low, gap.high)
        for name, gap in found.differences[FIRST].items()
    ]
