"""Fit the Gaussian-process head of one fit to its trained autoencoder."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from scipy.special import logit

from mineral_prospectivity.vae.head import (
    INTERCEPT,
    GaussianProcessHead,
    kernel_features,
    standardised_residual,
)
from mineral_prospectivity.vae.head_sample import HeadSample
from mineral_prospectivity.vae.laplace import fit_weights, marginal_shift
from mineral_prospectivity.vae.relevance import relevance_scales
from mineral_prospectivity.vae.stack import encode, represent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from mineral_prospectivity.vae.batches import Fit
    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.evidence import FitEvidence
    from mineral_prospectivity.vae.networks import Representation, StackedVae
    from mineral_prospectivity.vae.settings import VaeSettings
    from mineral_prospectivity.vae.transform import EvidenceTransform

ACTIVE_VARIANCE = 0.01
"""A latent unit is active when its mean varies more than this over the cells (Burda 2016)."""

CELLS_OF_A_PASS = 16_384
"""Cells that the pilot model reads at once."""

PAIR_LENGTH = 1.0
"""Scores over which the joint effect of two layers changes."""

LEAST_RMS = 1e-3
"""Least root mean square of a residual, for a band that is reconstructed without error."""

LEAST_LATENT_DEVIATION = 0.1
"""An inactive unit is not blown up to the size of an active one."""

LEAST_RESIDUAL_DEVIATION = 1.0
"""Residuals have unit size already; where clipping left them less, so be it."""


class FittedHead(NamedTuple):
    """The head of one fit."""

    head: GaussianProcessHead
    active_units: int
    """Latent units of the encoder whose mean varies over the cells."""


def fit_head(
    data: TrainingData,
    fit: Fit,
    evidence: FitEvidence,
    *,
    transform: EvidenceTransform,
    network: StackedVae,
    settings: VaeSettings,
    seed: int,
    stands_for: float,
) -> FittedHead:
    """Fit the head of one fit, on cells that the fit may see.

    The posterior's mode is shifted by one number so that the expected deposits of those cells
    are the observed ones (:func:`~mineral_prospectivity.vae.laplace.marginal_shift`).

    Parameters
    ----------
    data, fit
        What the fit may see.
    evidence
        Evidence of all cells as the fit reads it.
    transform, network
        The trained encoder and decoder, of this fit alone.
    settings
        Columns, prior scale and background sample.
    seed
        Seed of the ensemble.
    stands_for
        Cells without a deposit over those of the background.
    """
    rng = fit.generator(seed, "head")
    offset = _offset(data, fit, settings.positive_share)
    pilot = partial(_pilot, transform, network, evidence, offset)
    sample = HeadSample.draw(
        data, fit, settings.head_background, rng, pilot=pilot, stands_for=stands_for
    )
    device = evidence.values.device
    rows = torch.from_numpy(sample.rows).to(device)
    counts = torch.from_numpy(sample.counts).to(device)
    labels = torch.from_numpy(data.labels[sample.rows].astype(np.float64)).to(device)
    with torch.inference_mode():
        cells = represent(transform, network, evidence.rows(rows.unsqueeze(0)))
        rms = _rms(cells, counts)
        joined = torch.cat([cells.posterior.mean, standardised_residual(cells.error, rms)], dim=2)
        centre, deviation = _moments(joined.double(), counts)
        latent = cells.posterior.mean.shape[2]
        active = int((deviation[0, :latent].square() > ACTIVE_VARIANCE).sum())
        deviation[:, :latent].clamp_(min=LEAST_LATENT_DEVIATION)
        deviation[:, latent:].clamp_(min=LEAST_RESIDUAL_DEVIATION)
        columns = _columns(joined.shape[2], settings.head_columns, rng).to(device)
        pairs = draw_pairs(transform.layers, settings.head_pairs, rng).to(device)
        inputs = (joined - centre.unsqueeze(1)) / deviation.unsqueeze(1)
        features = kernel_features(inputs, cells.additive.double(), columns, pairs)[0]
        clusters = data.clusters_a_positive(sample.rows)
        deposits = data.deposits_a_positive(sample.rows)
        observed = _Observed(
            features, labels, counts, clusters / settings.head_dispersion, deposits
        )
        scale, start = observed.relevance(_parts(transform, latent, settings), settings)
        weights, informed = observed.fit_weights(scale, start)
        fitted = (columns, pairs, *(part.unsqueeze(0) for part in (weights, informed, scale)))
        head = GaussianProcessHead(rms, centre, deviation, *fitted)
    return FittedHead(head.map(lambda tensor: tensor.float()), active)


def draw_pairs(layers: Sequence[int], count: int, rng: np.random.Generator) -> Tensor:
    """Return frequencies V of the joint effects of two layers, shape ``(1, bands, count)``.

    Each column has N(0, 1) over :data:`PAIR_LENGTH` in the bands of two layers drawn at random,
    and 0 in all others: with cosine and sine they give the mean over pairs of layers of the
    squared-exponential kernel of both.

    Parameters
    ----------
    layers
        Number of the layer of each band.
    count
        Columns P.
    rng
        Generator of the draws.
    """
    numbers = np.unique(layers)
    chosen = [rng.permutation(numbers)[:2] for _ in range(count)]
    drawn = rng.standard_normal((count, len(layers)))
    kept = np.array([np.isin(layers, pair) for pair in chosen]).reshape(drawn.shape)
    return torch.from_numpy((drawn * kept).T[None] / PAIR_LENGTH)


def _offset(data: TrainingData, fit: Fit, positive_share: float) -> float:
    """Return what leads from the logit in training's batches to that on the map."""
    seen = fit.sees(data.folds) & data.training
    share = np.average(data.labels[seen], weights=data.weights[seen])
    return float(logit(share) - logit(positive_share))


