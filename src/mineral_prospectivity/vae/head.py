"""The Gaussian-process head: from what the autoencoder says of a cell to its logit."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mineral_prospectivity.vae.networks import Representation

INTERCEPT = 3.0
"""Prior standard deviation of the intercept, on the logit."""

RESIDUAL_LIMIT = 3.0
"""Standardised residuals are clipped here: one odd band must not make a cell unlike all others."""


class LogitGaussian(NamedTuple):
    """Gaussian of the logit of each cell, all of shape ``(fits, rows)``."""

    mean: Tensor
    variance: Tensor
    latent: Tensor


@dataclass(frozen=True, eq=False)
class GaussianProcessHead:
    """Heads of one or several fits, stacked along the first axis of every tensor.

    With u the standardised ``[posterior mean; residual]`` of a cell, the logit is linear in
    ``phi = [3, s u_z / sqrt(L), s cos(W'u) / sqrt(J), s sin(W'u) / sqrt(J)]``: a Gaussian process
    with a linear and a squared-exponential kernel, by random Fourier features [1]_. The weights
    have a Laplace posterior N(a, H^-1).

    Parameters
    ----------
    rms
        Root mean square of each band's reconstruction error, shape ``(fits, bands)``.
    centre, deviation
        Mean and standard deviation of ``[posterior mean; residual]``, shape ``(fits, inputs)``.
    columns
        Frequencies W, shape ``(fits, inputs, J)``.
    weights
        Maximum a posteriori weights a, shape ``(fits, 1 + L + 2 J)``.
    informed
        U of ``H^-1 = I - U U'``, shape ``(fits, 1 + L + 2 J, rank)``.
    scale
        Prior scale s of the logit, shape ``(fits,)``.

    References
    ----------
    .. [1] Rahimi, Recht (2007), Random features for large-scale kernel machines, NeurIPS 20.
    """

    rms: Tensor
    centre: Tensor
    deviation: Tensor
    columns: Tensor
    weights: Tensor
    informed: Tensor
    scale: Tensor

    @property
    def latent(self) -> int:
        """Dimensions L of the latent space."""
        return self.centre.shape[1] - self.rms.shape[1]

    def residual(self, error: Tensor) -> Tensor:
        """Return errors over their root mean square, clipped, shape ``(fits, rows, bands)``."""
        return standardised_residual(error, self.rms)

    def logit(self, cells: Representation) -> LogitGaussian:
        """Return the Gaussian of the logit, and what the width of q(z|x) adds to it.

        ``mean = phi'a`` and ``variance = phi'H^-1 phi = |phi|^2 - |U'phi|^2``, where ``|phi|^2``
        needs no sum over the columns because ``cos^2 + sin^2 = 1``. The latent variance is of
        first order, ``sum_j (d mean / d z_j)^2 Var q(z_j|x)``, with the residual held.
        """
        posterior = cells.posterior
        joined = torch.cat([posterior.mean, self.residual(cells.error)], dim=2)
        inputs = (joined - self.centre.unsqueeze(1)) / self.deviation.unsqueeze(1)
        phi = fourier_features(inputs, self.columns, self.scale, self.latent)
        projected = phi @ torch.cat([self.weights.unsqueeze(2), self.informed], dim=2)
        prior = prior_variance(inputs[..., : self.latent], self.scale)
        variance = (prior - projected[..., 1:].square().sum(dim=2)).clamp(min=0)
        latent = (self._slope(phi).square() * posterior.log_variance.exp()).sum(dim=2)
        return LogitGaussian(projected[..., 0], variance, latent)

    def _slope(self, phi: Tensor) -> Tensor:
        """Differentiate the mean by the posterior mean, shape ``(fits, rows, latent)``."""
        count, latent = self.columns.shape[2], self.latent
        _, linear, cosines, sines = torch.split(self.weights, [1, latent, count, count], dim=1)
        _, cos, sin = torch.split(phi, [1 + latent, count, count], dim=2)
        waves = cos * sines.unsqueeze(1) - sin * cosines.unsqueeze(1)
        straight = linear.unsqueeze(1) * (self.scale / math.sqrt(latent))[:, None, None]
        slope = waves @ self.columns[:, :latent].transpose(1, 2) + straight
        return torch.div(slope, self.deviation[:, None, :latent])

    def map(self, change: Callable[[Tensor], Tensor]) -> GaussianProcessHead:
        """Return the heads with every tensor changed."""
        changed = {name: change(tensor) for name, tensor in self.tensors().items()}
        return GaussianProcessHead(**changed)

    def tensors(self) -> dict[str, Tensor]:
        """Return the tensors by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def stack(cls, heads: Sequence[GaussianProcessHead]) -> GaussianProcessHead:
        """Join heads along the first axis; a lower rank of ``informed`` is filled with zeros."""
        rank = max(head.informed.shape[2] for head in heads)
        padded = [
            replace(
                head, informed=functional.pad(head.informed, (0, rank - head.informed.shape[2]))
            )
            for head in heads
        ]
        names = [field.name for field in fields(cls)]
        return cls(**{name: torch.cat([getattr(head, name) for head in padded]) for name in names})


def standardised_residual(error: Tensor, rms: Tensor) -> Tensor:
    """Return errors ``(fits, rows, bands)`` over their root mean square ``(fits, bands)``."""
    return (error / rms.unsqueeze(1)).clamp(-RESIDUAL_LIMIT, RESIDUAL_LIMIT)


def fourier_features(inputs: Tensor, columns: Tensor, scale: Tensor, latent: int) -> Tensor:
    """Return phi, shape ``(fits, rows, 1 + L + 2 J)``, of u, shape ``(fits, rows, inputs)``."""
    scale = scale[:, None, None]
    angles = inputs @ columns
    waves = torch.cat([angles.cos(), angles.sin()], dim=2) * (scale / math.sqrt(columns.shape[2]))
    linear = inputs[..., :latent] * (scale / math.sqrt(latent))
    return torch.cat([torch.full_like(linear[..., :1], INTERCEPT), linear, waves], dim=2)


def prior_variance(latent: Tensor, scale: Tensor) -> Tensor:
    """Return ``|phi|^2``, the logit's variance without data, for u_z ``(fits, rows, latent)``."""
    return INTERCEPT**2 + scale.square().unsqueeze(1) * (1 + latent.square().mean(dim=2))
