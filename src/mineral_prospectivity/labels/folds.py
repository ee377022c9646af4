"""Spatial folds: square blocks of cells that are held out together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mineral_prospectivity.errors import DepositError
from mineral_prospectivity.geo.blocks import square_blocks

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

FEWEST_FOLDS = 3
"""Calibration leaves out two folds at a time, and needs a third."""

FEW_CLUSTERS = 3
"""Clusters in a fold below which its scores say little."""

LOPSIDED = 0.5
"""Share of the deposits above which one fold decides on the scores."""


def spatial_folds(
    grid: GeoBox,
    cells: NDArray[np.int64],
    cluster: NDArray[np.integer],
    *,
    count: int,
    block_size: float,
    seed: int,
) -> NDArray[np.int8]:
    """Return the fold of each cell, shape ``(cells,)``, values 0 to ``count - 1``.

    Random folds put neighbours of a held-out cell into training, and so measure how well a model
    interpolates (Roberts et al. 2017, doi:10.1111/ecog.02881). Here square blocks, anchored at
    the north-western corner of the grid, are held out whole; blocks that share a deposit
    cluster are held out together. Blocks with deposits are dealt first, largest first, to the
    fold that has least of clusters and positive cells; the others even out the number of cells.

    Parameters
    ----------
    grid
        Grid of the experiment.
    cells
        Flat indices of cells, any order.
    cluster
        Deposit cluster of each cell, -1 for background, shape ``(cells,)``.
    count
        Number of folds K.
    block_size
        Side of a block, m.
    seed
        Seed of the order in which equal blocks are dealt.

    Raises
    ------
    DepositError
        If there are fewer clusters, or groups of blocks with clusters, than folds; or if no
        cell is background.
    """
    block = _blocks(grid, cells, block_size)
    group = _merge(block, cluster)
    _require_enough(group, cluster, count, block_size)
    return _deal(group, cluster, count, np.random.default_rng(seed))[group]


def lopsided_folds(cells: pd.DataFrame) -> list[str]:
    """Return, in words, that one fold holds more than half of the deposits, where one does.

    Parameters
    ----------
    cells
        With ``deposits``, ``cluster`` and ``fold``, from :func:`make_cells`.
    """
    homes = cells[cells["deposits"] > 0]
    most, *others = sorted(homes.groupby("fold")["deposits"].sum().tolist(), reverse=True)
    total = most + sum(others)
    if most <= LOPSIDED * total:
        return []
    largest = homes.groupby("cluster")["deposits"].sum().max()
    return [
        f"folds: one fold holds {most} of the {total} deposits, the others "
        f"{', '.join(map(str, others))}: no cluster and no block is split between folds, and the "
        f"largest cluster holds {largest} deposits. So the held-out scores rest mostly on one "
        f"fit, made from {total - most} deposits. Lower labels.cluster_distance or "
        "folds.block_size; fewer folds only even out the others"
    ]


def thin_folds(cells: pd.DataFrame) -> list[str]:
    """Return, in words, that a fold holds very few deposit clusters, where one does.

    Parameters
    ----------
    cells
        With ``deposits``, ``cluster`` and ``fold``, from :func:`make_cells`.
    """
    clusters = cells[cells["deposits"] > 0].groupby("fold")["cluster"].nunique()
    fewest = int(clusters.min())
    if fewest >= FEW_CLUSTERS:
        return []
    fold = int(clusters.index.to_numpy()[clusters.to_numpy().argmin()]) + 1
    return [
        f"folds: fold {fold} holds only {fewest} of the deposit clusters; its scores say little. "
        f"Lower folds.count (now {len(clusters)}) or folds.block_size"
    ]


def _blocks(grid: GeoBox, cells: NDArray[np.int64], block_size: float) -> NDArray[np.int64]:
    """Return the block of each cell, numbered in reading order from the north-western corner."""
    row, col = np.divmod(cells, grid.shape.x)
    down, across = (row + 0.5) * abs(grid.resolution.y), (col + 0.5) * abs(grid.resolution.x)
    return square_blocks(np.column_stack([down, across]), block_size)


def _merge(block: NDArray[np.int64], cluster: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the group of each cell: blocks joined by the clusters that they share."""
    positive = cluster >= 0
    blocks = int(block.max(initial=-1)) + 1
    first, second = block[positive], blocks + cluster[positive].astype(np.int64)
    size = int(second.max(initial=blocks - 1)) + 1
    links = coo_array((np.ones(first.size, dtype=np.int8), (first, second)), shape=(size, size))
    component = connected_components(links, directed=False)[1][:blocks]
    return np.unique(component, return_inverse=True)[1][block]


def _require_enough(
    group: NDArray[np.int64], cluster: NDArray[np.integer], count: int, block_size: float
) -> None:
    positive = cluster >= 0
    if positive.all():
        msg = (
            f"labels: all {positive.size} cells are positive; a model needs background to "
            "compare with. Lower labels.buffer, or give smaller deposit polygons"
        )
        raise DepositError(msg)
    clusters = np.unique(cluster[positive]).size
    if clusters < count:
        msg = (
            f"deposits form {_plural(clusters, 'cluster')}, too few for {count} folds: every "
            f"fold needs one. {_remedy(clusters, 'labels.cluster_distance')}"
        )
        raise DepositError(msg)
    groups = np.unique(group[positive]).size
    if groups < count:
        msg = (
            f"the {clusters} deposit clusters lie in {_plural(groups, 'group')} of connected "
            f"blocks of {block_size:g} m, too few for {count} folds. "
            + _remedy(groups, "folds.block_size or labels.cluster_distance")
        )
        raise DepositError(msg)


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" + "s" * (number != 1)


def _remedy(possible: int, parameters: str) -> str:
    if possible < FEWEST_FOLDS:
        return f"Lower {parameters}, or add deposits"
    return f"Set folds.count to {possible} at most, or lower {parameters}"


def _deal(
    group: NDArray[np.int64], cluster: NDArray[np.integer], count: int, rng: np.random.Generator
) -> NDArray[np.int8]:
    """Return the fold of each group, shape ``(groups,)``."""
    positive = cluster >= 0
    groups = int(group.max()) + 1
    pairs = np.unique(np.stack([group[positive], cluster[positive]]), axis=1)
    clusters = np.bincount(pairs[0], minlength=groups)
    positives = np.bincount(group[positive], minlength=groups)
    sizes = np.bincount(group, minlength=groups)
    deposits = clusters / clusters.sum() + positives / positives.sum()

    fold = np.zeros(groups, dtype=np.int8)
    load, area = np.zeros(count), np.zeros(count)
    chance = rng.random(groups)
    for i in np.lexsort((chance, -sizes, -deposits)):
        measure = load if deposits[i] else area
        least = np.flatnonzero(measure == measure.min())
        k = least[np.argmin(area[least])]
        fold[i] = k
        load[k] += deposits[i]
        area[k] += sizes[i]
    return fold
