"""Out-of-fold predictions of the baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.labels.deposit_density import DEPOSIT_DENSITY, fit_column
from mineral_prospectivity.scoring.baselines import boosted_trees, geography, learners
from mineral_prospectivity.scoring.baselines.fold import hold_out
from mineral_prospectivity.scoring.baselines.weights_of_evidence import weights_of_evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.scoring.baselines.fold import Fold

BASELINES: dict[str, Callable[[Fold], NDArray[np.float64]]] = {
    "prevalence": geography.prevalence,
    "distance": geography.distance,
    "weights_of_evidence": weights_of_evidence,
    "logistic_regression": learners.logistic_regression,
    "logistic_regression_tuned": learners.logistic_regression_tuned,
    "random_forest": learners.random_forest,
    "lightgbm": boosted_trees.lightgbm,
    "lightgbm_default": boosted_trees.lightgbm_default,
    "lightgbm_tuned": boosted_trees.lightgbm_tuned,
}
"""Every baseline by name, from the simplest up."""

WITHOUT_EVIDENCE = frozenset({"prevalence", "distance"})
"""Baselines that read no evidence."""

CONTEXT = "_context"
"""The name of a baseline ends so where it reads the context of cells beside the layers."""


def baseline_predictions(
    features: pd.DataFrame | NDArray[np.floating],
    bands: Sequence[Band],
    cells: pd.DataFrame,
    names: Sequence[str] = tuple(BASELINES),
    *,
    seed: int = 0,
    jobs: int = 2,
) -> pd.DataFrame:
    """Predict every cell by models that saw only the training cells of the other folds.

    Parameters
    ----------
    features
        Evidence of the cells: the table with a column a band, or ``(cells, bands)``; NaN where
        missing. Of the density of known deposits a fold reads the column that knows none of it.
    bands
        What the columns are, in order.
    cells
        The ``cells`` table, in the rows' order: ``cell``, ``x``, ``y``, ``label``, ``fold``,
        ``training`` and ``weight``.
    names
        Baselines wanted, of `BASELINES`.
    seed
        Seed of every model, in every fold.
    jobs
        Threads; the predictions do not depend on it.

    Returns
    -------
    DataFrame
        ``cell`` and one column of probabilities a baseline, in the order of ``names``.

    Raises
    ------
    ConfigurationError
        When there is no such baseline.
    DepositError
        When a fold leaves no deposits to learn from.
    """
    unknown = [name for name in names if name not in BASELINES]
    if unknown:
        msg = f"evaluation.baselines: no such model {unknown}; there are {', '.join(BASELINES)}"
        raise ConfigurationError(msg)
    found = {name: np.empty(len(cells)) for name in names}
    for number in np.unique(cells["fold"].to_numpy()):
        evidence = _evidence(features, bands, int(number))
        densities = _densities(features, cells, int(number))
        fold = hold_out(
            int(number), evidence, bands, cells, seed=seed, jobs=jobs, densities=densities
        )
        held_out = cells["fold"].to_numpy() == number
        for name in names:
            found[name][held_out] = BASELINES[name](fold)
    return pd.DataFrame({"cell": cells["cell"].to_numpy(), **found})


def _evidence(
    features: pd.DataFrame | NDArray[np.floating], bands: Sequence[Band], fold: int
) -> NDArray[np.floating]:
    """Return the evidence as models without a fold may know it, ``(cells, bands)``."""
    if not isinstance(features, pd.DataFrame):
        return features
    names = [band.name for band in bands]
    known = {DEPOSIT_DENSITY.name: fit_column((fold,))}
    return features[[known.get(name, name) for name in names]].to_numpy()


def _densities(
    features: pd.DataFrame | NDArray[np.floating], cells: pd.DataFrame, fold: int
) -> dict[int, NDArray[np.floating]]:
    """Return the density of known deposits that models without a fold and another may know."""
    if not isinstance(features, pd.DataFrame):
        return {}
    others = [int(other) for other in np.unique(cells["fold"].to_numpy()) if other != fold]
    names = {other: fit_column(sorted((fold, other))) for other in others}
    return {other: features[name].to_numpy() for other, name in names.items() if name in features}
