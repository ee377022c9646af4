"""The Gaussian-process head: from what the autoencoder says of a cell to its logit."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mineral_prospectivity.vae.networks import Posterior

INTERCEPT = 3.0
"""Prior standard deviation of the intercept, on the logit."""

RESIDUAL_LIMIT = 3.0
"""Standardised residuals are clipped here: one odd band must not make a cell unlike all others."""


class _Folded(NamedTuple):
    """Tensors that take a cell to everything linear in its phi.

    The angles W'u are ``phase + mean @ by_mean + residual @ by_residual``, those of pairs of
    layers follow them. The mean of the logit,
    U'phi and the derivatives of the mean are, side by side, ``constant + mean @ of_mean +
    additive @ of_additive + cos @ of_cosines + sin @ of_sines``.
    """

    phase: Tensor
    by_mean: Tensor
    by_residual: Tensor
    constant: Tensor
    of_mean: Tensor
    of_additive: Tensor
    of_cosines: Tensor
    of_sines: Tensor


class LogitGaussian(NamedTuple):
    """Gaussian of the logit of each cell, all of shape ``(fits, rows)``."""

    mean: Tensor
    variance: Tensor
    latent: Tensor


@dataclass(frozen=True, eq=False)
class GaussianProcessHead:
    """Heads of one or several fits, stacked along the first axis of every tensor.

    With u the standardised ``[posterior mean; residual]`` of a cell and c its C bounded scores
    and embeddings of the evidence, the logit is linear in ``phi = scale * [1, u_z, c, cos(t),
    sin(t)]`` with angles ``t = [W'u, V's]``, s the bounded scores in c: a Gaussian process whose
    kernel is linear in the latent space, plus additive in the bands (piecewise linear in each),
    plus squared-exponential in u, by random Fourier features [1]_, plus the mean of
    squared-exponential kernels in the scores of two layers each. What one or two layers say on
    their own takes fewer deposits to learn than a function of all [2]_. The weights have the
    prior N(a0, I) and a Laplace posterior N(a, H^-1).

    Parameters
    ----------
    rms
        Root mean square of each band's reconstruction error, shape ``(fits, bands)``.
    centre, deviation
        Mean and standard deviation of ``[posterior mean; residual]``, shape ``(fits, inputs)``.
    columns
        Frequencies W, shape ``(fits, inputs, J)``.
    pairs
        Frequencies V, 0 but for two layers each, shape ``(fits, bands, P)``.
    weights
        Maximum a posteriori weights a, shape ``(fits, 1 + L + C + 2 (J + P))``.
    informed
        U of ``H^-1 = I - U U'``, shape ``(fits, 1 + L + C + 2 (J + P), rank)``.
    scale
        Prior standard deviation of what each column adds to the logit, a unit of the column:
        shape ``(fits, 1 + L + C + 2 (J + P))``; the intercept's is :data:`INTERCEPT`.

    References
    ----------
    .. [1] Rahimi, Recht (2007), Random features for large-scale kernel machines, NeurIPS 20.
    .. [2] Duvenaud, Nickisch, Rasmussen (2011), Additive Gaussian processes, NeurIPS 24.
    """

    rms: Tensor
    centre: Tensor
    deviation: Tensor
    columns: Tensor
    pairs: Tensor
    weights: Tensor
    informed: Tensor
    scale: Tensor

    @property
    def latent(self) -> int:
        """Dimensions L of the latent space."""
        return self.centre.shape[1] - self.rms.shape[1]

    @property
    def parts(self) -> list[int]:
        """Columns of phi: the intercept, L, C, J + P cosines and as many sines."""
        count = self.columns.shape[2] + self.pairs.shape[2]
        additive = self.weights.shape[1] - 1 - self.latent - 2 * count
        return [1, self.latent, additive, count, count]

    def residual(self, error: Tensor) -> Tensor:
        """Return errors over their root mean square, clipped, shape ``(fits, rows, bands)``."""
        return standardised_residual(error, self.rms)

    def logit(self, posterior: Posterior, residual: Tensor, additive: Tensor) -> LogitGaussian:
        """Return the Gaussian of the logit, and what the width of q(z|x) adds to it.

        ``mean = phi'a`` and ``variance = phi'H^-1 phi = |phi|^2 - |U'phi|^2``, where ``|phi|^2``
        needs no sum over the columns because ``cos^2 + sin^2 = 1``. The latent variance is of
        first order, ``sum_j (d mean / d z_j)^2 Var q(z_j|x)``, with residual and c held. All
        that is linear in phi comes from one product.

        Parameters
        ----------
        posterior
            q(z|x), shapes ``(fits, rows, latent)``.
        residual
            From :meth:`residual`, shape ``(fits, rows, bands)``.
        additive
            c, shape ``(1 or fits, rows, C)``.
        """
        mean, log_variance = posterior
        folded, latent = self._folded, self.latent
        angles = torch.baddbmm(folded.phase, mean, folded.by_mean)
        angles.baddbmm_(residual, folded.by_residual)
        angles = torch.cat([angles, pair_angles(additive, self.pairs)], dim=2)
        linear = torch.baddbmm(folded.constant, mean, folded.of_mean)
        linear.baddbmm_(additive.expand(len(mean), -1, -1), folded.of_additive)
        linear.baddbmm_(angles.cos(), folded.of_cosines)
        linear.baddbmm_(angles.sin_(), folded.of_sines)
        standard = (mean - self.centre[:, None, :latent]) / self.deviation[:, None, :latent]
        informed = torch.linalg.vector_norm(linear[..., 1:-latent], dim=2).square()
        prior = prior_variance(standard, additive, self.scale)
        variance = (prior - informed).clamp(min=0)
        slope = linear[..., -latent:]
        return LogitGaussian(
            linear[..., 0], variance, (slope.square() * log_variance.exp()).sum(dim=2)
        )

    def mean(self, latent: Tensor, residual: Tensor, additive: Tensor) -> Tensor:
        """Return the mean of the logit alone, shape ``(fits, rows)``: cheaper, and differentiable.

        Parameters
        ----------
        latent
            Mean of q(z|x), shape ``(fits, rows, latent)``.
        residual, additive
            As for :meth:`logit`.
        """
        joined = torch.cat([latent, residual], dim=2)
        inputs = (joined - self.centre.unsqueeze(1)) / self.deviation.unsqueeze(1)
        terms = additive.expand(len(inputs), -1, -1)
        columns = kernel_features(inputs, terms, self.columns, self.pairs)
        return (columns @ (self.scale * self.weights).unsqueeze(2)).squeeze(2)

    @cached_property
    def _folded(self) -> _Folded:
        """Products with phi, written as products with what phi is made of."""
        latent = self.latent
        scaled = self.columns / self.deviation.unsqueeze(2)
        phase = -(self.centre.unsqueeze(1) @ scaled)
        weights, informed = self.weights.unsqueeze(2), self.informed
        scaled_readout = self.scale.unsqueeze(2) * torch.cat([weights, informed], dim=2)
        readout = torch.cat([scaled_readout, self._slopes()], dim=2)
        constant, linear, additive, cosines, sines = torch.split(readout, self.parts, dim=1)
        of_mean = linear / self.deviation[:, :latent, None]
        shift = self.centre[:, None, :latent] @ of_mean
        return _Folded(
            phase=phase,
            by_mean=scaled[:, :latent],
            by_residual=scaled[:, latent:],
            constant=constant - shift,
            of_mean=of_mean,
            of_additive=additive,
            of_cosines=cosines,
            of_sines=sines,
        )

    def _slopes(self) -> Tensor:
        """Differentiate the mean by the posterior mean: products with the unscaled columns."""
        latent = self.latent
        scaled = self.scale * self.weights
        _, linear, additive, cosines, sines = torch.split(scaled, self.parts, dim=1)
        columns = functional.pad(self.columns[:, :latent], (0, self.pairs.shape[2]))
        columns = columns.transpose(1, 2)
        of_held = columns.new_zeros(len(columns), latent + additive.shape[1], latent)
        of_waves = [columns * sines.unsqueeze(2), -columns * cosines.unsqueeze(2)]
        slopes = torch.cat([linear.unsqueeze(1), of_held, *of_waves], dim=1)
        return slopes / self.deviation[:, None, :latent]

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


def pair_angles(additive: Tensor, pairs: Tensor) -> Tensor:
    """Return V's, shape ``(fits, rows, P)``: of c, whose first bands are the scores, and V."""
    return additive[..., : pairs.shape[1]] @ pairs


