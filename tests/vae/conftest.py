"""A small region with a known answer, and a model that trains on it in a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.settings import VaeSettings
from mineral_prospectivity.vae.train import fit_members

if TYPE_CHECKING:
    from collections.abc import Callable

    from mineral_prospectivity.vae.pack import Pack

FOLDS = 3

BANDS = (
    Band("magnetics", "magnetics", unit="nT"),
    Band("limestone", "geology", kind="fraction"),
    Band("magnetics_gradient", "magnetics", unit="nT/m"),
    Band("gravity", "gravity", unit="mGal", transform="robust"),
    Band("granite", "geology", kind="fraction"),
)


def simulate(cells: int = 900, seed: int = 0, prevalence: float = 0.06) -> TrainingData:
    """Deposits follow magnetics and granite; folds are stripes; some gravity is missing."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(cells, 3))
    granite = (rng.random(cells) < 0.3).astype(float)
    features = np.column_stack(
        [
            50_000 + 300 * np.exp(signal[:, 0]),
            1 - granite,
            0.5 * signal[:, 0] + signal[:, 1],
            signal[:, 2],
            granite,
        ]
    ).astype(np.float32)
    features[rng.random(cells) < 0.1, 3] = np.nan
    logit = 1.5 * signal[:, 0] + 1.5 * granite
    threshold = np.quantile(logit + rng.logistic(size=cells), 1 - prevalence)
    labels = (logit + rng.logistic(size=cells) > threshold).astype(np.int8)
    clusters = np.where(labels == 1, np.cumsum(labels) // 2, -1).astype(np.int32)
    return TrainingData(
        cells=np.arange(cells, dtype=np.int64) * 3,
        features=features,
        labels=labels,
        clusters=clusters,
        weights=np.ones(cells),
        training=rng.random(cells) < 0.97,
        folds=(np.arange(cells) * FOLDS // cells).astype(np.int8),
        bands=BANDS,
    )


@pytest.fixture(scope="session")
def make_data() -> Callable[..., TrainingData]:
    """Give the function that simulates training data."""
    return simulate


@pytest.fixture(scope="session")
def data() -> TrainingData:
    """Nine hundred cells in three folds."""
    return simulate()


@pytest.fixture(scope="session")
def settings() -> VaeSettings:
    """Return a model that is small enough for tests."""
    return VaeSettings(
        hidden=16, latent=4, steps=40, batch_size=64, head_columns=16, head_background=300
    )


@pytest.fixture(scope="session")
def pack(data: TrainingData, settings: VaeSettings) -> Pack:
    """Two members with all their fits."""
    return fit_members(data, [0, 1], settings=settings, seed=7, folds=FOLDS)
