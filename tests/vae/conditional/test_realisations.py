"""The latent variance is what the documentation says, draw by draw."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mineral_prospectivity.vae.conditional.realisations import (
    Realisations,
    _mean_and_variance,
    antithetic_draws,
)


@pytest.fixture
def member(realisations) -> Realisations:
    return realisations.bundles[0].stack(torch.device("cpu"))


def test_draws_come_in_opposite_pairs():
    draws = antithetic_draws(6, 4, np.random.default_rng(0))
    assert draws.shape == (6, 4)
    torch.testing.assert_close(draws.sum(dim=0), torch.zeros(4))


def test_mean_and_variance_are_those_of_numpy():
    values = torch.randn(9, 4, 5, dtype=torch.float64)
    mean, variance = _mean_and_variance(values)
    np.testing.assert_allclose(mean, values.mean(dim=0), atol=1e-12)
    np.testing.assert_allclose(variance, values.var(dim=0, correction=0), atol=1e-12)


def test_latent_variance_is_that_of_the_posterior_with_the_class_averaged_out(data, member):
    values = torch.from_numpy(data.features[:50, member.transform.order])
    moments = member.moments(values)
    scores = member.transform.read(values[None])
    p = torch.sigmoid(moments.mean[0])
    logits, weights = [], []
    with torch.no_grad():
        for label, weight in ((0.0, 1 - p), (1.0, p)):
            classes = torch.full((1, 50, 1), label)
            posterior = member.decoder.network.encode(scores, classes)
            for draw in member.draws:
                z = posterior.mean + draw * (posterior.log_variance / 2).exp()
                x = member.decoder.network.decode(z, classes) * scores.present
                logits.append(member.classifiers(x)[0])
                weights.append(weight / len(member.draws))
    logits, weights = torch.stack(logits).double(), torch.stack(weights).double()
    mean = (weights * logits).sum(dim=0)
    expected = (weights * (logits - mean).square()).sum(dim=0)
    np.testing.assert_allclose(moments.latent[0], expected, rtol=1e-3, atol=1e-5)


def test_without_draws_that_differ_there_is_no_spread_within_a_class(data, member):
    still = Realisations(
        member.transform, member.decoder, torch.zeros_like(member.draws), member.classifiers
    )
    values = torch.from_numpy(data.features[:50, member.transform.order])
    scores = still.transform.read(values[None])
    for label in (0.0, 1.0):
        assert (still._were_it(label, scores).variance < 1e-9).all()


def test_a_foreign_cell_has_a_large_residual(data, member):
    values = torch.from_numpy(data.features[:200, member.transform.order])
    foreign = values[torch.randperm(200)].clone()
    foreign[:, 0] = values.nan_to_num()[:, 0].max() * 100
    assert member.moments(foreign).residual.mean() > 2 * member.moments(values).residual.mean()
