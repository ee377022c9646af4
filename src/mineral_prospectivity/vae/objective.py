"""The loss of the joint autoencoder, one value a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

    from mineral_prospectivity.vae.networks import Posterior
    from mineral_prospectivity.vae.settings import VaeSettings

VARIANCE_FLOOR = 0.01
"""Added to the calibrated variance (scores have variance 1): a class that no cell of the batch
holds would otherwise be worth an unbounded likelihood."""


class Loss(NamedTuple):
    """Mean loss a cell and its parts, each of shape ``(fits,)``."""

    total: Tensor
    reconstruction: Tensor
    kl: Tensor
    cross_entropy: Tensor


def reconstruction_loss(decoded: Tensor, targets: Tensor, present: Tensor) -> Tensor:
    """Return the Gaussian negative log-likelihood with its variance at the optimum.

    ``sum_d share_d * 0.5 * ln(mse_d)``: sigma-VAE [1]_, one variance a band, over the values
    that are there. Shapes ``(fits, rows, bands)``; returns ``(fits,)``, up to a constant.

    References
    ----------
    .. [1] Rybkin, Daniilidis, Levine (2021), Simple and effective VAE training with calibrated
       decoders, ICML.
    """
    count = present.sum(dim=1)
    squared = ((decoded - targets) * present).square().sum(dim=1)
    variance = squared / count.clamp(min=1) + VARIANCE_FLOOR
    share = count / present.shape[1]
    return (0.5 * share * variance.log()).sum(dim=1)


def kl_divergence(posterior: Posterior) -> Tensor:
    """Return KL(q(z|x) || N(0, I)) of each latent unit, mean over rows: ``(fits, latent)``."""
    mean, log_variance = posterior
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).mean(dim=1)


def cross_entropy(logits: Tensor, labels: Tensor, known: Tensor) -> Tensor:
    """Return the Bernoulli cross-entropy over rows with known labels; shapes ``(fits, rows)``."""
    losses = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return (losses * known).sum(dim=1) / known.sum(dim=1)


def joint_loss(
    reconstruction: Tensor,
    kl: Tensor,
    classification: Tensor,
    settings: VaeSettings,
    *,
    bands: int,
    warmth: float,
) -> Loss:
    """Add up the parts.

    ``BCE + lambda * (reconstruction + beta_x * KL) + beta * KL`` with
    ``lambda = reconstruction_weight * min(1, 30 / bands)``.

    Parameters
    ----------
    reconstruction, kl, classification
        Parts, shapes ``(fits,)``, ``(fits, latent)`` and ``(fits,)``.
    settings
        Weights of the parts.
    bands
        Number of evidence bands D.
    warmth
        Share of the KL weight in force at this step, in [0, 1].
    """
    penalised = kl.clamp(min=settings.free_bits).sum(dim=1)
    strength = settings.reconstruction_weight * min(1.0, 30.0 / bands)
    weight = warmth * (strength * settings.beta_reconstruction + settings.beta)
    total = classification + strength * reconstruction + weight * penalised
    return Loss(total, reconstruction, kl.sum(dim=1), classification)
