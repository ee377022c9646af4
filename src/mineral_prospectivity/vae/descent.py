"""Gradient descent of stacked fits: one step trains all of them, none feels the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import torch

from mineral_prospectivity.errors import TrainingError
from mineral_prospectivity.vae.batches import BatchStream
from mineral_prospectivity.vae.checkpoint import pack_state, unpack_state
from mineral_prospectivity.vae.head_fit import ACTIVE_VARIANCE
from mineral_prospectivity.vae.networks import Posterior, StackedVae
from mineral_prospectivity.vae.objective import (
    Loss,
    cross_entropy,
    joint_loss,
    kl_divergence,
    reconstruction_loss,
)
from mineral_prospectivity.vae.progress import RECORDS, StepReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mineral_prospectivity.vae.batches import Batch, Fit
    from mineral_prospectivity.vae.checkpoint import Checkpoint
    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.evidence import FitEvidence
    from mineral_prospectivity.vae.settings import VaeSettings
    from mineral_prospectivity.vae.transform import EvidenceTransform

RAMP = 0.05
"""Share of the steps over which the learning rate rises."""


class Trained(NamedTuple):
    """A trained stack."""

    network: StackedVae
    history: pd.DataFrame


def train_stack(
    data: TrainingData,
    fits: Sequence[Fit],
    evidence: FitEvidence,
    *,
    transform: EvidenceTransform,
    settings: VaeSettings,
    seed: int,
    report: Callable[[StepReport], None],
    checkpoint: Checkpoint | None = None,
    key: str = "",
) -> Trained:
    """Train the autoencoders of all fits together.

    Parameters
    ----------
    data
        Labels, folds and weights.
    fits
        What each network of the stack may see.
    evidence
        Evidence of all cells as the fits read it; its device is trained on.
    transform
        Transforms of the fits, in their order.
    settings
        Sizes, loss and optimiser.
    seed
        Seed of the ensemble.
    report
        Called now and then.
    checkpoint, key
        Where an unfinished training keeps its state, and under which key: one that was cut off
        goes on from there, to the same weights.

    Raises
    ------
    TrainingError
        When the loss of a fit is no longer finite.
    """
    stream = BatchStream(data, fits, settings, layers=len(set(transform.layers)), seed=seed)
    descent = _Descent(
        data,
        fits,
        evidence,
        transform=transform,
        settings=settings,
        positives=stream.positives,
        seed=seed,
    )
    every = max(1, settings.steps // RECORDS)
    done, records = descent.restore(checkpoint.load(key) if checkpoint else None)
    for step, batch in enumerate(stream.steps(settings.steps, evidence.values.device), start=1):
        if step <= done:
            continue  # drawn all the same, so that the streams stand where they stood
        loss, posterior = descent.step(step, batch)
        if step % every == 0 or step == settings.steps:
            record = _record(step, fits, loss, posterior)
            _check_finite(record, settings)
            records.append(record)
            means = record[["loss", "kl", "active_units"]].mean()
            report(StepReport(step, *means))
        if checkpoint and step < settings.steps and checkpoint.due():
            checkpoint.save(key, descent.state(step, records))
    return Trained(descent.averaged(), pd.concat(records, ignore_index=True))


class _Descent:
    """Networks, optimiser and running averages of a stack."""

    def __init__(
        self,
        data: TrainingData,
        fits: Sequence[Fit],
        evidence: FitEvidence,
        *,
        transform: EvidenceTransform,
        settings: VaeSettings,
        positives: int,
        seed: int,
    ) -> None:
        self._evidence, self._transform, self._settings = evidence, transform, settings
        self._positives, values = positives, evidence.values
        self._labels = torch.tensor(data.labels).to(values)
        self._known = torch.tensor(data.training).to(values)
        self._network = StackedVae(
            len(fits),
            inputs=transform.width,
            bands=len(data.bands),
            hidden=settings.hidden,
            latent=settings.latent,
        )
        self._network.initialise([fit.generator(seed, "weights") for fit in fits])
        self._network.to(values.device)
        self._parameters = list(self._network.parameters())
        self._averages = [parameter.detach().clone() for parameter in self._parameters]
        self._optimiser = torch.optim.AdamW(
            self._parameters, weight_decay=settings.weight_decay, fused=True
        )

    def step(self, step: int, batch: Batch) -> tuple[Loss, Posterior]:
        """Take one step, and return what it saw."""
        loss, posterior = self._loss(batch, min(1.0, step / self._steps(self._settings.warmup)))
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss.total.sum())
        self._clip()
        for group in self._optimiser.param_groups:
            group["lr"] = self._settings.learning_rate * min(1.0, step / self._steps(RAMP))
        self._optimiser.step()
        decay = min(self._settings.averaging, step / (step + 9))
        torch._foreach_lerp_(self._averages, [p.detach() for p in self._parameters], 1 - decay)
        return loss, posterior

    def state(self, step: int, records: Sequence[pd.DataFrame]) -> dict[str, NDArray[np.generic]]:
        """Return all that the next step depends on, but for the random streams."""
        return pack_state(step, self._parameters, self._averages, self._optimiser, records)

    def restore(
        self, state: dict[str, NDArray[np.generic]] | None
    ) -> tuple[int, list[pd.DataFrame]]:
        """Go back to a state; return the steps that are done, and their losses."""
        if state is None:
            return 0, []
        return unpack_state(state, self._parameters, self._averages, self._optimiser)

    def averaged(self) -> StackedVae:
        """Return the networks with their weights averaged over the last steps."""
        with torch.no_grad():
            for parameter, average in zip(self._parameters, self._averages, strict=True):
                parameter.copy_(average)
        return self._network

    def _loss(self, batch: Batch, warmth: float) -> tuple[Loss, Posterior]:
        """Loss of a batch; only the cells drawn as they come count for the reconstruction."""
        settings, natural = self._settings, slice(self._positives, None)
        scores = self._transform.read(self._evidence.rows(batch.rows))
        posterior = self._network.encode(self._transform.channels(scores, batch.kept))
        latent = posterior.mean + batch.noise * (posterior.log_variance / 2).exp()
        seen = Posterior(*(part[:, natural] for part in posterior))
        decoded = self._network.decode(latent[:, natural])
        loss = joint_loss(
            reconstruction_loss(decoded, scores.targets[:, natural], scores.present[:, natural]),
            kl_divergence(seen),
            cross_entropy(
                self._network.classify(latent), self._labels[batch.rows], self._known[batch.rows]
            ),
            settings,
            bands=self._evidence.bands,
            warmth=warmth,
        )
        return loss, seen

    def _clip(self) -> None:
        """Bound the gradient norm of each fit by itself."""
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        squared = torch.stack([gradient.square().sum(dim=(1, 2)) for gradient in gradients])
        norm = squared.sum(dim=0).sqrt()
        factor = (self._settings.gradient_clip / norm.clamp(min=1e-12)).clamp(max=1)
        for gradient in gradients:
            gradient.mul_(factor[:, None, None])

    def _steps(self, share: float) -> float:
        return max(1.0, share * self._settings.steps)


def _record(step: int, fits: Sequence[Fit], loss: Loss, posterior: Posterior) -> pd.DataFrame:
    variance = posterior.mean.detach().var(dim=1, correction=0)
    active = (variance > ACTIVE_VARIANCE).sum(dim=1)
    total, reconstruction, kl, entropy = (part.detach().cpu().double().numpy() for part in loss)
    return pd.DataFrame(
        {
            "step": step,
            "fit": [fit.name for fit in fits],
            "member": [fit.member for fit in fits],
            "loss": total,
            "reconstruction": reconstruction,
            "kl": kl,
            "bce": entropy,
            "active_units": active.cpu().numpy(),
        }
    )


def _check_finite(record: pd.DataFrame, settings: VaeSettings) -> None:
    broken = record[~np.isfinite(record["loss"])]
    if len(broken):
        first = broken.iloc[0]
        msg = (
            f"member_{first['member']:03d}: the loss is not finite at step {first['step']} of "
            f"{settings.steps} (fit {first['fit']!r}). Lower model.learning_rate "
            f"(now {settings.learning_rate:g})"
        )
        raise TrainingError(msg)
