"""Encoder and decoder that are told the class of a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn

from mineral_prospectivity.vae.networks import (
    LOG_VARIANCE_LIMITS,
    Posterior,
    StackedLinear,
    perceptron,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from mineral_prospectivity.vae.transform import Scores


class ConditionalVae(nn.Module):
    """q(z|x, c) and p(x|z, c) of one fit, in tensors with a leading axis of length 1.

    Parameters
    ----------
    bands
        Bands of the evidence. The encoder reads the scores, which of them are there, and the
        class; the decoder reads z and the class.
    hidden
        Width of the two hidden layers of encoder and decoder.
    latent
        Dimensions of the latent space.
    """

    def __init__(self, *, bands: int, hidden: int, latent: int) -> None:
        super().__init__()
        self.latent, self.bands = latent, bands
        self.encoder = perceptron(1, (2 * bands + 1, hidden, hidden, 2 * latent))
        self.decoder = perceptron(1, (latent + 1, hidden, hidden, bands))

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Self:
        """Return the network whose :meth:`state_dict` is given."""
        _, bands, hidden = tensors["decoder.4.weight"].shape
        latent = tensors["decoder.0.weight"].shape[2] - 1
        network = cls(bands=bands, hidden=hidden, latent=latent)
        network.load_state_dict(tensors)
        return network.to(tensors["decoder.0.weight"].device)

    def initialise(self, generator: np.random.Generator) -> None:
        """Draw all weights."""
        for module in self.modules():
            if isinstance(module, StackedLinear):
                module.initialise([generator])

    def encode(self, scores: Scores, classes: Tensor) -> Posterior:
        """Return q(z|x, c), shapes ``(1, rows, latent)``.

        Parameters
        ----------
        scores
            Transformed evidence, shapes ``(1, rows, bands)``.
        classes
            1 for a deposit, else 0, shape ``(1, rows, 1)``.
        """
        read = torch.cat([scores.targets, scores.present, classes], dim=2)
        mean, log_variance = self.encoder(read).chunk(2, dim=2)
        return Posterior(mean, log_variance.clamp(*LOG_VARIANCE_LIMITS))

    def decode(self, latent: Tensor, classes: Tensor) -> Tensor:
        """Return the expected scores, shape ``(1, rows, bands)``."""
        scores: Tensor = self.decoder(torch.cat([latent, classes], dim=2))
        return scores
