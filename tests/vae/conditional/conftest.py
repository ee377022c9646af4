"""A small conditional model, trained once."""

from __future__ import annotations

import pytest

from mineral_prospectivity.vae.conditional.settings import CvaeSettings
from mineral_prospectivity.vae.fitting import fit_ensemble

FOLDS = 3


@pytest.fixture(scope="session")
def cvae():
    return CvaeSettings(
        hidden=16, latent=3, beta=0.1, steps=80, batch_size=64, generated=128,
        classifier_steps=30, classifier_hidden=4, posterior_draws=4,
    )  # fmt: skip


@pytest.fixture(scope="session")
def fit_cvae(data, cvae):
    """Give the function that trains members of the small model."""

    def fit(members, **changed):
        arguments = {"data": data, "settings": cvae, "seed": 7, "folds": FOLDS, **changed}
        return fit_ensemble(arguments.pop("data"), members, **arguments)

    return fit


@pytest.fixture(scope="session")
def realisations(fit_cvae):
    """Three members with all their fits."""
    return fit_cvae([0, 1, 2])
