"""Train realisations: for every fit one autoencoder, and a classifier a member."""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import torch

from mineral_prospectivity.vae.batches import Fit
from mineral_prospectivity.vae.bundle import MemberBundle
from mineral_prospectivity.vae.conditional.autoencoder import train_autoencoder
from mineral_prospectivity.vae.conditional.classifiers import fit_classifiers
from mineral_prospectivity.vae.conditional.realisations import Realisations, antithetic_draws
from mineral_prospectivity.vae.cross_fitting import (
    CalibrationSample,
    check_folds,
    left_out_folds,
)
from mineral_prospectivity.vae.device import choose_device, stack_threads
from mineral_prospectivity.vae.held_out import inner_table, out_of_fold_table
from mineral_prospectivity.vae.permutation import permuted_table
from mineral_prospectivity.vae.train import Pack, TrainingProgress
from mineral_prospectivity.vae.transform import EvidenceTransform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mineral_prospectivity.vae.conditional.autoencoder import CalibratedDecoder
    from mineral_prospectivity.vae.conditional.classifiers import StackedClassifiers
    from mineral_prospectivity.vae.conditional.settings import CvaeSettings
    from mineral_prospectivity.vae.data import TrainingData

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
    check_folds(data, folds, nested=nested)
    plan = left_out_folds(folds, nested=nested)
    trainer = _Trainer(
        data, tuple(members), plan, settings, seed=seed, device=choose_device(device)
    )
    shown = _Progress(progress, tuple(members), len(plan))

    def train(left_out: tuple[int, ...]) -> _Part:
        part = trainer.train(left_out)
        shown.report(part.history)
        return part

    with stack_threads(trainer.values.device) as threads:
        parts = dict(zip(plan, threads.map(train, plan), strict=True))
    history = pd.concat([part.history for part in parts.values()], ignore_index=True)
    return Pack(
        trainer.bundles(parts[()]),
        _joined([part.held_out for fit, part in parts.items() if len(fit) == 1], ["member"]),
        _joined(
            [part.held_out for fit, part in parts.items() if len(fit) != 1], ["member", "outer"]
        ),
        _joined([part.permuted for fit, part in parts.items() if len(fit) == 1], ["member"]),
        history,
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
        self,
        data: TrainingData,
        members: tuple[int, ...],
        plan: Sequence[tuple[int, ...]],
        settings: CvaeSettings,
        *,
        seed: int,
        device: torch.device,
    ) -> None:
        self._data, self._members, self._plan = data, members, plan
        self._settings, self._seed = settings, seed
        self._transforms = EvidenceTransform.fit(
            data.features,
            data.bands,
            weights=data.weights,
            rows=np.stack([Fit(SHARED, left_out).sees(data.folds) for left_out in plan]),
        ).to(device)
        ordered = np.ascontiguousarray(data.features[:, self._transforms.order])
        self.values = torch.from_numpy(ordered).to(device)
        self._sample = CalibrationSample.draw(data, seed)

    def train(self, left_out: tuple[int, ...]) -> _Part:
        """Train the autoencoder of one fit and the classifiers of all members."""
        transform = self._transforms.take([self._plan.index(left_out)])
        fit = Fit(SHARED, left_out)
        with torch.no_grad():
            scores = transform.read(self.values.unsqueeze(0))
        trained = train_autoencoder(
            self._data, fit, scores, settings=self._settings, seed=self._seed
        )
        draws = antithetic_draws(
            self._settings.posterior_draws,
            self._settings.latent,
            fit.generator(self._seed, "posterior"),
        )
        realisations = Realisations(
            transform,
            trained.decoder,
            draws.to(self.values.device),
            self._classifiers(trained.decoder, left_out),
        )
        own = _Fits(list(self._members), {left_out: realisations})
        if len(left_out) == 1:
            held_out = out_of_fold_table(own, self._data, self.values)
        else:
            held_out = inner_table(own, self._data, self.values, self._sample)
        permuted = pd.DataFrame()
        if len(left_out) == 1:
            permuted = permuted_table(own, self._data, self.values, self._sample, self._seed)
        history = trained.history
        history.insert(1, "fit", fit.name)
        return _Part(realisations, held_out, permuted, history)

    def _classifiers(
        self, decoder: CalibratedDecoder, left_out: tuple[int, ...]
    ) -> StackedClassifiers:
        """Fit the classifiers to balanced generated data, and correct them to the prevalence."""
        rows = 2 * self._settings.generated
        classes = (torch.arange(rows, device=self.values.device) % 2).float()
        fits = [Fit(member, left_out) for member in self._members]
        generated = [
            decoder.generate(classes, fit.generator(self._seed, "generated")) for fit in fits
        ]
        classifiers = fit_classifiers(
            torch.stack(generated),
            classes,
            [fit.generator(self._seed, "classifier") for fit in fits],
            self._settings,
        )
        classifiers.shift(prior_logit(self._data, fits[0]))
        return classifiers

    def bundles(self, full: _Part) -> dict[int, MemberBundle]:
        """Return the full fit of each member."""
        digest = self._data.digest()
        return {
            member: MemberBundle.of(
                full.realisations.take(number),
                member=member,
                seed=self._seed,
                settings=self._settings,
                data_digest=digest,
                history=full.history.drop(columns="fit"),
            )
            for number, member in enumerate(self._members)
        }


def prior_logit(data: TrainingData, fit: Fit) -> float:
    """Return the log-odds of a deposit among the cells of known class that a fit sees.

    Added to the logit of a classifier of balanced classes, it gives that of the natural
    prevalence, by Bayes' theorem exactly.
    """
    seen = fit.sees(data.folds)
    positives, background = (
        data.weights[seen & own].sum() for own in (data.positive, data.background)
    )
    return math.log(positives / background)


def _joined(tables: Sequence[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    return pd.concat(tables).sort_values([*keys, "cell"], ignore_index=True)


class _Progress:
    """Counts the fits that are trained, side by side."""

    def __init__(
        self,
        progress: Callable[[TrainingProgress], None] | None,
        members: tuple[int, ...],
        fits: int,
    ) -> None:
        self._progress, self._members, self._fits = progress, members, fits
        self._done = 0
        self._one_at_a_time = Lock()

    def report(self, history: pd.DataFrame) -> None:
        """Tell of a fit that is done."""
        if self._progress is None:
            return
        last = history.iloc[-1]
        with self._one_at_a_time:
            self._done += 1
            self._progress(
                TrainingProgress(
                    self._done, self._fits, self._members,
                    last["loss"], last["kl"], last["active_units"],
                )
            )  # fmt: skip