def _pilot(
    transform: EvidenceTransform,
    network: StackedVae,
    evidence: FitEvidence,
    offset: float,
    rows: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the probability of a deposit in rows, by the linear head that training used."""
    with torch.inference_mode():
        wanted = torch.from_numpy(rows).to(evidence.values.device).unsqueeze(0)
        passes = torch.split(wanted, CELLS_OF_A_PASS, dim=1)
        latents = [encode(transform, network, evidence.rows(part)).mean for part in passes]
        logits = torch.cat([network.classify(latent)[0] for latent in latents])
        return torch.sigmoid(logits.double() + offset).cpu().numpy()


class _Parts(NamedTuple):
    """Prior scales to begin with, and which columns of phi share one; -1 keeps its own."""

    scale: Tensor
    groups: Tensor


def _parts(transform: EvidenceTransform, latent: int, settings: VaeSettings) -> _Parts:
    """Latent space, both parts of waves and each layer have a scale of their own."""
    layers, size = transform.additive_layers, settings.head_scale
    columns, pairs = settings.head_columns, settings.head_pairs
    waves = [size / math.sqrt(columns)] * columns + [size / math.sqrt(max(pairs, 1))] * pairs
    scales = (
        [INTERCEPT]
        + [size / math.sqrt(latent)] * latent
        + [size / math.sqrt(len(transform.bands))] * len(layers)
        + 2 * waves
    )
    of_waves = [1] * columns + [2] * pairs
    groups = [-1] + [0] * latent + [3 + layer for layer in layers] + 2 * of_waves
    return _Parts(torch.tensor(scales, dtype=torch.float64), torch.tensor(groups))


class _Observed(NamedTuple):
    """What a head is fitted to."""

    features: Tensor
    labels: Tensor
    counts: Tensor
    tempering: float
    deposits: float

    @property
    def prior(self) -> Tensor:
        """Prior mean of the weights: the intercept at the base rate."""
        prior = torch.zeros_like(self.features[0])
        prior[0] = torch.logit(self.counts @ self.labels / self.counts.sum()) / INTERCEPT
        return prior

    def relevance(self, parts: _Parts, settings: VaeSettings) -> tuple[Tensor, Tensor]:
        """Return the prior scale of each column, and weights near the mode."""
        return relevance_scales(
            self.features,
            parts.groups.to(self.features.device),
            parts.scale.to(self.features.device),
            self.labels,
            self.counts,
            prior=self.prior,
            tempering=self.tempering,
            strength=settings.head_scale_strength,
        )

    def fit_weights(self, scale: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weights, shifted so that the expected deposits are those observed, and U."""
        phi, labels, counts = self.features * scale, self.labels, self.counts
        posterior = fit_weights(
            phi,
            labels,
            counts,
            prior=self.prior,
            tempering=self.tempering,
            precision_tempering=self.deposits,
            start=start,
        )
        weights = posterior.weights.clone()
        mean, variance = phi @ weights, posterior.variance(phi)
        weights[0] += marginal_shift(mean, variance, labels, counts) / INTERCEPT
        return weights, posterior.informed()


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
