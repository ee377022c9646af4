"""The conditional autoencoder: a calibrated decoder, and generated data like the real ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mineral_prospectivity.errors import TrainingError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.vae.batches import Fit
from mineral_prospectivity.vae.conditional import autoencoder
from mineral_prospectivity.vae.conditional.autoencoder import CalibratedDecoder, train_autoencoder
from mineral_prospectivity.vae.conditional.networks import ConditionalVae
from mineral_prospectivity.vae.conditional.settings import CvaeSettings
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.transform import Scores

SHIFT = np.array([1.5, 0.0, -1.0])
MIXING = np.array([[0.8, 0.0], [0.6, 0.3], [0.0, -0.7]])
NOISE = 0.3


@pytest.fixture(scope="module")
def gaussian():
    """Two classes of one covariance, a factor model: mean SHIFT for deposits, 0 for background."""
    rng = np.random.default_rng(0)
    cells = 20_000
    labels = (np.arange(cells) % 10 == 0).astype(np.int8)
    factors = rng.standard_normal((cells, 2)) @ MIXING.T
    features = labels[:, None] * SHIFT + factors + NOISE * rng.standard_normal((cells, 3))
    return TrainingData(
        cells=np.arange(cells),
        features=features.astype(np.float32),
        labels=labels,
        clusters=np.where(labels == 1, np.arange(cells), -1).astype(np.int32),
        weights=np.ones(cells),
        training=np.ones(cells, dtype=bool),
        folds=np.zeros(cells, np.int8),
        bands=tuple(Band(name, name) for name in ("a", "b", "c")),
    )


@pytest.fixture(scope="module")
def settings():
    return CvaeSettings(hidden=32, latent=2, steps=600, positive_share=0.5)


def scores_of(data):
    values = torch.from_numpy(data.features)[None]
    return Scores(values, values, torch.ones_like(values))


@pytest.fixture(scope="module")
def trained(gaussian, settings):
    return train_autoencoder(gaussian, Fit(0), scores_of(gaussian), settings=settings, seed=1)


@pytest.mark.parametrize("label", [0, 1])
def test_generated_cells_have_the_moments_of_their_class(trained, label):
    classes = torch.full((40_000,), float(label))
    drawn = trained.decoder.generate(classes, np.random.default_rng(5)).numpy()
    truth = MIXING @ MIXING.T + NOISE**2 * np.eye(3)
    np.testing.assert_allclose(drawn.mean(axis=0), label * SHIFT, atol=0.12)
    np.testing.assert_allclose(np.cov(drawn.T), truth, atol=0.15)


def test_the_decoders_variance_is_the_mean_squared_error(gaussian, settings, trained):
    """The Gaussian likelihood is largest at sigma^2 = MSE, so no other sigma does better."""
    network, sigma = trained.decoder.network, trained.decoder.sigma.double()
    batches = autoencoder._batches(gaussian, Fit(0), scores_of(gaussian), settings, 99)
    squared = torch.zeros(3, dtype=torch.float64)
    with torch.no_grad():
        for _ in range(200):
            batch = next(batches)
            _, decoded = autoencoder._pass(network, batch)
            squared += (decoded - batch.scores.targets).double().square().mean(dim=(0, 1)) / 200
    np.testing.assert_allclose(sigma.square(), squared, rtol=0.05)

    def likelihood(s):
        return -(s.log() + squared / (2 * s**2))

    best = squared.sqrt()
    assert (likelihood(best) > likelihood(best * 1.01)).all()
    assert (likelihood(best) > likelihood(best * 0.99)).all()


def test_calibration_is_exact_on_the_batches_it_takes(gaussian, settings, trained, monkeypatch):
    monkeypatch.setattr(autoencoder, "SIGMA_BATCHES", 3)
    network = trained.decoder.network
    make = lambda: autoencoder._batches(gaussian, Fit(0), scores_of(gaussian), settings, 3)  # noqa: E731
    sigma = autoencoder._calibrate(network, make())
    batches, errors = make(), []
    with torch.no_grad():
        for _ in range(3):
            batch = next(batches)
            errors.append(autoencoder._pass(network, batch)[1] - batch.scores.targets)
    expected = torch.cat(errors).square().mean(dim=(0, 1)).sqrt()
    np.testing.assert_allclose(sigma, expected, rtol=1e-6)


def test_noise_of_the_decoder_is_added(trained):
    """With a decoder that says nothing, what is generated varies by sigma alone."""
    network = ConditionalVae(bands=2, hidden=4, latent=1)
    decoder = CalibratedDecoder(network, torch.tensor([0.5, 2.0]))
    drawn = decoder.generate(torch.zeros(50_000), np.random.default_rng(0))
    np.testing.assert_allclose(drawn.std(dim=0), [0.5, 2.0], rtol=0.02)


def test_a_missing_band_weighs_nothing(gaussian, settings, trained):
    missing = scores_of(gaussian)
    present = missing.present.clone()
    present[..., 2] = 0
    targets = missing.targets * present
    brief = settings.model_copy(update={"steps": 50})
    fitted = train_autoencoder(
        gaussian, Fit(0), Scores(targets, targets, present), settings=brief, seed=1
    )
    assert fitted.decoder.sigma[2] == pytest.approx(1e-3)
    assert fitted.decoder.sigma[0] > 0.1


def test_a_collapsed_latent_space_is_refused(gaussian, settings):
    hopeless = settings.model_copy(update={"beta": 100.0, "warmup": 0.0, "steps": 200})
    message = (
        r"^cvae: the latent space collapsed \(fit 'full', 0 of 2 units active\)\. "
        r"Lower model\.beta \(now 100\), or raise model\.steps \(now 200\)$"
    )
    with pytest.raises(TrainingError, match=message):
        train_autoencoder(gaussian, Fit(0), scores_of(gaussian), settings=hopeless, seed=1)


def test_a_loss_that_is_not_finite_is_refused(gaussian, settings):
    wild = settings.model_copy(update={"learning_rate": 1.0, "gradient_clip": 1e30, "steps": 40})
    data = gaussian
    huge = Scores(*(part * 1e20 for part in scores_of(data)))
    message = r"^cvae: the loss is not finite at step 2 of 40 \(fit 'full'\)\. Lower model\.learn"
    with pytest.raises(TrainingError, match=message):
        train_autoencoder(data, Fit(0), huge, settings=wild, seed=1)
