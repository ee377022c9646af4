"""Spatial folds: what must hold for any deposits, and which impossible ones are refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mineral_prospectivity.errors import DepositError
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.labels import lopsided_folds, spatial_folds, thin_folds

GRID = make_grid("EPSG:32633", 100.0, (0, 0, 2000, 2000))
ALL = np.arange(400)
BLOCK = 400.0


def clusters_at(positives):
    cluster = np.full(400, -1)
    for cell, number in positives.items():
        cluster[cell] = number
    return cluster


positives = st.dictionaries(st.integers(0, 399), st.integers(0, 12), min_size=3, max_size=30)


def folds_of(cluster, cells=ALL, seed=0, count=3):
    try:
        return spatial_folds(GRID, cells, cluster, count=count, block_size=BLOCK, seed=seed)
    except DepositError:
        return assume(False)


@settings(max_examples=100, deadline=None)
@given(positives, st.integers(0, 5))
def test_no_cluster_or_block_straddles_folds_and_every_fold_has_positives(found, seed):
    cluster = clusters_at(found)
    fold = folds_of(cluster, seed=seed)
    for number in set(found.values()):
        assert np.unique(fold[cluster == number]).size == 1
    block = (ALL // 20 // 4) * 5 + ALL % 20 // 4
    for number in np.unique(block):
        assert np.unique(fold[block == number]).size == 1
    assert np.unique(fold[cluster >= 0]).tolist() == [0, 1, 2]


@settings(max_examples=50, deadline=None)
@given(positives, st.permutations(range(400)))
def test_the_order_of_the_cells_plays_no_part(found, order):
    cluster = clusters_at(found)
    fold = folds_of(cluster)
    np.testing.assert_array_equal(fold[order], folds_of(cluster[order], ALL[order]))


def test_folds_are_balanced_in_deposits_and_then_in_cells():
    rng = np.random.default_rng(0)
    grid = make_grid("EPSG:32633", 100.0, (0, 0, 20_000, 20_000))
    cells = np.arange(40_000)
    cluster = np.full(40_000, -1)
    cluster[rng.choice(40_000, 60, replace=False)] = np.arange(60)
    fold = spatial_folds(grid, cells, cluster, count=5, block_size=1000.0, seed=0)
    assert np.bincount(fold[cluster >= 0]).tolist() == [12] * 5
    assert np.bincount(fold).tolist() == [8000] * 5


def test_the_seed_decides():
    cluster = clusters_at({5: 0, 111: 1, 222: 2, 333: 3, 394: 4})
    folds = [folds_of(cluster, seed=seed).tobytes() for seed in (0, 0, 1)]
    assert folds[0] == folds[1] != folds[2]


def test_blocks_are_anchored_to_the_grid_whatever_cells_there_are():
    cluster = clusters_at({0: 0, 399: 1, 19: 2})
    some = np.flatnonzero((ALL % 20 > 1) | (cluster >= 0))
    block = (some // 20 // 4) * 5 + some % 20 // 4
    fold = folds_of(cluster[some], some)
    assert all(np.unique(fold[block == number]).size == 1 for number in block)


def test_a_block_as_large_as_a_cell_is_allowed():
    cluster = clusters_at({0: 0, 1: 1, 2: 2})
    fold = spatial_folds(GRID, ALL, cluster, count=3, block_size=100.0, seed=0)
    assert sorted(fold[:3]) == [0, 1, 2]


def homes_of(*folds):
    """Return a table of cells from the deposits of each cluster of each fold."""
    rows = [(n, fold) for fold, clusters in enumerate(folds) for n in clusters]
    table = pd.DataFrame(rows, columns=["deposits", "fold"]).astype("int16")
    background = pd.DataFrame({"deposits": [0] * 5, "fold": range(5), "cluster": -1})
    return pd.concat([table.assign(cluster=range(len(table))), background])


def test_a_fold_with_most_of_the_deposits_is_told():
    assert lopsided_folds(homes_of([6], [80, 2], [17], [4, 3], [8])) == [
        "folds: one fold holds 82 of the 120 deposits, the others 17, 8, 7, 6: no cluster and no "
        "block is split between folds, and the largest cluster holds 80 deposits. So the held-out "
        "scores rest mostly on one fit, made from 38 deposits. Lower labels.cluster_distance or "
        "folds.block_size; fewer folds only even out the others"
    ]


def test_a_fold_with_hardly_any_cluster_is_told_and_counted_from_one():
    assert thin_folds(homes_of([2, 3, 4], [9, 9], [1, 1, 1])) == [
        "folds: fold 2 holds only 2 of the deposit clusters; its scores say little. Lower "
        "folds.count (now 3) or folds.block_size"
    ]
    assert thin_folds(homes_of([2, 3, 4], [9, 9, 1], [1, 1, 1])) == []


def test_a_fold_with_half_of_the_deposits_is_not():
    assert lopsided_folds(homes_of([20], [10], [10])) == []


@pytest.mark.parametrize(
    ("count", "found", "message"),
    [
        (
            4,
            {0: 0, 200: 1, 399: 2},
            "deposits form 3 clusters, too few for 4 folds: every fold needs one. "
            "Set folds.count to 3 at most, or lower labels.cluster_distance",
        ),
        (
            3,
            {0: 0, 399: 0},
            "deposits form 1 cluster, too few for 3 folds: every fold needs one. "
            "Lower labels.cluster_distance, or add deposits",
        ),
        (
            4,
            {0: 0, 1: 1, 200: 2, 399: 3},
            "the 4 deposit clusters lie in 3 groups of connected blocks of 400 m, too few for 4 "
            "folds. Set folds.count to 3 at most, or lower folds.block_size or "
            "labels.cluster_distance",
        ),
        (
            3,
            {0: 0, 1: 1, 2: 2, 399: 0},
            "the 3 deposit clusters lie in 1 group of connected blocks of 400 m, too few for 3 "
            "folds. Lower folds.block_size or labels.cluster_distance, or add deposits",
        ),
        (
            3,
            dict.fromkeys(range(400), 0),
            "labels: all 400 cells are positive; a model needs background to compare with. "
            "Lower labels.buffer, or give smaller deposit polygons",
        ),
    ],
)
def test_folds_that_cannot_be_are_refused(count, found, message):
    with pytest.raises(DepositError) as error:
        spatial_folds(GRID, ALL, clusters_at(found), count=count, block_size=BLOCK, seed=0)
    assert str(error.value) == message
