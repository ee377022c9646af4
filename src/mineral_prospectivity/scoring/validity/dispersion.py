"""Whether blocks hold more or fewer deposits than p says, beyond chance."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.geo.blocks import square_blocks
from mineral_prospectivity.scoring.binning import group_sums
from mineral_prospectivity.scoring.null import drawn_positives, null_band
from mineral_prospectivity.scoring.sample import aligned, need_probability

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class BlockDispersion:
    """Dispersion of the residuals of blocks, beside what a right p would show.

    Parameters
    ----------
    value
        Mean over blocks of the squared sum of residuals divided by its variance under p; near 1
        for a right p with independent labels.
    null_low, null_high
        Central 95 % of the value under labels drawn from p itself.
    blocks
        Number of blocks.
    """

    value: float
    null_low: float
    null_high: float
    blocks: int

    @property
    def excessive(self) -> bool:
        """Whether blocks differ from p by more than chance."""
        return self.value > self.null_high

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {"excessive": self.excessive}


def block_dispersion(
    labels: ArrayLike,
    probability: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    *,
    block_size: float,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    seed: int = 0,
) -> BlockDispersion:
    """Return the dispersion of out-of-fold residuals over square blocks.

    Intervals of p speak of what the model knows it does not know. A layer that matters and is
    missing is not among that: it leaves whole blocks richer or poorer than p says. Deposits of one
    cluster tell one story, which no layer may show at the scale of a block: a cluster counts once,
    shared among its cells, and p is lowered by as much as there are fewer clusters than cells.

    Parameters
    ----------
    labels, probability, weights
        0/1, p in (0, 1) by fits that never saw the cell, and sampling weights, ``(cells,)``: the
        background may be sampled, and a row then stands for w cells that differ.
    x, y
        Cell centres, m.
    block_size
        Side of a block, m.
    clusters
        Deposit cluster of each deposit cell, ``(cells,)``; None makes every deposit cell its own.
    seed
        Seed of the labels drawn from p.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite or a weight is negative.
    UndefinedMetricError
        When no cell has any weight, or p is no probability.
    """
    own = np.arange(len(np.asarray(labels))) if clusters is None else clusters
    label, p, east, north, cluster, w = aligned(
        weights, labels=labels, probability=probability, x=x, y=y, clusters=own
    )
    need_probability(p)
    block = square_blocks(np.column_stack([east, north]), block_size)
    observed = w * _shared(label, cluster)
    p = p * (observed.sum() / (w @ label))
    expected, variance = group_sums(block, w * p), group_sums(block, w * p * (1 - p))

    def dispersion(positives: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return that of maps with so many positive cells in each block, ``(..., blocks)``."""
        return np.asarray(np.mean(np.square(positives - expected) / variance, axis=-1))

    low, high = null_band(dispersion(drawn_positives(p, w, block, seed)))
    value = float(dispersion(group_sums(block, observed)))
    return BlockDispersion(value, float(low), float(high), len(variance))


def _shared(labels: NDArray[np.float64], clusters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of its cluster that each deposit cell is, ``(cells,)``."""
    positive = labels == 1
    _, member, size = np.unique(clusters[positive], return_inverse=True, return_counts=True)
    shares = np.zeros_like(labels)
    shares[positive] = 1 / size[member]
    return shares
