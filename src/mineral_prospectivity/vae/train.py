"""Train members: every fit that honest maps, scores and calibration need, stacked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from mineral_prospectivity.errors import TrainingError
from mineral_prospectivity.vae.batches import Fit
from mineral_prospectivity.vae.bundle import MemberBundle
from mineral_prospectivity.vae.checkpoint import StackCheckpoints, training_key
from mineral_prospectivity.vae.context import choose_context
from mineral_prospectivity.vae.descent import train_stack
from mineral_prospectivity.vae.device import stack_threads
from mineral_prospectivity.vae.diversity import SEEDS
from mineral_prospectivity.vae.head_fit import fit_head
from mineral_prospectivity.vae.held_out import TrainedFits, inner_table, out_of_fold_table
from mineral_prospectivity.vae.pack import Pack
from mineral_prospectivity.vae.permutation import permuted_table
from mineral_prospectivity.vae.prepared import PreparedData
from mineral_prospectivity.vae.progress import ProgressSum
from mineral_prospectivity.vae.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mineral_prospectivity.vae.checkpoint import Checkpoint
    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.diversity import Diversity
    from mineral_prospectivity.vae.evidence import FitEvidence
    from mineral_prospectivity.vae.head import GaussianProcessHead
    from mineral_prospectivity.vae.networks import StackedVae
    from mineral_prospectivity.vae.progress import StepReport, TrainingProgress
    from mineral_prospectivity.vae.settings import VaeSettings

MEMBERS_AT_ONCE = {"cpu": 1, "cuda": 32}
"""Members in one stack: on a CPU the fits of one fill the cache, a GPU wants many."""

HARMLESS_KL_WEIGHT = 0.05
"""A KL weight below this does not collapse a latent space."""


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

    Where there are bands of the context of cells, a member is trained without and with them, and
    :func:`~mineral_prospectivity.vae.context.choose_context` chooses.

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
        Also train the K (K - 1) / 2 fits without two folds, on which calibration rests, and the
        choice of the context; without them all bands are read.
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
    readings = [
        PreparedData.prepare(own, seed=seed, folds=folds, nested=nested, device=device)
        for own in (data.readings() if nested else (data,))
    ]
    trainers = [_Trainer(prepared, settings, diversity) for prepared in readings]
    if checkpoint:
        what = f"{data.digest()} {diversity}"
        key = training_key(what, settings, seed, trainers[0].fits(members))
        states = StackCheckpoints(checkpoint, key)
        trainers = [replace(trainer, states=states) for trainer in trainers]
    # members with data of their own cannot share a stack
    alike = diversity.resampling == "seeds"
    size = MEMBERS_AT_ONCE[readings[0].device.type] if alike else 1
    stacks = [tuple(members[start : start + size]) for start in range(0, len(members), size)]
    work = [(trainer, stack) for stack in stacks for trainer in trainers]
    shown = ProgressSum(progress, len(work) * settings.steps)

    def train(trainer: _Trainer, stack: tuple[int, ...]) -> Pack:
        return trainer.train(stack, partial(shown.report, (trainer.name, stack), stack))

    with stack_threads(readings[0].device) as threads:
        packs = list(threads.map(train, *zip(*work, strict=True)))
    if checkpoint:
        checkpoint.clear()
    plain, *wider = [_joined(packs[at :: len(trainers)]) for at in range(len(trainers))]
    return choose_context(plain, wider[0], data) if wider else plain


@dataclass(frozen=True, eq=False)
class _Trainer:
    """What all stacks share that read the same bands, and where they keep their states."""

    prepared: PreparedData
    settings: VaeSettings
    diversity: Diversity
    states: StackCheckpoints | None = None

    @property
    def name(self) -> str:
        """How many bands are read."""
        return f"bands_{len(self.prepared.data.bands)}"

    def train(self, members: Sequence[int], report: Callable[[StepReport], None]) -> Pack:
        """Train one stack: the fits of one member after those of another."""
        prepared, fits = self.prepared, self.fits(members)
        sample = self.diversity.sample(prepared.data, members[0], prepared.seed)
        own = prepared.learning_from(sample)
        network, history = train_stack(
            sample,
            fits,
            own.fit_evidence(*(fit.left_out for fit in fits)),
            transform=prepared.transform(*(fit.left_out for fit in fits)),
            settings=self.settings,
            seed=prepared.seed,
            report=report,
            checkpoint=self.states,
            key=f"{self.name}_members_{members[0]:03d}_{members[-1]:03d}",
        )
        heads = [
            self._head(sample, fit, own.fit_evidence(fit.left_out), network.take([number]))
            for number, fit in enumerate(fits)
        ]
        trained = TrainedFits(prepared, fits, network, heads)
        return Pack(
            {member: self._bundle(trained, member, history) for member in members},
            out_of_fold_table(trained, prepared),
            inner_table(trained, prepared),
            permuted_table(trained, prepared),
            history,
        )

    def fits(self, members: Sequence[int]) -> list[Fit]:
        """Return the fits of members: what each may see."""
        return [Fit(member, left_out) for member in members for left_out in self.prepared.plan]

    def _head(
        self, sample: TrainingData, fit: Fit, evidence: FitEvidence, network: StackedVae
    ) -> GaussianProcessHead:
        data = self.prepared.data  # of a sample, what was not drawn is no exclusion zone
        head, active = fit_head(
            sample,
            fit,
            evidence,
            transform=self.prepared.transform(fit.left_out),
            network=network,
            settings=self.settings,
            seed=self.prepared.seed,
            stands_for=data.background_stands_for(fit.sees(data.folds)),
        )
        if active == 0:
            where = f" (fit {fit.name!r})" if fit.left_out else ""
            msg = (
                f"member_{fit.member:03d}: the latent space collapsed{where} (0 of "
                f"{self.settings.latent} units active). {_remedy(self.settings)}"
            )
            raise TrainingError(msg)
        return head

    def _bundle(self, trained: TrainedFits, member: int, history: pd.DataFrame) -> MemberBundle:
        number = trained.fits.index(Fit(member))
        full = history[(history["member"] == member) & (history["fit"] == Fit(member).name)]
        return MemberBundle.of(
            Stack(
                self.prepared.transform(()), trained.network.take([number]), trained.heads[number]
            ),
            member=member,
            seed=self.prepared.seed,
            settings=self.settings,
            data_digest=self.prepared.digest,
            history=full.drop(columns=["member", "fit"]),
            diversity=self.diversity.resampling,
        )


def _joined(packs: Sequence[Pack]) -> Pack:
    tables = ("out_of_fold", "inner", "permuted", "history")
    return Pack(
        {member: bundle for pack in packs for member, bundle in pack.bundles.items()},
        *(pd.concat([getattr(pack, name) for pack in packs], ignore_index=True) for name in tables),
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
