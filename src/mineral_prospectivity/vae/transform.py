"""From evidence in physical units to what the networks read, fitted on one fit's own cells."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from mineral_prospectivity.vae.quantiles import (
    KNOTS,
    WeightedSample,
    linear_table,
    normal_score_table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from mineral_prospectivity.geo.bands import Band

EMBEDDING = (-1.8, -1.0, -0.35, 0.35, 1.0, 1.8)
"""Scores between which the embedding is linear: six knots, five channels."""


ADDITIVE_LIMIT = 3.0
"""Scores are clipped here in additive terms: a value beyond any seen in training must not
extrapolate along a straight line, however far its score goes."""


class Scores(NamedTuple):
    """Transformed evidence of a batch; bands in the order of ``EvidenceTransform.order``."""

    targets: Tensor
    """What the decoder reconstructs, shape ``(fits, rows, bands)``; 0 where missing."""
    raw: Tensor
    """Log-squashed robust values, shape ``(fits, rows, continuous bands)``; 0 where missing."""
    present: Tensor
    """1 where the band has a value, else 0, shape ``(fits, rows, bands)``."""


@dataclass(frozen=True, eq=False)
class EvidenceTransform:
    """Transforms of one or several fits, stacked along the first axis of every tensor.

    A *continuous* band gives its normal score, its log-squashed robust value and a
    piecewise-linear embedding of the score [1]_; a *fraction* is taken as it is. The score is
    linear between knots and **continues beyond the extremes**, with the slope of the table's end
    and then as the logarithm of the distance: an anomaly larger than any seen in training stays
    larger, and one a thousand times larger does not drown all else. Missing values read as the
    median of the fit, and one
    channel a layer tells which share of its bands is missing. A continuous band that is constant
    in the cells of a fit, or missing in all of them, tells that fit nothing: its score and its
    robust value are 0 everywhere. A class that the fit never saw keeps its share: cells of such
    rocks are novel, and little is known of them.

    Parameters
    ----------
    bands
        What the columns of the evidence are.
    knots, scores
        Values and scores of the tables, shape ``(fits, continuous bands, KNOTS)``.
    slopes
        Slope below each knot and above the last, ``(fits, continuous bands, KNOTS + 1)``.
    centre, scale
        Median, and spread of the continuous bands (1 for fractions, infinite for a band without
        one), shape ``(fits, bands)``, continuous bands first.

    References
    ----------
    .. [1] Gorishniy, Rubachev, Babenko (2022), On embeddings for numerical features in tabular
       deep learning, NeurIPS 35.
    """

    bands: tuple[Band, ...]
    knots: Tensor
    scores: Tensor
    slopes: Tensor
    centre: Tensor
    scale: Tensor

    @classmethod
    def fit(
        cls,
        features: NDArray[np.float32],
        bands: Sequence[Band],
        *,
        weights: NDArray[np.float64],
        rows: NDArray[np.bool_],
        own: Mapping[int, NDArray[np.float32]] | None = None,
    ) -> EvidenceTransform:
        """Fit one transform to each selection of rows.

        Parameters
        ----------
        features
            Evidence, shape ``(cells, bands)``; NaN is missing.
        bands
            What the columns are.
        weights
            Cells of the map that a row stands for, shape ``(cells,)``.
        rows
            Which cells each fit may see, shape ``(fits, cells)``.
        own
            Columns whose values differ from fit to fit, shape ``(fits, cells)`` each.
        """
        order = _continuous_first(bands)
        count = sum(band.kind == "continuous" for band in bands)
        knots, scores = np.zeros((2, len(rows), count, KNOTS), np.float32)
        slopes = np.zeros((len(rows), count, KNOTS + 1), np.float32)
        centre, scale = np.zeros((2, len(rows), len(bands)), np.float32)
        for position, column in enumerate(order):
            table = linear_table if bands[column].transform == "robust" else normal_score_table
            values = (own or {}).get(column, features[:, column])
            for fit, sample in enumerate(_samples(values, weights, rows)):
                if position < count:
                    knots[fit, position], scores[fit, position], slopes[fit, position] = table(
                        sample
                    )
                centre[fit, position], scale[fit, position] = _moments(sample, bands[column])
        arrays = (knots, scores, slopes, centre, scale)
        return cls(tuple(bands), *(torch.from_numpy(array) for array in arrays))

    @property
    def order(self) -> list[int]:
        """Columns of the evidence, continuous bands first."""
        return _continuous_first(self.bands)

    @property
    def layers(self) -> list[int]:
        """Number of the layer that each band (continuous first) comes from."""
        names = [self.bands[column].layer or self.bands[column].name for column in self.order]
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        return [numbers[name] for name in names]

    @property
    def width(self) -> int:
        """Input channels of the encoder."""
        continuous = self.knots.shape[1]
        return continuous * len(EMBEDDING) + len(self.bands) + len(set(self.layers))

    def tensors(self) -> dict[str, Tensor]:
        """Return the tensors by name."""
        names = [field.name for field in fields(self) if field.name != "bands"]
        return {name: getattr(self, name) for name in names}

    def take(self, fits: Sequence[int]) -> EvidenceTransform:
        """Return the transforms of the given fits, in that order, repeats allowed."""
        index = torch.as_tensor(fits, device=self.knots.device)
        return self._map(lambda tensor: tensor[index])

    def to(self, device: torch.device) -> EvidenceTransform:
        """Return the transforms on another device."""
        return self._map(lambda tensor: tensor.to(device))

    def read(self, values: Tensor) -> Scores:
        """Transform evidence, shape ``(fits, rows, bands)`` in the order of :attr:`order`."""
        continuous = self.knots.shape[1]
        present = ~values.isnan()
        values = torch.where(present, values, self.centre.unsqueeze(1))
        standard = (values - self.centre.unsqueeze(1)) / self.scale.unsqueeze(1)
        raw = standard[..., :continuous]
        scores = self._look_up(values[..., :continuous].transpose(1, 2).contiguous())
        seen = present.to(values.dtype)
        targets = torch.cat([scores.transpose(1, 2), standard[..., continuous:]], dim=2) * seen
        return Scores(targets, _squash(raw), seen)

    def channels(self, scores: Scores, kept: Tensor | None = None) -> Tensor:
        """Return the encoder's input, shape ``(fits, rows, width)``.

        Parameters
        ----------
        scores
            Transformed evidence.
        kept
            0 for layers that are hidden, else 1, shape ``(fits, rows, layers)``. A hidden layer
            reads exactly as a missing one, so that feature dropout also teaches the encoder to
            do without a layer.
        """
        layers = torch.as_tensor(self.layers, device=scores.present.device)
        used = scores.present if kept is None else scores.present * kept[..., layers]
        continuous = self.knots.shape[1]
        targets = scores.targets * used
        raw = scores.raw * used[..., :continuous]
        embedded = _embed(targets[..., :continuous])
        return torch.cat([targets, raw, embedded, self._missing(used)], dim=2)

    def additive(self, channels: Tensor) -> Tensor:
        """Return the channels that an additive model of the evidence is linear in.

        Score and embedding of every band, all bounded and 0 where missing.

        Parameters
        ----------
        channels
            From :meth:`channels`, shape ``(fits, rows, width)``.
        """
        continuous, bands = self.knots.shape[1], len(self.bands)
        sizes = [bands, continuous, self.width - bands - continuous - len(set(self.layers))]
        scores, _, embedded = torch.split(channels[..., : sum(sizes)], sizes, dim=2)
        return torch.cat([scores.clamp(-ADDITIVE_LIMIT, ADDITIVE_LIMIT), embedded], dim=2)

    @property
    def additive_layers(self) -> list[int]:
        """Number of the layer that each channel of :meth:`additive` comes from."""
        continuous = self.layers[: self.knots.shape[1]]
        steps = len(EMBEDDING) - 1
        return [*self.layers, *(layer for layer in continuous for _ in range(steps))]

    def _look_up(self, values: Tensor) -> Tensor:
        """Scores of values, both of shape ``(fits, continuous bands, rows)``."""
        segment = torch.searchsorted(self.knots, values)
        start = (segment - 1).clamp_(min=0)
        rise = (values - self.knots.gather(2, start)).mul_(self.slopes.gather(2, segment))
        beyond = (segment == 0) | (segment == KNOTS)
        return self.scores.gather(2, start) + torch.where(beyond, _squash(rise), rise)

    def _missing(self, used: Tensor) -> Tensor:
        members = torch.as_tensor(self.layers, device=used.device)
        one_hot = torch.nn.functional.one_hot(members).to(used.dtype)
        return 1 - used @ (one_hot / one_hot.sum(dim=0))

    def _map(self, change: Callable[[Tensor], Tensor]) -> EvidenceTransform:
        changed = {name: change(tensor) for name, tensor in self.tensors().items()}
        return EvidenceTransform(self.bands, **changed)


def _embed(scores: Tensor) -> Tensor:
    """Return how far each score has come between each two knots, less that of the median's 0."""
    knots = torch.tensor(EMBEDDING, device=scores.device)
    steps = knots.diff()
    ramp = (scores.unsqueeze(-1) / steps).sub_(knots[:-1] / steps).clamp_(0, 1)
    return ramp.sub_((-knots[:-1] / steps).clamp(0, 1)).flatten(2)


