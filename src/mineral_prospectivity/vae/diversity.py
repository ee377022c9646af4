"""In what the members of an ensemble differ, beside their seed: each learns from its own sample."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from mineral_prospectivity.errors import TrainingError
from mineral_prospectivity.geo.blocks import square_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from mineral_prospectivity.vae.data import TrainingData

Resampling = Literal["seeds", "clusters", "blocks", "background", "generated"]

BACKGROUND_A_POSITIVE = 20
"""Background cells that a member sees for each positive cell, where it sees a sample of them."""

NEIGHBOURS = 5
"""Positive cells of a fold between whose evidence and a positive cell's new evidence is drawn."""

_KEYS = {"clusters": 1, "blocks": 2, "background": 3, "generated": 4}


class Diversity(NamedTuple):
    """How the data of a member differ from those of the others.

    ``seeds``: not at all. ``clusters``: deposit clusters drawn with replacement. ``blocks``:
    square blocks of ground drawn with replacement, with all their cells. ``background``: all
    deposits, and a sample of the background that stands for all of it. ``generated``: the
    evidence of each positive cell is drawn anew, between its own and that of a positive cell like
    it, as SMOTE [1]_ draws its samples.

    Each is drawn **fold by fold**, from streams of the seed, the member and the fold: what a
    member sees of one fold never depends on another, so a fit knows nothing of the folds that it
    leaves out; and every fold keeps a positive cell.

    References
    ----------
    .. [1] Chawla, Bowyer, Hall, Kegelmeyer (2002), SMOTE: synthetic minority over-sampling
       technique, JAIR 16.
    """

    resampling: Resampling = "seeds"
    block_size: float | None = None
    """Side of a block, m; blocks need it."""

    def sample(self, data: TrainingData, member: int, seed: int) -> TrainingData:
        """Return the data as a member sees them.

        A cell that was not drawn keeps its evidence, without its label; one that was drawn twice
        weighs twice. Only ``generated`` changes evidence, and labels and weights it leaves alone.

        Raises
        ------
        TrainingError
            When blocks are wanted of data without places.
        """
        if self.resampling == "seeds":
            return data
        streams = self._streams(data, member, seed)
        if self.resampling == "generated":
            return _generated(data, streams)
        multiplicity = np.ones(len(data.labels))
        draw = self._draw(data)
        for rows, rng in streams:
            multiplicity[rows] = draw(rows, rng)
        drawn = multiplicity > 0
        return replace(
            data,
            weights=data.weights * np.where(drawn, multiplicity, 1.0),
            training=data.training & drawn,
        )

    def _streams(
        self, data: TrainingData, member: int, seed: int
    ) -> Iterator[tuple[NDArray[np.int64], np.random.Generator]]:
        """Yield the rows of each fold that may be learned from, with a stream of their own."""
        for fold in np.unique(data.folds):
            key = (member, int(fold), _KEYS[self.resampling])
            rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
            yield np.flatnonzero((data.folds == fold) & data.training), rng

    def _draw(self, data: TrainingData) -> Callable[..., NDArray[np.float64]]:
        if self.resampling == "clusters":
            return lambda rows, rng: _clusters(data, rows, rng)
        if self.resampling == "background":
            return lambda rows, rng: _background(data, rows, rng)
        if data.places is None or self.block_size is None:
            msg = "ensemble.diversity = 'blocks': the cells have no places, or blocks no size"
            raise TrainingError(msg)
        block = square_blocks(data.places, self.block_size)
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


def _generated(
    data: TrainingData, streams: Iterable[tuple[NDArray[np.int64], np.random.Generator]]
) -> TrainingData:
    """Draw the evidence of positive cells anew.

    Which cells are alike, the layers say: the density of known deposits would tell a fit of folds
    that it leaves out. It is drawn between the same two cells as the rest, fit by fit.
    """
    features = data.features.copy()
    densities = {name: values.copy() for name, values in data.densities.items()}
    layers = np.arange(features.shape[1]) != data.density_column
    for rows, rng in streams:
        positive = rows[data.labels[rows] == 1]
        if len(positive) > 1:
            drawn = _draw_neighbours(features[positive][:, layers], rng)
            for values in (features, *densities.values()):
                values[positive] = drawn.between(values[positive])
    return replace(data, features=features, densities=densities)


class _Neighbours(NamedTuple):
    """One of the nearest of each row, and how far towards it."""

    chosen: NDArray[np.intp]
    share: NDArray[np.float32]

    def between(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the points between rows, ``(rows, ...)``; what either lacks stays as it is."""
        share = self.share.reshape(-1, *[1] * (values.ndim - 1))
        drawn = values + share * (values[self.chosen] - values)
        between: NDArray[np.float32] = np.where(np.isnan(drawn), values, drawn)
        return between


def _draw_neighbours(values: NDArray[np.float32], rng: np.random.Generator) -> _Neighbours:
    """Draw one of the nearest of each row, ``(rows, bands)``."""
    high = np.nanmax(values, axis=0, initial=-np.inf)
    low = np.nanmin(values, axis=0, initial=np.inf)
    spread = np.where(high > low, high - low, np.inf)
    alike = np.nan_to_num((values - np.where(high > low, (high + low) / 2, 0)) / spread)
    distance = cdist(alike, alike)
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, : min(NEIGHBOURS, len(values) - 1)]
    chosen = nearest[np.arange(len(values)), rng.integers(nearest.shape[1], size=len(values))]
    return _Neighbours(chosen, rng.random(len(values), dtype=np.float32))
