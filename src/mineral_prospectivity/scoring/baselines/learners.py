"""Baselines that learn from the evidence, each as a careful user would set it up, untuned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.scoring.baselines.fold import Fold

    FloatArray = NDArray[np.float64]

_TREES = 300
_QUANTILES = 1000


def logistic_regression(fold: Fold) -> FloatArray:
    """Return p from a ridge-penalised logistic regression (C = 1).

    Continuous bands become normal scores, class fractions are standardised; missing values take
    the middle of their band and a column of their own says that they are missing.
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
    shares = make_pipeline(StandardScaler(), _imputer())
    evidence = ColumnTransformer([("scores", scores, continuous), ("shares", shares, fractions)])
    regression = LogisticRegression(C=1.0, max_iter=1000)
    model = Pipeline([("evidence", evidence), ("regression", regression)])
    model.fit(fold.evidence, fold.labels, regression__sample_weight=fold.weights)
    return _probability(model, fold)


def random_forest(fold: Fold) -> FloatArray:
    """Return p from 300 trees with leaves of at least 5 cells; a split tries sqrt(D) bands.

    One vote more goes to the prevalence: a forest says exactly 0 where no tree saw a deposit, and
    one held-out deposit there would make its likelihood infinite.
    """
    model = RandomForestClassifier(
        n_estimators=_TREES,
        min_samples_leaf=5,
        max_features="sqrt",
        n_jobs=fold.jobs,
        random_state=fold.seed,
    )
    model.fit(fold.evidence, fold.labels, sample_weight=fold.weights)
    return (_TREES * _probability(model, fold) + fold.prevalence) / (_TREES + 1)


def lightgbm(fold: Fold) -> FloatArray:
    """Return p from 200 boosted trees of 15 leaves at a learning rate of 0.05.

    Bands and rows are subsampled to 0.8 at each tree; everything else is LightGBM's default.
    Missing values go to the side of a split that suits them.
    """
    model = LGBMClassifier(
        n_estimators=200,
        learning_rate=0.05,
        num_leaves=15,
        colsample_bytree=0.8,
        subsample=0.8,
        subsample_freq=1,
        random_state=fold.seed,
        n_jobs=fold.jobs,
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    )
    model.fit(fold.evidence, fold.labels, sample_weight=fold.weights)
    return _probability(model, fold)


def _imputer() -> SimpleImputer:
    return SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)


def _probability(
    model: Pipeline | RandomForestClassifier | LGBMClassifier, fold: Fold
) -> FloatArray:
    return np.asarray(model.predict_proba(fold.held_out_evidence), dtype=np.float64)[:, 1]
