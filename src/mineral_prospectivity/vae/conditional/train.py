"""Train realisations: for every fit one autoencoder, and a classifier a member."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import torch

from mineral_prospectivity.vae.batches import Fit
from mineral_prospectivity.vae.bundle import MemberBundle
from mineral_prospectivity.vae.conditional.autoencoder import train_autoencoder
from mineral_prospectivity.vae.conditional.classifiers import fit_classifiers
from mineral_prospectivity.vae.conditional.realisations import Realisations, antithetic_draws
from mineral_prospectivity.vae.device import stack_threads
from mineral_prospectivity.vae.held_out import inner_table, joined, out_of_fold_table
from mineral_prospectivity.vae.pack import Pack
from mineral_prospectivity.vae.permutation import permuted_table
from mineral_prospectivity.vae.prepared import PreparedData
from mineral_prospectivity.vae.progress import ProgressSum, StepReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mineral_prospectivity.vae.conditional.autoencoder import CalibratedDecoder
    from mineral_prospectivity.vae.conditional.classifiers import StackedClassifiers
    from mineral_prospectivity.vae.conditional.settings import CvaeSettings
    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.progress import TrainingProgress

SHARED = 0
"""The autoencoder draws from the streams of this member, whatever members are trained."""


def fit_realisations(
    data: TrainingData,
    members: Sequence[int],
    *,
    settings: CvaeSettings,
    seed: int,
    folds: int,
    device: str = "auto",
    nested: bool = True,
    progress: Callable[[TrainingProgress], None] | None = None,
) -> Pack:
    """Train one conditional autoencoder a fit, and on its generated data a classifier a member.

    The autoencoder depends on the data, the settings and the seed alone, and a member on its own
    number besides: it is the same whatever other members it is trained with, up to rounding.

    Parameters
    ----------
    data, members, seed, folds, device, nested, progress
        As for :func:`~mineral_prospectivity.vae.train.fit_members`.
    settings
        The autoencoder, the generated data and the classifiers.

    Returns
    -------
    Pack
        Its history is that of the autoencoders: ``step, fit, loss, reconstruction, kl,
        active_units``.

    Raises
    ------
    TrainingError
        When a fold cannot be scored, a loss is not finite, or a latent space collapses.
    ConfigurationError
        When CUDA is asked for and there is none.
    """
    prepared = PreparedData.prepare(data, seed=seed, folds=folds, nested=nested, device=device)
    trainer = _Trainer(prepared, tuple(members), settings)
    shown = ProgressSum(progress, len(prepared.plan))

    def train(left_out: tuple[int, ...]) -> _Part:
        part = trainer.train(left_out)
        last = part.history.iloc[-1]
        now = StepReport(1, last["loss"], last["kl"], last["active_units"])
        shown.report(left_out, tuple(members), now)
        return part

    with stack_threads(prepared.device) as threads:
        parts = dict(zip(prepared.plan, threads.map(train, prepared.plan), strict=True))
    singles = [part for left_out, part in parts.items() if len(left_out) == 1]
    others = [part for left_out, part in parts.items() if len(left_out) != 1]
    return Pack(
        trainer.bundles(parts[()]),
        joined([part.held_out for part in singles], "member", "cell"),
        joined([part.held_out for part in others], "member", "outer", "cell"),
        joined([part.permuted for part in singles], "member", "cell"),
        pd.concat([part.history for part in parts.values()], ignore_index=True),
    )


class _Part(NamedTuple):
    """One fit of all members: the realisations, and what they say of cells they never saw."""

    realisations: Realisations
    held_out: pd.DataFrame
    permuted: pd.DataFrame
    history: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Fits:
    """The realisations by the folds that they left out, for the tables of held-out predictions."""

    members: list[int]
    fits: dict[tuple[int, ...], Realisations]

    @property
    def plan(self) -> list[tuple[int, ...]]:
        return list(self.fits)

    def without(self, left_out: tuple[int, ...]) -> Realisations:
        return self.fits[left_out]


class _Trainer:
    """What all fits of a run share."""

    def __init__(
        self, prepared: PreparedData, members: tuple[int, ...], settings: CvaeSettings
    ) -> None:
        self._prepared, self._members, self._settings = prepared, members, settings

    def train(self, left_out: tuple[int, ...]) -> _Part:
        """Train the autoencoder of one fit and the classifiers of all members."""
        prepared, settings, fit = self._prepared, self._settings, Fit(SHARED, left_out)
        transform = prepared.transform(left_out)
        with torch.no_grad():
            scores = transform.read(prepared.fit_evidence(left_out).whole())
        trained = train_autoencoder(
            prepared.data, fit, scores, settings=settings, seed=prepared.seed
        )
        stream = fit.generator(prepared.seed, "posterior")
        draws = antithetic_draws(settings.posterior_draws, settings.latent, stream)
        realisations = Realisations(
            transform,
            trained.decoder,
            draws.to(prepared.device),
            self._classifiers(trained.decoder, left_out),
        )
        own = _Fits(list(self._members), {left_out: realisations})
        single = len(left_out) == 1
        held_out = out_of_fold_table(own, prepared) if single else inner_table(own, prepared)
        permuted = permuted_table(own, prepared) if single else pd.DataFrame()
        trained.history.insert(1, "fit", fit.name)
        return _Part(realisations, held_out, permuted, trained.history)

    def _classifiers(
        self, decoder: CalibratedDecoder, left_out: tuple[int, ...]
    ) -> StackedClassifiers:
        """Fit the classifiers to balanced generated data, and correct them to the prevalence."""
        rows = 2 * self._settings.generated
        classes = (torch.arange(rows, device=self._prepared.device) % 2).float()
        seed = self._prepared.seed
        fits = [Fit(member, left_out) for member in self._members]
        generated = [decoder.generate(classes, fit.generator(seed, "generated")) for fit in fits]
        classifiers = fit_classifiers(
            torch.stack(generated),
            classes,
            [fit.generator(seed, "classifier") for fit in fits],
            self._settings,
        )
        classifiers.shift(prior_logit(self._prepared.data, fits[0]))
        return classifiers

    def bundles(self, full: _Part) -> dict[int, MemberBundle]:
        """Return the full fit of each member."""
        return {
            member: MemberBundle.of(
                full.realisations.take(number),
                member=member,
                seed=self._prepared.seed,
                settings=self._settings,
                data_digest=self._prepared.digest,
                history=full.history.drop(columns="fit"),
            )
            for number, member in enumerate(self._members)
        }


def prior_logit(data: TrainingData, fit: Fit) -> float:
    """Return the log-odds of a deposit among the cells that a fit sees, exclusion zone included.

    Added to the logit of a classifier of balanced classes, it gives that of the natural
    prevalence, by Bayes' theorem exactly.
    """
    seen = fit.sees(data.folds)
    positives, unlabelled = (
        data.weights[seen & own].sum() for own in (data.positive, data.labels == 0)
    )
    return math.log(positives / unlabelled)
