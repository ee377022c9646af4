"""LightGBM as its users set it up: as it comes, small trees, and tuned on inner folds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from lightgbm import LGBMClassifier

from mineral_prospectivity.scoring.baselines.inner import Learner, choose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.scoring.baselines.fold import Fold

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Boosting:
    """Settings of LightGBM, by its own names; what is not named here is its default."""

    n_estimators: int
    learning_rate: float
    num_leaves: int
    min_child_samples: int = 20
    colsample_bytree: float = 1.0
    subsample: float = 1.0


DEFAULT = Boosting(n_estimators=100, learning_rate=0.1, num_leaves=31)
"""LightGBM's own defaults."""

SMALL_TREES = Boosting(200, 0.03, 7, colsample_bytree=0.8, subsample=0.8)

GRID = tuple(
    Boosting(trees, rate, leaves, least, colsample_bytree=0.8, subsample=0.8)
    for (trees, rate), leaves, least in product(
        ((100, 0.03), (200, 0.03), (100, 0.1)), (4, 15), (20, 100)
    )
)
"""What tuning may choose from."""


def boosted_trees(fold: Fold, settings: Boosting) -> FloatArray:
    """Return p from boosted trees; missing values go to the side of a split that suits them.

    One thread: on small folds threads wait for each other.
    """
    model = _classifier(settings, fold.seed)
    model.fit(fold.evidence, fold.labels, sample_weight=fold.weights)
    return np.asarray(model.predict_proba(fold.held_out_evidence), dtype=np.float64)[:, 1]


def _classifier(settings: Boosting, seed: int) -> LGBMClassifier:
    return LGBMClassifier(
        **asdict(settings),
        subsample_freq=1 if settings.subsample < 1 else 0,
        random_state=seed,
        n_jobs=1,
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    )


def lightgbm(fold: Fold) -> FloatArray:
    """Return p from 200 boosted trees of 7 leaves at a learning rate of 0.03.

    Each tree sees 0.8 of the rows and of the bands; everything else is LightGBM's default. This
    setting was the best of several on spatial folds of Cloncurry, so the comparison there favours
    it.
    """
    return boosted_trees(fold, SMALL_TREES)


def lightgbm_default(fold: Fold) -> FloatArray:
    """Return p from LightGBM as it comes: 100 trees of 31 leaves at 0.1.

    Such trees overfit a few hundred deposits.
    """
    return boosted_trees(fold, DEFAULT)


def lightgbm_tuned(fold: Fold) -> FloatArray:
    """Return p from the setting of `GRID` with the smallest NLL on inner spatial folds."""
    return choose(candidates(), fold).learner(fold)


def candidates() -> list[Learner]:
    """Return one learner for each setting of `GRID`."""
    return [partial(boosted_trees, settings=settings) for settings in GRID]


def band_importance(
    evidence: NDArray[np.floating], labels: NDArray[np.int_], weights: FloatArray, *, seed: int
) -> FloatArray:
    """Return the share of each band in what the splits of `SMALL_TREES` gain, ``(bands,)``.

    All are 0 where no split gains anything.

    Parameters
    ----------
    evidence, labels, weights
        ``(cells, bands)`` and ``(cells,)`` each.
    seed
        Of the rows and bands that each tree sees.
    """
    model = _classifier(SMALL_TREES, seed).fit(evidence, labels, sample_weight=weights)
    gain = np.asarray(model.booster_.feature_importance("gain"), dtype=np.float64)
    return gain / gain.sum() if gain.any() else gain
