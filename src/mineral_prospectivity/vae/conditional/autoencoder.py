"""Training of the conditional autoencoder, and the data that it generates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import torch

from mineral_prospectivity.errors import TrainingError
from mineral_prospectivity.vae.batches import WeightedRows
from mineral_prospectivity.vae.conditional.networks import ConditionalVae
from mineral_prospectivity.vae.head_fit import ACTIVE_VARIANCE, LEAST_RMS
from mineral_prospectivity.vae.objective import kl_divergence, reconstruction_loss
from mineral_prospectivity.vae.progress import RECORDS
from mineral_prospectivity.vae.transform import Scores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from mineral_prospectivity.vae.batches import Fit
    from mineral_prospectivity.vae.conditional.settings import CvaeSettings
    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.networks import Posterior

SIGMA_BATCHES = 32
"""Batches whose mean squared error is the variance of the decoder."""


@dataclass(frozen=True, eq=False)
class CalibratedDecoder:
    """A trained conditional autoencoder, with its decoder's standard deviations.

    Parameters
    ----------
    network
        Encoder and decoder.
    sigma
        Standard deviation of each band's score about its reconstruction, shape ``(bands,)``: the
        root of the mean squared error over draws of q(z|x, c), which maximises the likelihood
        [1]_.

    References
    ----------
    .. [1] Rybkin, Daniilidis, Levine (2021), Simple and effective VAE training with calibrated
       decoders, ICML.
    """

    network: ConditionalVae
    sigma: Tensor

    @torch.inference_mode()
    def generate(self, classes: Tensor, rng: np.random.Generator) -> Tensor:
        """Draw cells of given classes: z ~ N(0, I), decoded, with the decoder's noise added.

        Parameters
        ----------
        classes
            1 for a deposit, else 0, shape ``(rows,)``.
        rng
            Source of all draws.

        Returns
        -------
        Tensor
            Scores, shape ``(rows, bands)``.
        """
        rows, latent = len(classes), self.network.latent
        drawn = rng.standard_normal((rows, latent + len(self.sigma)), dtype=np.float32)
        normal = torch.from_numpy(drawn).to(self.sigma.device)
        decoded = self.network.decode(normal[None, :, :latent], classes[None, :, None])
        return decoded[0] + self.sigma * normal[:, latent:]


class TrainedAutoencoder(NamedTuple):
    """What training gives."""

    decoder: CalibratedDecoder
    history: pd.DataFrame
    """``step, loss, reconstruction, kl, active_units``."""


class _Batch(NamedTuple):
    scores: Scores
    classes: Tensor
    noise: Tensor


def train_autoencoder(
    data: TrainingData, fit: Fit, scores: Scores, *, settings: CvaeSettings, seed: int
) -> TrainedAutoencoder:
    """Train the conditional autoencoder of one fit.

    The loss a cell is ``sum_d 0.5 ln mse_d + beta KL``. It rests on cells whose class is known.

    Parameters
    ----------
    data, fit
        What the fit may see.
    scores
        Transformed evidence of all cells, shapes ``(1, cells, bands)``.
    settings
        Sizes, loss and optimiser.
    seed
        Seed of the ensemble.

    Raises
    ------
    TrainingError
        When the loss is not finite, or no latent unit carries anything.
    """
    network = ConditionalVae(bands=len(data.bands), hidden=settings.hidden, latent=settings.latent)
    network.initialise(fit.generator(seed, "weights"))
    network.to(scores.targets.device)
    batches = _batches(data, fit, scores, settings, seed)
    history = _descend(network, batches, settings)
    _check(history, fit, settings)
    decoder = CalibratedDecoder(network, _calibrate(network, batches))
    return TrainedAutoencoder(decoder, history)


def _batches(
    data: TrainingData, fit: Fit, scores: Scores, settings: CvaeSettings, seed: int
) -> Iterator[_Batch]:
    """Yield batches without end: a share of positives, the rest background, both known."""
    seen = fit.sees(data.folds)
    positives, background = (np.flatnonzero(seen & own) for own in (data.positive, data.background))
    weighted = WeightedRows(background, data.weights[background])
    rows, noise = fit.generator(seed, "rows"), fit.generator(seed, "noise")
    count = max(1, round(settings.positive_share * settings.batch_size))
    classes = torch.zeros(1, settings.batch_size, 1, device=scores.targets.device)
    classes[:, :count] = 1
    while True:
        chosen = positives[rows.integers(len(positives), size=count)]
        others = weighted.draw(settings.batch_size - count, rows)
        index = torch.from_numpy(np.concatenate([chosen, others])).to(classes.device)
        shape = (1, settings.batch_size, settings.latent)
        drawn = torch.from_numpy(noise.standard_normal(shape, dtype=np.float32))
        batch = Scores(*(part[:, index] for part in scores))
        yield _Batch(batch, classes, drawn.to(classes.device))


def _descend(
    network: ConditionalVae, batches: Iterator[_Batch], settings: CvaeSettings
) -> pd.DataFrame:
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=settings.steps, pct_start=0.1
    )
    records = []
    for step in range(1, settings.steps + 1):
        batch = next(batches)
        posterior, decoded = _pass(network, batch)
        reconstruction = reconstruction_loss(decoded, batch.scores.targets, batch.scores.present)
        kl = kl_divergence(posterior).sum()
        warmth = min(1.0, step / max(1.0, settings.warmup * settings.steps))
        loss = reconstruction.sum() + warmth * settings.beta * kl
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.gradient_clip)
        optimiser.step()
        schedule.step()
        if step % max(1, settings.steps // RECORDS) == 0 or step == settings.steps:
            active = _active_units(posterior.mean.detach(), batch.classes)
            values = (loss.item(), reconstruction.item(), kl.item(), active)
            records.append((step, *values))
            if not math.isfinite(values[0]):
                break
    return pd.DataFrame(records, columns=["step", "loss", "reconstruction", "kl", "active_units"])


def _check(history: pd.DataFrame, fit: Fit, settings: CvaeSettings) -> None:
    last = history.iloc[-1]
    if not math.isfinite(last["loss"]):
        msg = (
            f"cvae: the loss is not finite at step {last['step']:.0f} of {settings.steps} (fit "
            f"{fit.name!r}). Lower model.learning_rate (now {settings.learning_rate:g})"
        )
        raise TrainingError(msg)
    if last["active_units"] == 0:
        msg = (
            f"cvae: the latent space collapsed (fit {fit.name!r}, 0 of {settings.latent} units "
            f"active). Lower model.beta (now {settings.beta:g}), or raise model.steps (now "
            f"{settings.steps})"
        )
        raise TrainingError(msg)


def _pass(network: ConditionalVae, batch: _Batch) -> tuple[Posterior, Tensor]:
    posterior = network.encode(batch.scores, batch.classes)
    latent = posterior.mean + batch.noise * (posterior.log_variance / 2).exp()
    return posterior, network.decode(latent, batch.classes)


def _active_units(mean: Tensor, classes: Tensor) -> int:
    """Latent units whose mean varies over the background: classes apart need no latent space."""
    background = mean[classes.squeeze(2) == 0]
    return int((background.var(dim=0, correction=0) > ACTIVE_VARIANCE).sum())


@torch.inference_mode()
def _calibrate(network: ConditionalVae, batches: Iterator[_Batch]) -> Tensor:
    """Root mean square of each band's error over draws of the posterior, ``(bands,)``."""
    squared = count = torch.zeros(network.bands, dtype=torch.float64)
    for _ in range(SIGMA_BATCHES):
        batch = next(batches)
        _, decoded = _pass(network, batch)
        error = (decoded - batch.scores.targets) * batch.scores.present
        squared = squared + error.square().sum(dim=(0, 1)).cpu()
        count = count + batch.scores.present.sum(dim=(0, 1)).cpu()
    sigma = (squared / count.clamp(min=1)).sqrt().clamp(min=LEAST_RMS)
    return sigma.float().to(batch.classes.device)
