"""What random folds would have promised: the optimism that spatial folds take away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.scoring.baselines import baseline_predictions
from mineral_prospectivity.scoring.evaluation.scored import or_absent
from mineral_prospectivity.scoring.likelihood import negative_log_likelihood
from mineral_prospectivity.scoring.ranking import roc_auc

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.bands import Band

MODELS = ("logistic_regression", "lightgbm")
"""Refitting the ensemble would cost as much as training it; these are refitted in seconds."""

_SCORES = {"roc_auc": roc_auc, "nll": negative_log_likelihood}


def optimism_gap(
    evidence: NDArray[np.floating], bands: Sequence[Band], cells: pd.DataFrame, *, seed: int
) -> dict[str, Any]:
    """Return scores of baselines on spatial folds, and on folds of cells drawn at random.

    Parameters
    ----------
    evidence, bands
        Evidence of the cells, ``(cells, bands)``, and what its columns are.
    cells
        Rows of the ``cells`` table.
    seed
        Seed of the random folds and the baselines.

    Returns
    -------
    dict
        ``<model>.{spatial,random}.{roc_auc,nll}``.

    References
    ----------
    Roberts et al. 2017, Cross-validation strategies for data with temporal, spatial, hierarchical,
    or phylogenetic structure, Ecography 40.
    """
    dealt = {"spatial": cells, "random": cells.assign(fold=random_folds(cells, seed))}
    found: dict[str, Any] = {model: {} for model in MODELS}
    for kind, table in dealt.items():
        predicted = baseline_predictions(evidence, bands, table, MODELS, seed=seed)
        for model in MODELS:
            found[model][kind] = {
                name: or_absent(score, table["label"], predicted[model], table["weight"])
                for name, score in _SCORES.items()
            }
    return found


def random_folds(cells: pd.DataFrame, seed: int) -> NDArray[np.int8]:
    """Return a fold for each cell, as many folds as there are, each with its share of deposits."""
    count = int(cells["fold"].max()) + 1
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(cells)), cells["label"].to_numpy()))
    fold = np.empty(len(cells), dtype=np.int8)
    fold[order] = np.arange(len(cells)) % count
    return fold
