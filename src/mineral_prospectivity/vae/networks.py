"""Encoder, decoder and training head of many fits, in one set of tensors."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOG_VARIANCE_LIMITS = (-9.0, 3.0)
"""Bounds of the posterior's log-variance; beyond them only its gradient grows."""


class Posterior(NamedTuple):
    """The Gaussian q(z|x) of each cell, both of shape ``(fits, rows, latent)``."""

    mean: Tensor
    log_variance: Tensor


class Representation(NamedTuple):
    """What an autoencoder says of each cell."""

    posterior: Posterior
    """q(z|x), shapes ``(fits, rows, latent)``."""
    error: Tensor
    """Score minus its reconstruction, 0 where missing, shape ``(fits, rows, bands)``."""
    present: Tensor
    """1 where the band has a value, else 0, shape ``(1 or fits, rows, bands)``."""
    additive: Tensor
    """Bounded scores and embedding of the bands, shape ``(1 or fits, rows, terms)``."""


class StackedLinear(nn.Module):
    """Affine maps of many fits: weight ``(fits, out, in)``, bias ``(fits, 1, out)``."""

    def __init__(self, fits: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(fits, outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(fits, 1, outputs))

    def initialise(self, generators: Sequence[np.random.Generator]) -> None:
        """Draw the weights of each fit from its own generator, uniform in +-1/sqrt(inputs)."""
        outputs, inputs = self.weight.shape[1:]
        bound = 1 / math.sqrt(inputs)
        shape = (outputs, inputs + 1)
        drawn = np.stack([generator.uniform(-bound, bound, shape) for generator in generators])
        values = torch.from_numpy(drawn.astype(np.float32))
        with torch.no_grad():
            self.weight.copy_(values[:, :, :-1])
            self.bias.copy_(values[:, :, -1].unsqueeze(1))

    def forward(self, inputs: Tensor) -> Tensor:
        """Map ``(1 or fits, rows, in)`` to ``(fits, rows, out)``.

        Rows that all fits share are multiplied once with the weights of all fits side by side.
        """
        fits, outputs = self.weight.shape[:2]
        if len(inputs) == fits:
            return torch.baddbmm(self.bias, inputs, self.weight.transpose(1, 2))
        shared = functional.linear(inputs[0], self.weight.flatten(0, 1), self.bias.flatten())
        return shared.view(-1, fits, outputs).transpose(0, 1)


class StackedVae(nn.Module):
    """The joint semi-supervised autoencoders of many fits.

    Parameters
    ----------
    fits
        Networks in the stack.
    inputs
        Channels of the encoder.
    bands
        Bands that the decoder reconstructs.
    hidden
        Width of the two hidden layers of encoder and decoder.
    latent
        Dimensions of the latent space.
    """

    def __init__(self, fits: int, *, inputs: int, bands: int, hidden: int, latent: int) -> None:
        super().__init__()
        self.encoder = perceptron(fits, (inputs, hidden, hidden, 2 * latent))
        self.decoder = perceptron(fits, (latent, hidden, hidden, bands))
        self.classifier = StackedLinear(fits, latent, 1)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Self:
        """Return the networks whose :meth:`state_dict` is given."""
        fits, hidden, inputs = tensors["encoder.0.weight"].shape
        latent = tensors["classifier.weight"].shape[2]
        bands = tensors["decoder.4.weight"].shape[1]
        network = cls(fits, inputs=inputs, bands=bands, hidden=hidden, latent=latent)
        network.load_state_dict(tensors)
        return network.to(tensors["encoder.0.weight"].device)

    def initialise(self, generators: Sequence[np.random.Generator]) -> None:
        """Draw the weights of each fit from its own generator."""
        for module in self.modules():
            if isinstance(module, StackedLinear):
                module.initialise(generators)

    def take(self, fits: Sequence[int]) -> StackedVae:
        """Return the networks of the given fits, in that order."""
        index = list(fits)
        return StackedVae.from_tensors(
            {name: tensor[index].detach() for name, tensor in self.state_dict().items()}
        )

    def encode(self, channels: Tensor) -> Posterior:
        """Return q(z|x) for channels of shape ``(1 or fits, rows, inputs)``."""
        mean, log_variance = self.encoder(channels).chunk(2, dim=2)
        return Posterior(mean, log_variance.clamp(*LOG_VARIANCE_LIMITS))

    def decode(self, latent: Tensor) -> Tensor:
        """Return the expected scores, shape ``(fits, rows, bands)``."""
        scores: Tensor = self.decoder(latent)
        return scores

    def classify(self, latent: Tensor) -> Tensor:
        """Return the logit of the training head, shape ``(fits, rows)``."""
        logits: Tensor = self.classifier(latent)
        return logits.squeeze(2)


def perceptron(fits: int, sizes: Sequence[int]) -> nn.Sequential:
    """Return stacked affine maps of the given sizes with SiLU between them."""
    modules: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        modules += [StackedLinear(fits, inputs, outputs), nn.SiLU()]
    return nn.Sequential(*modules[:-1])