def kernel_features(inputs: Tensor, additive: Tensor, columns: Tensor, pairs: Tensor) -> Tensor:
    """Return the columns of phi before they are scaled, ``(fits, rows, 1 + L + C + 2 (J + P))``.

    Parameters
    ----------
    inputs
        u, shape ``(fits, rows, L + D)``.
    additive
        c, shape ``(fits, rows, C)``.
    columns
        Frequencies W, shape ``(fits, L + D, J)``.
    pairs
        Frequencies V, shape ``(fits, D, P)``.
    """
    angles = torch.cat([inputs @ columns, pair_angles(additive, pairs)], dim=2)
    linear = inputs[..., : columns.shape[1] - pairs.shape[1]]
    one = torch.ones_like(linear[..., :1])
    return torch.cat([one, linear, additive, angles.cos(), angles.sin()], dim=2)


def prior_variance(latent: Tensor, additive: Tensor, scale: Tensor) -> Tensor:
    """Return ``|phi|^2``, the logit's variance without data, shape ``(fits, rows)``.

    Parameters
    ----------
    latent
        u_z, shape ``(fits, rows, L)``.
    additive
        c, shape ``(1 or fits, rows, C)``.
    scale
        Prior scale of each column, shape ``(fits, 1 + L + C + 2 (J + P))``; equal for the cosine
        and the sine of one angle.
    """
    size, terms = latent.shape[2], additive.shape[2]
    squared = scale.square().unsqueeze(2)
    constant, linear, held, waves = torch.split(
        squared, [1, size, terms, squared.shape[1] - 1 - size - terms], dim=1
    )
    fixed = constant + waves.sum(dim=1, keepdim=True) / 2
    return (fixed + latent.square() @ linear + additive.square() @ held).squeeze(2)
