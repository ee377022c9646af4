"""In what the members of an ensemble differ, beside their seed: each learns from its own sample."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from mineral_prospectivity.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mineral_prospectivity.vae.data import TrainingData

Resampling = Literal["seeds", "clusters", "blocks", "background"]

BACKGROUND_A_POSITIVE = 20
"""Background cells that a member sees for each positive cell, where it sees a sample of them."""

_KEYS = {"clusters": 1, "blocks": 2, "background": 3}


class Diversity(NamedTuple):
    """How the data of a member differ from those of the others.

    ``seeds``: not at all. ``clusters``: deposit clusters drawn with replacement. ``blocks``:
    square blocks of ground drawn with replacement, with all their cells. ``background``: all
    deposits, and a sample of the background that stands for all of it.

    Each is drawn **fold by fold**, from streams of the seed, the member and the fold: what a
    member sees of one fold never depends on another, so a fit knows nothing of the folds that it
    leaves out; and every fold keeps a positive cell.
    """

    resampling: Resampling = "seeds"
    block_size: float | None = None
    """Side of a block, m; blocks need it."""

    def sample(self, data: TrainingData, member: int, seed: int) -> TrainingData:
        """Return the data as a member sees them.

        A cell that was not drawn keeps its evidence, without its label; one that was drawn twice
        weighs twice.

        Raises
        ------
        TrainingError
            When blocks are wanted of data without places.
        """
        if self.resampling == "seeds":
            return data
        multiplicity = np.ones(len(data.labels))
        draw = self._draw(data)
        for fold in np.unique(data.folds):
            rows = np.flatnonzero((data.folds == fold) & data.training)
            key = (member, int(fold), _KEYS[self.resampling])
            rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
            multiplicity[rows] = draw(rows, rng)
        drawn = multiplicity > 0
        return replace(
            data,
            weights=data.weights * np.where(drawn, multiplicity, 1.0),
            training=data.training & drawn,
        )

    def _draw(self, data: TrainingData) -> Callable[..., NDArray[np.float64]]:
        if self.resampling == "clusters":
            return lambda rows, rng: _clusters(data, rows, rng)
        if self.resampling == "background":
            return lambda rows, rng: _background(data, rows, rng)
        if data.places is None or self.block_size is None:
            msg = "ensemble.diversity = 'blocks': the cells have no places, or blocks no size"
            raise TrainingError(msg)
        corner = np.floor(data.places / self.block_size)
        _, block = np.unique(corner, axis=0, return_inverse=True)
        return lambda rows, rng: _blocks(data, rows, rng, block)


SEEDS = Diversity()
"""Members differ in their seed alone."""


def _resampled(units: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw as many units as there are, with replacement; how often each row's unit was drawn."""
    names, place = np.unique(units, return_inverse=True)
    count = rng.multinomial(len(names), np.full(len(names), 1 / len(names)))
    return count[place].astype(np.float64)


def _clusters(
    data: TrainingData, rows: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:
    multiplicity = np.ones(len(rows))
    positive = data.labels[rows] == 1
    of_positives = data.clusters[rows[positive]].astype(np.int64)
    alone = of_positives < 0  # each of these is a cluster of its own
    of_positives[alone] = -1 - np.arange(np.count_nonzero(alone))
    multiplicity[positive] = _resampled(of_positives, rng)
    return multiplicity


def _blocks(
    data: TrainingData,
    rows: NDArray[np.int64],
    rng: np.random.Generator,
    block: NDArray[np.int64],
) -> NDArray[np.float64]:
    positive = data.labels[rows] == 1
    while True:  # a fold has a block with deposits, so that most draws hold one
        multiplicity = _resampled(block[rows], rng)
        if multiplicity[positive].any() or not positive.any():
            return multiplicity


def _background(
    data: TrainingData, rows: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:
    positive = data.labels[rows] == 1
    background = np.flatnonzero(~positive)
    size = min(BACKGROUND_A_POSITIVE * int(positive.sum()), len(background))
    drawn = rng.choice(background, size, replace=False)
    weights = data.weights[rows]
    multiplicity: NDArray[np.float64] = positive.astype(np.float64)
    multiplicity[drawn] = weights[background].sum() / weights[drawn].sum()
    return multiplicity
