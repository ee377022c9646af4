"""Train members: every fit that honest maps, scores and calibration need, stacked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import torch

from mineral_prospectivity.errors import TrainingError
from mineral_prospectivity.vae.batches import Fit
from mineral_prospectivity.vae.bundle import MemberBundle
from mineral_prospectivity.vae.checkpoint import StackCheckpoints, training_key
from mineral_prospectivity.vae.cross_fitting import (
    CalibrationSample,
    check_folds,
    left_out_folds,
)
from mineral_prospectivity.vae.descent import train_stack
from mineral_prospectivity.vae.device import choose_device, stack_threads
from mineral_prospectivity.vae.diversity import SEEDS
from mineral_prospectivity.vae.head_fit import fit_head
from mineral_prospectivity.vae.held_out import TrainedFits, inner_table, out_of_fold_table
from mineral_prospectivity.vae.permutation import permuted_table
from mineral_prospectivity.vae.stack import Stack
from mineral_prospectivity.vae.transform import EvidenceTransform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mineral_prospectivity.vae.checkpoint import Checkpoint
    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.descent import StepReport
    from mineral_prospectivity.vae.diversity import Diversity
    from mineral_prospectivity.vae.head import GaussianProcessHead
    from mineral_prospectivity.vae.networks import StackedVae
    from mineral_prospectivity.vae.settings import VaeSettings

MEMBERS_AT_ONCE = {"cpu": 1, "cuda": 32}
"""Members in one stack: on a CPU the fits of one fill the cache, a GPU wants many."""

HARMLESS_KL_WEIGHT = 0.05
"""A KL weight below this does not collapse a latent space."""


class TrainingProgress(NamedTuple):
    """How far training has come."""

    step: int
    """Steps done, of all stacks."""
    steps: int
    """Steps in all."""
    members: tuple[int, ...]
    """Members of the stack that is trained now."""
    loss: float
    """Loss, mean over the fits of the stack."""
    kl: float
    """KL divergence of q(z|x) from the prior, nats a cell, mean over the fits."""
    active_units: float
    """Latent units that carry something, mean over the fits."""


@dataclass(frozen=True)
class Pack:
    """Trained members.

    Parameters
    ----------
    bundles
        The full fit of each member, for the map.
    out_of_fold
        Logit of every cell by fits that never saw its fold, one row a member and cell: ``member,
        cell, fold, mean, variance, latent, residual``, ascending.
    inner
        Logit of the calibration cells by fits that saw neither their fold nor fold ``outer``:
        ``member, cell, outer, fold, mean, variance, latent, weight``; empty when not nested.
    permuted
        Mean logit of the calibration cells by fits that never saw their fold, as they are and
        with each layer shuffled: see :func:`~mineral_prospectivity.vae.permutation.permuted_table`.
    history
        Losses of every fit: ``step, fit, member, loss, reconstruction, kl, bce, active_units``.
    """

    bundles: dict[int, MemberBundle]
    out_of_fold: pd.DataFrame
    inner: pd.DataFrame
    permuted: pd.DataFrame
    history: pd.DataFrame


def fit_members(
    data: TrainingData,
    members: Sequence[int],
    *,
    settings: VaeSettings,
    seed: int,
    folds: int,
    device: str = "auto",
    nested: bool = True,
    diversity: Diversity = SEEDS,
    progress: Callable[[TrainingProgress], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Pack:
    """Train members with all their fits.

    A member depends on the data, the settings, the seed and its own number alone: it is the same
    whatever other members it is trained with (on a GPU, up to rounding).

    Parameters
    ----------
    data
        Cells, evidence and labels.
    members
        Numbers of the members.
    settings
        The model and its training.
    seed
        Seed of the ensemble.
    folds
        Number of spatial folds K.
    device
        ``auto`` takes CUDA where there is one; or ``cpu``, ``cuda``.
    nested
        Also train the K (K - 1) / 2 fits without two folds, on which calibration rests.
    diversity
        In what the members' data differ.
    progress
        Called about twenty times a stack, from the thread that trains it, one call at a time.
    checkpoint
        Where unfinished stacks keep their states: a training that was cut off goes on from there.

    Raises
    ------
    TrainingError
        When a fold cannot be scored, a loss is not finite, or a latent space collapses.
    ConfigurationError
        When CUDA is asked for and there is none.
    """
    check_folds(data, folds, nested=nested)
    plan = left_out_folds(folds, nested=nested)
    trainer = _Trainer(
        data, settings, seed, plan, device=choose_device(device), diversity=diversity
    )
    if checkpoint:
        trainer.keep_states(checkpoint, members)
    # members with data of their own cannot share a stack
    alike = diversity.resampling == "seeds"
    size = MEMBERS_AT_ONCE[trainer.values.device.type] if alike else 1
    stacks = [tuple(members[start : start + size]) for start in range(0, len(members), size)]
    shown = _Progress(progress, stacks, settings.steps)
    with stack_threads(trainer.values.device) as threads:
        packs = list(threads.map(trainer.train, stacks, map(shown.of, stacks)))
    if checkpoint:
        checkpoint.clear()
    tables = ("out_of_fold", "inner", "permuted", "history")
    joined = [[getattr(pack, name) for pack in packs] for name in tables]
    return Pack(
        {member: bundle for pack in packs for member, bundle in pack.bundles.items()},
        *(pd.concat(parts, ignore_index=True) for parts in joined),
    )


class _Trainer:
    """What all stacks of a run share."""

    def __init__(
        self,
        data: TrainingData,
        settings: VaeSettings,
        seed: int,
        plan: Sequence[tuple[int, ...]],
        *,
        device: torch.device,
        diversity: Diversity,
    ) -> None:
        self._data, self._settings, self._seed, self._plan = data, settings, seed, plan
        self._diversity = diversity
        self._transform = EvidenceTransform.fit(
            data.features,
            data.bands,
            weights=data.weights,
            rows=np.stack([Fit(0, left_out).sees(data.folds) for left_out in plan]),
        ).to(device)
        ordered = np.ascontiguousarray(data.features[:, self._transform.order])
        self.values = torch.from_numpy(ordered).to(device)
        self._sample = CalibrationSample.draw(data, seed)
        self._digest = data.digest()
        self._states: StackCheckpoints | None = None

    def keep_states(self, checkpoint: Checkpoint, members: Sequence[int]) -> None:
        """Keep the states of all stacks, and go on from those of a training that was cut off."""
        fits = [Fit(member, left_out) for member in members for left_out in self._plan]
        what = f"{self._digest} {self._diversity}"
        key = training_key(what, self._settings, self._seed, fits)
        self._states = StackCheckpoints(checkpoint, key)

    def train(self, members: Sequence[int], report: Callable[[StepReport], None]) -> Pack:
        """Train one stack: the fits of one member after those of another."""
        fits = [Fit(member, left_out) for member in members for left_out in self._plan]
        places = [self._plan.index(fit.left_out) for fit in fits]
        sample = self._diversity.sample(self._data, members[0], self._seed)
        network, history = train_stack(
            sample,
            fits,
            self.values,
            transform=self._transform.take(places),
            settings=self._settings,
            seed=self._seed,
            report=report,
            checkpoint=self._states,
            key=f"members_{members[0]:03d}_{members[-1]:03d}",
        )
        transforms = {
            left_out: self._transform.take([place]) for place, left_out in enumerate(self._plan)
        }
        heads = [
            self._head(sample, fit, transforms[fit.left_out], network.take([number]))
            for number, fit in enumerate(fits)
        ]
        trained = TrainedFits(fits, transforms, network, heads)
        return Pack(
            {member: self._bundle(trained, member, history) for member in members},
            out_of_fold_table(trained, self._data, self.values),
            inner_table(trained, self._data, self.values, self._sample),
            permuted_table(trained, self._data, self.values, self._sample, self._seed),
            history,
        )

    def _head(
        self, data: TrainingData, fit: Fit, transform: EvidenceTransform, network: StackedVae
    ) -> GaussianProcessHead:
        head, active = fit_head(
            data,
            fit,
            self.values,
            transform=transform,
            network=network,
            settings=self._settings,
            seed=self._seed,
        )
        if active == 0:
            where = f" (fit {fit.name!r})" if fit.left_out else ""
            msg = (
                f"member_{fit.member:03d}: the latent space collapsed{where} (0 of "
                f"{self._settings.latent} units active). {_remedy(self._settings)}"
            )
            raise TrainingError(msg)
        return head

    def _bundle(self, trained: TrainedFits, member: int, history: pd.DataFrame) -> MemberBundle:
        number = trained.fits.index(Fit(member))
        full = history[(history["member"] == member) & (history["fit"] == Fit(member).name)]
        return MemberBundle.of(
            Stack(trained.transforms[()], trained.network.take([number]), trained.heads[number]),
            member=member,
            seed=self._seed,
            settings=self._settings,
            data_digest=self._digest,
            history=full.drop(columns=["member", "fit"]),
        )


def _remedy(settings: VaeSettings) -> str:
    """Name the KL weight that weighs more; where neither weighs much, it was too long a step.

    Units that wake late look collapsed after too few steps, too.
    """
    beta, beside = settings.beta, settings.reconstruction_weight * settings.beta_reconstruction
    name = "beta" if beta >= beside else "beta_reconstruction"
    if max(beta, beside) < HARMLESS_KL_WEIGHT:
        name = "learning_rate"
    return (
        f"Lower model.{name} (now {getattr(settings, name)}), or raise model.steps "
        f"(now {settings.steps})"
    )


class _Progress:
    """Adds up the steps of stacks that are trained side by side."""

    def __init__(
        self,
        progress: Callable[[TrainingProgress], None] | None,
        stacks: Sequence[tuple[int, ...]],
        steps: int,
    ) -> None:
        self._progress, self._steps = progress, len(stacks) * steps
        self._done = dict.fromkeys(stacks, 0)
        self._one_at_a_time = Lock()

    def of(self, members: tuple[int, ...]) -> Callable[[StepReport], None]:
        """Return what a stack reports to."""
        return partial(self._report, members)

    def _report(self, members: tuple[int, ...], report: StepReport) -> None:
        if self._progress is None:
            return
        with self._one_at_a_time:
            self._done[members] = report.step
            done = sum(self._done.values())
            self._progress(TrainingProgress(done, self._steps, members, *report[1:]))
