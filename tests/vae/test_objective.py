"""Parts of the loss against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl

from mineral_prospectivity.vae.networks import Posterior
from mineral_prospectivity.vae.objective import (
    VARIANCE_FLOOR,
    cross_entropy,
    joint_loss,
    kl_divergence,
    reconstruction_loss,
)
from mineral_prospectivity.vae.settings import VaeSettings


def test_the_reconstruction_is_the_likelihood_at_its_best_variance():
    torch.manual_seed(0)
    targets, decoded = torch.randn(2, 50, 3), torch.randn(2, 50, 3)
    variance = (targets - decoded).square().mean(dim=1, keepdim=True) + VARIANCE_FLOOR
    likelihood = Normal(decoded, variance.sqrt()).log_prob(targets).sum(dim=2).mean(dim=1)
    squared = ((targets - decoded).square() / (2 * variance)).sum(dim=2).mean(dim=1)
    expected = -likelihood - 1.5 * math.log(2 * math.pi) - squared
    actual = reconstruction_loss(decoded, targets, torch.ones_like(targets))
    torch.testing.assert_close(actual, expected)


def test_missing_values_count_for_nothing():
    torch.manual_seed(1)
    targets, decoded = torch.randn(1, 40, 2), torch.randn(1, 40, 2)
    present = torch.ones_like(targets)
    present[0, 10:, 1] = 0
    whole = reconstruction_loss(decoded, targets, present)
    targets[0, 10:, 1] = 1e3
    torch.testing.assert_close(reconstruction_loss(decoded, targets, present), whole)
    of_bands = [
        reconstruction_loss(decoded[:, :10, 1:], targets[:, :10, 1:], present[:, :10, 1:]),
        reconstruction_loss(decoded[..., :1], targets[..., :1], present[..., :1]),
    ]
    torch.testing.assert_close(whole, 0.25 * of_bands[0] + of_bands[1])


def test_a_band_that_is_missing_everywhere_costs_nothing():
    zeros = torch.zeros(1, 5, 1)
    assert reconstruction_loss(zeros, zeros, zeros).item() == 0


def test_kl_divergence_of_gaussians():
    torch.manual_seed(2)
    posterior = Posterior(torch.randn(2, 30, 4), torch.randn(2, 30, 4))
    gaussian = Normal(posterior.mean, (posterior.log_variance / 2).exp())
    expected = torch_kl(gaussian, Normal(0.0, 1.0)).mean(dim=1)
    torch.testing.assert_close(kl_divergence(posterior), expected)


def test_the_prior_costs_no_kl():
    assert kl_divergence(Posterior(torch.zeros(1, 3, 2), torch.zeros(1, 3, 2))).sum() == 0


def test_cross_entropy_over_known_labels():
    logits, labels = torch.tensor([[0.3, -1.0, 5.0]]), torch.tensor([[1.0, 0.0, 0.0]])
    known = torch.tensor([[1.0, 1.0, 0.0]])
    expected = log_loss([1, 0], torch.sigmoid(logits[0, :2]).numpy().astype(float))
    assert cross_entropy(logits, labels, known).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("bands", "strength"), [(10, 1.6), (60, 0.8)])
def test_the_parts_are_added_with_their_weights(bands, strength):
    settings = VaeSettings(beta=0.1, beta_reconstruction=0.5, reconstruction_weight=1.6)
    loss = joint_loss(
        torch.tensor([2.0]), torch.tensor([[0.25, 0.5]]), torch.tensor([3.0]), settings,
        bands=bands, warmth=0.5,
    )  # fmt: skip
    expected = 3 + strength * (2 + 0.5 * 0.5 * 0.75) + 0.5 * 0.1 * 0.75
    assert loss.total.item() == pytest.approx(expected)
    assert loss.kl.item() == 0.75


def test_free_bits_are_free():
    kl = torch.tensor([[0.1, 0.9]], requires_grad=True)
    zero = torch.zeros(1)
    loss = joint_loss(
        zero, kl, zero, VaeSettings(free_bits=0.5, beta=1.0), bands=5, warmth=1.0
    ).total
    loss.backward()
    assert kl.grad is not None
    np.testing.assert_array_equal(kl.grad[0].numpy() > 0, [False, True])
