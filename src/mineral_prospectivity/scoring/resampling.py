"""What a bootstrap replicate draws: deposit clusters, and blocks of background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.geo.blocks import square_blocks
from mineral_prospectivity.scoring.sample import UndefinedMetricError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class ResamplingUnits:
    """The unit that each cell belongs to: clusters first, then the background.

    Parameters
    ----------
    unit
        Unit of each cell, ``(cells,)``; 0 to ``clusters - 1`` are deposit clusters.
    clusters
        Number of deposit clusters.
    blocks
        Number of background blocks; 1 is the whole background, which then stays as it is.
    """

    unit: NDArray[np.intp]
    clusters: int
    blocks: int

    @property
    def count(self) -> int:
        """Number of units."""
        return self.clusters + self.blocks

    def draw(self, replicates: int, seed: int) -> NDArray[np.float64]:
        """Return how often each unit is drawn in each replicate, ``(units, replicates)``.

        Clusters are drawn with replacement, as many as there are; so are blocks.
        """
        rng = np.random.default_rng(seed)
        drawn = [_multinomial(rng, self.clusters, replicates)]
        if self.blocks > 1:
            drawn.append(_multinomial(rng, self.blocks, replicates))
        else:
            drawn.append(np.ones((1, replicates)))
        return np.concatenate(drawn)


def resampling_units(
    labels: ArrayLike,
    clusters: ArrayLike,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    block_size: float | None = None,
) -> ResamplingUnits:
    """Return the units of the bootstrap.

    Deposits of one cluster share their geology, so a cluster is drawn as a whole. The background
    is not a sample: it is the rest of the map, counted in full. It stays fixed by default, and
    intervals then speak of other deposits in this region. With ``block_size`` square blocks of
    background are drawn too, and intervals speak of other ground as well: they are wider.

    Parameters
    ----------
    labels, clusters
        0/1 labels and id of the deposit cluster of the positive cells, ``(cells,)``.
    x, y
        Cell centres, m; needed for blocks.
    block_size
        Side of a background block, m; None keeps the background.

    Raises
    ------
    UndefinedMetricError
        When there are fewer than two clusters.
    ValueError
        When a deposit cell has no cluster, or blocks are asked for without coordinates.

    References
    ----------
    Davison and Hinkley 1997, Bootstrap methods and their application, ch. 3 and 8 (clusters and
    spatial blocks).
    """
    positive = np.asarray(labels) == 1
    ids = np.asarray(clusters)
    if (ids[positive] < 0).any():
        msg = f"{int((ids[positive] < 0).sum())} deposit cells have no cluster"
        raise ValueError(msg)
    names, cluster = np.unique(ids[positive], return_inverse=True)
    if len(names) < 2:  # noqa: PLR2004 - one cluster drawn again is no other sample
        msg = f"{len(names)} deposit clusters: a bootstrap needs at least 2"
        raise UndefinedMetricError(msg)
    unit = np.full(len(positive), len(names))
    unit[positive] = cluster
    blocks = 1
    if block_size is not None:
        if x is None or y is None:
            msg = "block_size needs the coordinates x and y"
            raise ValueError(msg)
        block = square_blocks(np.column_stack([x, y])[~positive], block_size)
        blocks = int(block.max(initial=-1)) + 1
        unit[~positive] += block
    return ResamplingUnits(unit, len(names), blocks)


def _multinomial(rng: np.random.Generator, units: int, replicates: int) -> NDArray[np.float64]:
    drawn = rng.multinomial(units, np.full(units, 1 / units), size=replicates)
    return drawn.T.astype(np.float64)
