"""The Gaussian-process head: features, variance and the effect of the latent posterior."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mineral_prospectivity.vae.head import (
    RESIDUAL_LIMIT,
    GaussianProcessHead,
    kernel_features,
    pair_angles,
    prior_variance,
)
from mineral_prospectivity.vae.head_fit import PAIR_LENGTH, draw_pairs
from mineral_prospectivity.vae.networks import Posterior, Representation

LATENT, BANDS, TERMS, COLUMNS, PAIRS = 3, 5, 7, 8, 4
WAVES = COLUMNS + PAIRS
WIDTH = 1 + LATENT + TERMS + 2 * WAVES


def make_head(seed=0, rank=6):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    inputs = LATENT + BANDS
    basis, _ = torch.linalg.qr(normal(WIDTH, rank))
    return GaussianProcessHead(
        rms=0.5 + normal(1, BANDS).abs(),
        centre=normal(1, inputs),
        deviation=0.5 + normal(1, inputs).abs(),
        columns=normal(1, inputs, COLUMNS) / math.sqrt(inputs),
        pairs=normal(1, BANDS, PAIRS),
        weights=normal(1, WIDTH),
        informed=(basis * torch.linspace(0.1, 0.9, rank, dtype=torch.float64)).unsqueeze(0),
        scale=make_scale(generator),
    )


def make_scale(generator):
    """Scales as a head has them: one for all waves of a kind."""
    own = torch.rand(1, 1 + LATENT + TERMS, generator=generator, dtype=torch.float64)
    waves = torch.full((1, WAVES), 0.7, dtype=torch.float64)
    waves[:, COLUMNS:] = 0.4
    return torch.cat([0.5 + own, waves, waves], dim=1)


def make_cells(rows=20, seed=1, width=0.05):
    generator = torch.Generator().manual_seed(seed)
    mean = torch.randn(1, rows, LATENT, generator=generator, dtype=torch.float64)
    error = torch.randn(1, rows, BANDS, generator=generator, dtype=torch.float64)
    log_variance = torch.full_like(mean, 2 * math.log(width))
    additive = torch.randn(1, rows, TERMS, generator=generator, dtype=torch.float64)
    return Representation(Posterior(mean, log_variance), error, torch.ones_like(error), additive)


def mean_logit(head, mean, error, additive):
    joined = torch.cat([mean, head.residual(error)], dim=2)
    inputs = (joined - head.centre.unsqueeze(1)) / head.deviation.unsqueeze(1)
    phi = head.scale.unsqueeze(1) * kernel_features(inputs, additive, head.columns, head.pairs)
    return phi, (phi @ head.weights.unsqueeze(2)).squeeze(2), inputs


def test_the_features_have_the_length_of_the_prior_variance():
    head, cells = make_head(), make_cells()
    phi, _, inputs = mean_logit(head, cells.posterior.mean, cells.error, cells.additive)
    torch.testing.assert_close(
        phi.square().sum(dim=2),
        prior_variance(inputs[..., :LATENT], cells.additive, head.scale),
    )
    assert (phi[..., 0] == head.scale[:, 0]).all()


def test_the_features_approach_a_linear_additive_and_gaussian_kernel():
    generator = torch.Generator().manual_seed(2)
    inputs = torch.randn(1, 6, 8, generator=generator, dtype=torch.float64)
    columns = torch.randn(1, 8, 200_000, generator=generator, dtype=torch.float64) / math.sqrt(8)
    additive = torch.randn(1, 6, TERMS, generator=generator, dtype=torch.float64)
    parts = (math.sqrt(LATENT), math.sqrt(BANDS), math.sqrt(columns.shape[2]))
    features = kernel_features(inputs, additive, columns, torch.zeros(1, BANDS, 0).double())[0]
    one, *rest = torch.split(features, [1, LATENT, TERMS, 2 * columns.shape[2]], dim=1)
    phi = torch.cat([one, *(part / size for part, size in zip(rest, parts, strict=True))], dim=1)
    distance = torch.cdist(inputs[0], inputs[0]).square()
    linear = inputs[0, :, :LATENT] @ inputs[0, :, :LATENT].T / LATENT
    terms = additive[0] @ additive[0].T / BANDS
    expected = 1 + linear + terms + (-distance / (2 * 8)).exp()
    torch.testing.assert_close(phi @ phi.T, expected, atol=0.02, rtol=0)


def test_mean_and_variance_are_those_of_the_weights_gaussian():
    head, cells = make_head(), make_cells()
    logit = head.logit(cells.posterior, head.residual(cells.error), cells.additive)
    phi, mean, _ = mean_logit(head, cells.posterior.mean, cells.error, cells.additive)
    covariance = torch.eye(WIDTH).double() - head.informed[0] @ head.informed[0].T
    torch.testing.assert_close(logit.mean, mean)
    torch.testing.assert_close(logit.variance[0], ((phi[0] @ covariance) * phi[0]).sum(dim=1))


def test_the_latent_variance_is_the_squared_gradient_times_the_posterior_variance():
    head, cells = make_head(), make_cells()
    mean = cells.posterior.mean.clone().requires_grad_()
    logit = mean_logit(head, mean, cells.error, cells.additive)[1]
    (gradient,) = torch.autograd.grad(logit.sum(), mean)
    expected = (gradient.square() * cells.posterior.log_variance.exp()).sum(dim=2)
    torch.testing.assert_close(
        head.logit(cells.posterior, head.residual(cells.error), cells.additive).latent, expected
    )


def test_the_latent_variance_agrees_with_draws_from_the_posterior():
    head, cells = make_head(), make_cells()
    generator = torch.Generator().manual_seed(3)
    noise = torch.randn(20_000, 20, LATENT, generator=generator, dtype=torch.float64)
    spread = (cells.posterior.log_variance / 2).exp()
    draws = mean_logit(
        head,
        cells.posterior.mean + noise * spread,
        cells.error.expand(20_000, -1, -1),
        cells.additive.expand(20_000, -1, -1),
    )
    logit = head.logit(cells.posterior, head.residual(cells.error), cells.additive)
    torch.testing.assert_close(logit.latent[0], draws[1].var(dim=0), rtol=0.05, atol=2e-4)


def test_residuals_are_clipped():
    head = make_head()
    error = torch.tensor([[[1e9, -1e9, 0, 0, 0]]], dtype=torch.float64)
    assert head.residual(error)[0, 0].tolist() == [RESIDUAL_LIMIT, -RESIDUAL_LIMIT, 0, 0, 0]


def test_stacked_heads_keep_their_own_logits():
    heads, cells = [make_head(0, rank=6), make_head(5, rank=2)], make_cells()
    both = GaussianProcessHead.stack(heads)
    joined = both.logit(
        Posterior(*(part.expand(2, -1, -1) for part in cells.posterior)),
        both.residual(cells.error.expand(2, -1, -1)),
        cells.additive,
    )
    for number, head in enumerate(heads):
        for own, stacked in zip(
            head.logit(cells.posterior, head.residual(cells.error), cells.additive),
            joined,
            strict=True,
        ):
            torch.testing.assert_close(own[0], stacked[number])


@pytest.mark.parametrize("name", ["rms", "weights", "informed"])
def test_every_tensor_can_be_mapped(name):
    head = make_head().map(lambda tensor: tensor.float())
    assert head.tensors()[name].dtype == torch.float32


def test_the_frequencies_of_pairs_give_the_mean_kernel_of_two_layers():
    layers = [0, 0, 1, 2]  # the first two bands are one layer's
    pairs = draw_pairs(layers, 60_000, np.random.default_rng(4))
    assert ((pairs[0, 2] != 0).long() + (pairs[0, 3] != 0) + (pairs[0, 0] != 0) == 2).all()
    scores = torch.randn(1, 5, 4, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    angles = pair_angles(scores, pairs)[0]
    phi = torch.cat([angles.cos(), angles.sin()], dim=1) / math.sqrt(pairs.shape[2])
    squared = (scores[0, :, None] - scores[0]).square() / PAIR_LENGTH**2
    by_layer = torch.stack([squared[..., :2].sum(dim=2), squared[..., 2], squared[..., 3]])
    chosen = [by_layer[one] + by_layer[other] for one, other in ((0, 1), (0, 2), (1, 2))]
    expected = torch.stack([(-distance / 2).exp() for distance in chosen]).mean(dim=0)
    torch.testing.assert_close(phi @ phi.T, expected, atol=0.02, rtol=0)


def test_one_layer_alone_makes_pairs_of_itself():
    assert (draw_pairs([0, 0], 3, np.random.default_rng(0)) != 0).all()


def test_a_head_without_pairs_has_no_angles_of_theirs():
    assert draw_pairs([0, 1], 0, np.random.default_rng(0)).shape == (1, 2, 0)