def _squash(values: Tensor) -> Tensor:
    """Return sign(x) ln(1 + |x|): the slope is 1 at 0."""
    return values.sign() * values.abs().log1p()


def _continuous_first(bands: Sequence[Band]) -> list[int]:
    return sorted(range(len(bands)), key=lambda column: bands[column].kind != "continuous")


def _samples(
    values: NDArray[np.float32], weights: NDArray[np.float64], rows: NDArray[np.bool_]
) -> list[WeightedSample]:
    """One sample of a band for each fit; a band that the fits share is sorted only once."""
    if values.ndim > 1:
        shared = zip(values, rows, strict=True)
        return [_samples(own, weights, seen[None])[0] for own, seen in shared]
    order = np.argsort(values, kind="stable")[: np.count_nonzero(~np.isnan(values))]
    ascending, mass, seen = values[order].astype(np.float64), weights[order], rows[:, order]
    return [WeightedSample.of(ascending[fit], mass[fit]) for fit in seen]


def _moments(sample: WeightedSample, band: Band) -> tuple[float, float]:
    centre = sample.quantile(0.5) if len(sample.values) else 0.0
    if band.kind == "fraction":
        return centre, 1.0
    return centre, (sample.spread() if len(sample.values) > 1 else 0.0) or np.inf
