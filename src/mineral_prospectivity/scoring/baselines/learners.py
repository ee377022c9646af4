"""Baselines that learn from the evidence, each as a careful user would set it up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import QuantileTransformer

from mineral_prospectivity.scoring.baselines.inner import choose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.scoring.baselines.fold import Fold

    FloatArray = NDArray[np.float64]

_FORESTS = 10
_TREES = 20  # of each forest
_BACKGROUND = 10_000  # cells of each forest
_LEVELS = 256
_QUANTILES = 1000

PENALTIES = (0.001, 0.01, 0.1, 1.0)
"""Values of C that tuning may choose from."""


def logistic_regression(fold: Fold) -> FloatArray:
    """Return p from a ridge-penalised logistic regression of C = 1."""
    return ridge_regression(fold, 1.0)


def logistic_regression_tuned(fold: Fold) -> FloatArray:
    """Return p from the logistic regression whose C has the smallest NLL on inner folds."""
    return choose([partial(ridge_regression, c=c) for c in PENALTIES], fold).learner(fold)


def ridge_regression(fold: Fold, c: float) -> FloatArray:
    """Return p from a logistic regression with ridge penalty 1 / C.

    Continuous bands become normal scores; class fractions stay as they are, so that the penalty
    weighs most on rare classes. Missing values take the median of their band, and a column of
    their own says that they are missing.
    """
    continuous = [i for i, band in enumerate(fold.bands) if band.kind == "continuous"]
    fractions = [i for i, band in enumerate(fold.bands) if band.kind == "fraction"]
    scores = make_pipeline(
        QuantileTransformer(
            n_quantiles=min(_QUANTILES, len(fold.labels)),
            output_distribution="normal",
            random_state=fold.seed,
        ),
        _imputer(),
    )
    evidence = ColumnTransformer(
        [("scores", scores, continuous), ("shares", _imputer(), fractions)]
    )
    regression = LogisticRegression(C=c, max_iter=1000)
    model = Pipeline([("evidence", evidence), ("regression", regression)])
    model.fit(fold.evidence, fold.labels, regression__sample_weight=fold.weights)
    return _probability(model, fold.held_out_evidence)


def random_forest(fold: Fold) -> FloatArray:
    """Return p from 200 trees with leaves of at least 5 cells; a split tries sqrt(D) bands.

    The trees come in 10 forests of 20. Each takes all deposit cells and its own 10,000 background
    cells, weighted to stand for all of it: on rare deposits that is faster and ranks no worse than
    trees that sort the whole map. One vote more goes to the prevalence: a forest says exactly 0
    where no tree saw a deposit, and one held-out deposit there would make its likelihood infinite.

    References
    ----------
    Chen, Liaw and Breiman 2004, Using random forest to learn imbalanced data (sampling the
    majority anew); the weights keep p at the prevalence of the map.
    """
    rng = np.random.default_rng(fold.seed)
    evidence, held_out = _levels(fold)
    votes = np.zeros(len(held_out))
    for part in range(_FORESTS):
        rows, weights = _case_control(fold, rng)
        model = RandomForestClassifier(
            n_estimators=_TREES,
            min_samples_leaf=5,
            max_features="sqrt",
            n_jobs=fold.jobs,
            random_state=fold.seed + part,
        )
        model.fit(evidence[rows], fold.labels[rows], sample_weight=weights)
        model.set_params(n_jobs=1)  # threads would add the trees' votes in an order of their own
        votes += _TREES * _probability(model, held_out)
    return (votes + fold.prevalence) / (_FORESTS * _TREES + 1)


def _levels(fold: Fold) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return training and held-out evidence in 256 quantile levels, NaN kept.

    A tree sees the order of values alone, and sorts few distinct ones twice as fast.
    """
    levels = QuantileTransformer(n_quantiles=min(_LEVELS, len(fold.labels)), random_state=fold.seed)
    levels.fit(fold.evidence)
    train, held_out = (
        np.floor(levels.transform(evidence) * (_LEVELS - 1))
        for evidence in (fold.evidence, fold.held_out_evidence)
    )
    return train, held_out


def _case_control(fold: Fold, rng: np.random.Generator) -> tuple[NDArray[np.intp], FloatArray]:
    """Return all deposit cells and a sample of the background, with weights that undo it."""
    background = np.flatnonzero(fold.labels == 0)
    sample = rng.choice(background, min(_BACKGROUND, len(background)), replace=False)
    rows = np.concatenate([np.flatnonzero(fold.labels == 1), sample])
    weights = fold.weights[rows]
    weights[-len(sample) :] *= fold.weights[background].sum() / fold.weights[sample].sum()
    return rows, weights


def _imputer() -> SimpleImputer:
    return SimpleImputer(strategy="median", add_indicator=True)


def _probability(
    model: Pipeline | RandomForestClassifier, evidence: NDArray[np.floating]
) -> FloatArray:
    return np.asarray(model.predict_proba(evidence), dtype=np.float64)[:, 1]
