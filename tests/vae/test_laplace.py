"""The Bayesian logistic regression under the head."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from mineral_prospectivity.vae.laplace import INFORMATION_FLOOR, fit_weights, marginal_shift


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(0)
    phi = torch.randn(400, 12, generator=generator, dtype=torch.float64)
    phi[:, 0] = 3.0
    labels = (phi[:, 1] - 2 > torch.randn(400, generator=generator, dtype=torch.float64)).double()
    counts = 1 + 4 * torch.rand(400, generator=generator, dtype=torch.float64)
    prior = torch.zeros(12, dtype=torch.float64)
    prior[0] = -0.5
    return phi, labels, counts, prior


def test_the_weights_are_stationary(problem):
    phi, labels, counts, prior = problem
    weights = fit_weights(phi, labels, counts, prior=prior, tempering=0.6).weights
    error = torch.sigmoid(phi @ weights) - labels
    gradient = weights - prior + 0.6 * phi.T @ (counts * error)
    assert gradient.abs().max() < 1e-6


def test_they_are_the_same_wherever_the_search_begins(problem):
    phi, labels, counts, prior = problem
    far = prior + torch.linspace(-2, 2, 12, dtype=torch.float64)
    found = [
        fit_weights(phi, labels, counts, prior=prior, tempering=0.6, start=start).weights
        for start in (None, far)
    ]
    torch.testing.assert_close(*found, rtol=0, atol=1e-7)


def test_with_a_centred_prior_they_are_those_of_ridge_logistic_regression(problem):
    phi, labels, counts, _ = problem
    weights = fit_weights(phi, labels, counts, prior=torch.zeros(12).double(), tempering=1).weights
    peer = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10, max_iter=1000)
    peer.fit(phi.numpy(), labels.numpy(), sample_weight=counts.numpy())
    np.testing.assert_allclose(weights.numpy(), peer.coef_[0], atol=1e-5)


def test_without_data_the_prior_is_recovered(problem):
    phi, labels, counts, prior = problem
    posterior = fit_weights(phi, labels, 1e-12 * counts, prior=prior, tempering=1)
    torch.testing.assert_close(posterior.weights, prior, atol=1e-8, rtol=0)
    torch.testing.assert_close(
        posterior.variance(phi), phi.square().sum(dim=1), atol=1e-6, rtol=1e-6
    )
    assert posterior.informed().shape == (12, 0)


def test_the_precision_holds_information_halfway_to_the_base_rate(problem):
    phi, labels, counts, prior = problem
    posterior = fit_weights(phi, labels, counts, prior=prior, tempering=0.6)
    p = torch.sigmoid(phi @ posterior.weights)
    base = (counts @ labels) / counts.sum()
    information = counts * (p * (1 - p) * base * (1 - base)).sqrt()
    expected = torch.eye(12).double() + phi.T @ torch.diag(information) @ phi
    torch.testing.assert_close(posterior.precision, expected)


def test_the_precision_is_tempered_by_a_power_of_its_own(problem):
    """Four positive cells of one deposit teach what one does."""
    phi, labels, counts, prior = problem
    one = fit_weights(phi, labels, counts, prior=prior, tempering=0.4)
    four = fit_weights(
        phi, labels, 4 * counts, prior=prior, tempering=0.1, precision_tempering=0.25
    )
    torch.testing.assert_close(one.weights, four.weights)
    torch.testing.assert_close(one.precision, four.precision)


def test_the_informed_directions_give_the_variance_of_the_dense_inverse(problem):
    phi, labels, counts, prior = problem
    posterior = fit_weights(phi, labels, counts, prior=prior, tempering=0.6)
    dense = ((phi @ torch.linalg.inv(posterior.precision)) * phi).sum(dim=1)
    informed = posterior.informed()
    low_rank = phi.square().sum(dim=1) - (phi @ informed).square().sum(dim=1)
    torch.testing.assert_close(posterior.variance(phi), dense)
    torch.testing.assert_close(low_rank, dense, rtol=INFORMATION_FLOOR, atol=0)


def test_directions_without_information_are_dropped_within_the_bound():
    generator = torch.Generator().manual_seed(1)
    phi = torch.randn(500, 30, generator=generator, dtype=torch.float64)
    phi = phi * torch.logspace(0, -5, 30, dtype=torch.float64)
    labels = (phi[:, 0] > 0).double()
    posterior = fit_weights(
        phi, labels, torch.ones(500).double(), prior=torch.zeros(30).double(), tempering=1
    )
    informed = posterior.informed()
    low_rank = phi.square().sum(dim=1) - (phi @ informed).square().sum(dim=1)
    assert informed.shape[1] < 30
    torch.testing.assert_close(low_rank, posterior.variance(phi), rtol=INFORMATION_FLOOR, atol=0)


def test_labels_that_can_be_separated_are_no_problem():
    phi = torch.tensor([[3.0, 50.0], [3.0, -50.0]], dtype=torch.float64).repeat(50, 1)
    labels = torch.tensor([1.0, 0.0], dtype=torch.float64).repeat(50)
    counts = torch.full((100,), 1e4, dtype=torch.float64)
    weights = fit_weights(phi, labels, counts, prior=torch.zeros(2).double(), tempering=1).weights
    error = torch.sigmoid(phi @ weights) - labels
    assert (weights + phi.T @ (counts * error)).abs().max() < 1e-6


def test_after_the_shift_the_expected_deposits_are_those_observed():
    rng = np.random.default_rng(3)
    mean, variance = rng.normal(-4, 1, 60), rng.random(60) * 2
    labels, counts = (rng.random(60) < 0.1).astype(float), 1 + rng.random(60)
    shift = marginal_shift(*(torch.from_numpy(a) for a in (mean, variance, labels, counts)))
    expected = [
        quad(lambda t, m=m, v=v: expit(m + shift + np.sqrt(v) * t) * norm.pdf(t), -9, 9)[0]
        for m, v in zip(mean, variance, strict=True)
    ]
    assert counts @ expected == pytest.approx(counts @ labels, rel=1e-6)


def test_without_variance_a_fitted_intercept_needs_no_shift():
    labels = torch.tensor([1.0, 0.0, 0.0, 0.0], dtype=torch.float64)
    mean = torch.full((4,), float(np.log(1 / 3)), dtype=torch.float64)
    zeros = torch.zeros(4, dtype=torch.float64)
    assert marginal_shift(mean, zeros, labels, zeros + 1) == pytest.approx(0, abs=1e-9)
