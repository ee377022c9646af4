"""Random draws of training, from streams that belong to one fit each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.settings import VaeSettings

BLOCK = 16
"""Steps drawn at once."""

STREAMS = (
    "weights", "rows", "dropout", "noise", "head", "generated", "classifier", "posterior"
)  # fmt: skip


class Batch(NamedTuple):
    """What one step of every fit draws."""

    rows: Tensor
    """Rows of the data, positives first, shape ``(fits, rows)``."""
    kept: Tensor
    """1 for a layer that the encoder sees, else 0, shape ``(fits, rows, layers)``."""
    noise: Tensor
    """Standard normal draws, shape ``(fits, rows, latent)``."""


@dataclass(frozen=True)
class Fit:
    """One fit of a member: which folds it never sees."""

    member: int
    left_out: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """``full``, ``without_2`` or ``without_1_3``."""
        return "_".join(["without", *map(str, self.left_out)]) if self.left_out else "full"

    def generator(self, seed: int, stream: str) -> np.random.Generator:
        """Return one of the fit's own random streams.

        They depend on the seed, the member and the folds left out, and on nothing else: a fit
        draws the same numbers whatever it is stacked with.
        """
        folds = sum(1 << fold for fold in self.left_out)
        key = (self.member, folds, STREAMS.index(stream))
        return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))

    def sees(self, folds: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Return which cells the fit may use, in any way."""
        return ~np.isin(folds, self.left_out)


class BatchStream:
    """Endless batches for a stack of fits.

    A batch holds a share of positive cells, and cells as they come on the map (labelled or not),
    drawn in proportion to what they stand for.
    """

    def __init__(
        self,
        data: TrainingData,
        fits: Sequence[Fit],
        settings: VaeSettings,
        *,
        layers: int,
        seed: int,
    ):
        self.positives = max(1, round(settings.positive_share * settings.batch_size))
        self._natural = settings.batch_size - self.positives
        self._layers = layers
        self._latent = settings.latent
        self._dropout = settings.feature_dropout
        self._draws = [_FitDraws(data, fit, seed) for fit in fits]

    def steps(self, count: int, device: torch.device) -> Iterator[Batch]:
        """Yield the batches of the given number of steps."""
        for start in range(0, count, BLOCK):
            blocks = [self._block(draws, min(BLOCK, count - start)) for draws in self._draws]
            stacked = (np.stack(arrays, axis=1) for arrays in zip(*blocks, strict=True))
            rows, kept, noise = (torch.from_numpy(array).to(device) for array in stacked)
            yield from (Batch(*parts) for parts in zip(rows, kept, noise, strict=True))

    def _block(self, draws: _FitDraws, steps: int) -> tuple[NDArray[np.generic], ...]:
        size = self.positives + self._natural
        rows = [draws.rows(self.positives, self._natural) for _ in range(steps)]
        hidden = draws.dropout.random((steps, size, self._layers), dtype=np.float32)
        noise = draws.noise.standard_normal((steps, size, self._latent), dtype=np.float32)
        return np.stack(rows), (hidden >= self._dropout).astype(np.float32), noise


class WeightedRows:
    """Rows to draw with replacement, as often as they weigh.

    Parameters
    ----------
    rows, weights
        Both of shape ``(rows,)``.
    """

    def __init__(self, rows: NDArray[np.int64], weights: NDArray[np.float64]):
        self._rows = rows
        self._mass = np.cumsum(weights)

    def draw(self, size: int, stream: np.random.Generator) -> NDArray[np.int64]:
        """Return some rows, shape ``(size,)``."""
        points = stream.random(size) * self._mass[-1]
        drawn: NDArray[np.int64] = self._rows[np.searchsorted(self._mass, points, side="right")]
        return drawn


class _FitDraws:
    """Rows that one fit may draw, and its streams."""

    def __init__(self, data: TrainingData, fit: Fit, seed: int):
        seen = fit.sees(data.folds)
        positives = np.flatnonzero(seen & data.positive)
        # a positive cell that a bootstrap drew twice is there twice
        self._positives = np.repeat(positives, data.weights[positives].round().astype(int))
        natural = np.flatnonzero(seen)
        self._natural = WeightedRows(natural, data.weights[natural])
        self._stream = fit.generator(seed, "rows")
        self.dropout = fit.generator(seed, "dropout")
        self.noise = fit.generator(seed, "noise")

    def rows(self, positives: int, natural: int) -> NDArray[np.int64]:
        chosen = self._stream.integers(len(self._positives), size=positives)
        others = self._natural.draw(natural, self._stream)
        return np.concatenate([self._positives[chosen], others])
