"""Fit the Gaussian-process head of one fit to its trained autoencoder."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from mineral_prospectivity.vae.head import (
    INTERCEPT,
    GaussianProcessHead,
    kernel_features,
    standardised_residual,
)
from mineral_prospectivity.vae.laplace import fit_weights, marginal_shift
from mineral_prospectivity.vae.stack import represent

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from mineral_prospectivity.vae.batches import Fit
    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.networks import Representation, StackedVae
    from mineral_prospectivity.vae.settings import VaeSettings
    from mineral_prospectivity.vae.transform import EvidenceTransform

ACTIVE_VARIANCE = 0.01
"""A latent unit is active when its mean varies more than this over the cells (Burda 2016)."""

LEAST_RMS = 1e-3
"""Least root mean square of a residual, for a band that is reconstructed without error."""

LEAST_LATENT_DEVIATION = 0.1
"""An inactive unit is not blown up to the size of an active one."""

LEAST_RESIDUAL_DEVIATION = 1.0
"""Residuals have unit size already; where clipping left them less, so be it."""


class HeadSample(NamedTuple):
    """Cells that a head is fitted to: all positives, then a sample of background."""

    rows: NDArray[np.int64]
    """Rows of the data, shape ``(rows,)``."""
    counts: NDArray[np.float64]
    """Cells of the map that each stands for, shape ``(rows,)``."""

    @classmethod
    def draw(cls, data: TrainingData, fit: Fit, size: int, rng: np.random.Generator) -> HeadSample:
        """Draw at most ``size`` background cells, weighted to the natural prevalence."""
        seen = fit.sees(data.folds)
        positives = np.flatnonzero(seen & data.positive)
        background = np.flatnonzero(seen & data.background)
        drawn = np.sort(rng.choice(background, min(size, len(background)), replace=False))
        share = data.weights[background].sum() / data.weights[drawn].sum()
        counts = np.concatenate([data.weights[positives], data.weights[drawn] * share])
        return cls(np.concatenate([positives, drawn]), counts)


class FittedHead(NamedTuple):
    """The head of one fit."""

    head: GaussianProcessHead
    active_units: int
    """Latent units of the encoder whose mean varies over the cells."""


def fit_head(
    data: TrainingData,
    fit: Fit,
    values: Tensor,
    *,
    transform: EvidenceTransform,
    network: StackedVae,
    settings: VaeSettings,
    seed: int,
) -> FittedHead:
    """Fit the head of one fit, on cells that the fit may see.

    The posterior's mode is shifted by one number so that the expected deposits of those cells
    are the observed ones (:func:`~mineral_prospectivity.vae.laplace.marginal_shift`).

    Parameters
    ----------
    data, fit
        What the fit may see.
    values
        Evidence of all cells, continuous bands first, shape ``(cells, bands)``.
    transform, network
        The trained encoder and decoder, of this fit alone.
    settings
        Columns, prior scale and background sample.
    seed
        Seed of the ensemble.
    """
    rng = fit.generator(seed, "head")
    sample = HeadSample.draw(data, fit, settings.head_background, rng)
    rows = torch.from_numpy(sample.rows).to(values.device)
    counts = torch.from_numpy(sample.counts).to(values.device)
    labels = torch.from_numpy(data.labels[sample.rows].astype(np.float64)).to(values.device)
    with torch.inference_mode():
        cells = represent(transform, network, values[rows].unsqueeze(0))
        rms = _rms(cells, counts)
        joined = torch.cat([cells.posterior.mean, standardised_residual(cells.error, rms)], dim=2)
        centre, deviation = _moments(joined.double(), counts)
        latent = cells.posterior.mean.shape[2]
        active = int((deviation[0, :latent].square() > ACTIVE_VARIANCE).sum())
        deviation[:, :latent].clamp_(min=LEAST_LATENT_DEVIATION)
        deviation[:, latent:].clamp_(min=LEAST_RESIDUAL_DEVIATION)
        columns = _columns(joined.shape[2], settings.head_columns, rng).to(values.device)
        scale = torch.tensor([settings.head_scale], dtype=torch.float64, device=values.device)
        inputs = (joined - centre.unsqueeze(1)) / deviation.unsqueeze(1)
        phi = kernel_features(inputs, cells.additive.double(), columns, scale, latent)[0]
        tempering = _clusters_a_positive(data.clusters[sample.rows], data.labels[sample.rows])
        weights, informed = _fit_weights(phi, labels, counts, tempering)
        head = GaussianProcessHead(
            rms, centre, deviation, columns, weights.unsqueeze(0), informed.unsqueeze(0), scale
        )
    return FittedHead(head.map(lambda tensor: tensor.float()), active)


def _fit_weights(
    phi: Tensor, labels: Tensor, counts: Tensor, tempering: float
) -> tuple[Tensor, Tensor]:
    prior = torch.zeros_like(phi[0])
    prior[0] = torch.logit(counts @ labels / counts.sum()) / INTERCEPT
    posterior = fit_weights(phi, labels, counts, prior=prior, tempering=tempering)
    weights = posterior.weights.clone()
    mean, variance = phi @ weights, posterior.variance(phi)
    weights[0] += marginal_shift(mean, variance, labels, counts) / INTERCEPT
    return weights, posterior.informed()


def _clusters_a_positive(clusters: NDArray[np.int32], labels: NDArray[np.int8]) -> float:
    """Share by which neighbouring positives are independent evidence."""
    of_positives = clusters[labels == 1]
    alone = np.count_nonzero(of_positives < 0)
    return (len(np.unique(of_positives[of_positives >= 0])) + alone) / len(of_positives)


def _rms(cells: Representation, counts: Tensor) -> Tensor:
    """Root mean square error of each band over the cells that have it, shape ``(1, bands)``."""
    weights = counts.float() @ cells.present[0]
    squared = counts.float() @ cells.error[0].square()
    return (squared / weights.clamp(min=1e-12)).sqrt().clamp(min=LEAST_RMS).unsqueeze(0)


def _moments(joined: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted mean and standard deviation over rows, both of shape ``(1, inputs)``."""
    shares = (counts / counts.sum())[None, None]
    centre = shares @ joined
    variance = shares @ (joined - centre).square()
    return centre.squeeze(1), variance.sqrt().squeeze(1)


def _columns(inputs: int, count: int, rng: np.random.Generator) -> Tensor:
    """Frequencies N(0, I / inputs), shape ``(1, inputs, count)``."""
    return torch.from_numpy(rng.standard_normal((1, inputs, count)) / math.sqrt(inputs))
