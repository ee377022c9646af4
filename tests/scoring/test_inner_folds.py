from dataclasses import replace

import numpy as np
import pytest

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.labels.deposit_density import DEPOSIT_DENSITY
from mineral_prospectivity.scoring.baselines.fold import Fold
from mineral_prospectivity.scoring.baselines.inner import choose, cross_predict
from mineral_prospectivity.scoring.baselines.weights_of_evidence import (
    find_patterns,
    weights_of_evidence,
)

BANDS = (Band("fault_distance", layer="faults"),)


def make_fold(evidence, labels, held_out, *, bands=BANDS, folds=None, seed=0):
    evidence = np.asarray(evidence, dtype=np.float64).reshape(len(labels), -1)
    held_out = np.asarray(held_out, dtype=np.float64).reshape(-1, evidence.shape[1])
    return Fold(
        number=9,
        bands=bands,
        evidence=evidence,
        labels=np.asarray(labels),
        weights=np.ones(len(labels)),
        folds=np.arange(len(labels)) % 3 if folds is None else np.asarray(folds),
        places=np.zeros((len(labels), 2)),
        held_out_evidence=held_out,
        held_out_places=np.zeros((len(held_out), 2)),
        seed=seed,
        jobs=1,
    )


def share(fold):
    return np.full(len(fold.held_out_evidence), fold.prevalence)


def wrong(fold):
    return np.full(len(fold.held_out_evidence), 0.9)


def test_a_training_cell_is_predicted_without_its_fold():
    fold = make_fold(np.zeros(6), [1, 1, 0, 0, 0, 1], [0.0], folds=[0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(cross_predict(share, fold), [1 / 3] * 3 + [2 / 3] * 3)


def test_a_fold_that_leaves_no_deposit_to_learn_from_tells_nothing():
    fold = make_fold(np.zeros(4), [1, 0, 0, 0], [0.0], folds=[0, 0, 1, 2])
    found = cross_predict(share, fold)
    assert np.isnan(found[:2]).all()
    np.testing.assert_allclose(found[2:], 1 / 3)


def test_an_inner_fit_reads_no_deposits_of_either_fold():
    seen = {}

    def remember(fold):
        seen[fold.number] = fold
        return share(fold)

    layer, count = np.arange(6.0), 6
    known = {other: np.full(count, -10.0 - other) for other in range(3)}
    fold = make_fold(
        np.column_stack([layer, np.zeros(count)]), [1, 0, 0, 0, 1, 1], np.zeros(2),
        bands=(*BANDS, DEPOSIT_DENSITY),
    )  # fmt: skip
    cross_predict(remember, replace(fold, densities=known))
    assert set(seen) == {0, 1, 2}
    for number, inner in seen.items():
        assert set(inner.evidence[:, 1]) == {-10.0 - number}
        assert set(inner.held_out_evidence[:, 1]) == {-10.0 - number}
        np.testing.assert_array_equal(inner.evidence[:, 0], layer[fold.folds != number])
    assert set(fold.evidence[:, 1]) == {0.0}


def test_a_band_unknown_to_the_inner_training_cells_is_left_out():
    seen = []

    def remember(fold):
        seen.append((fold.evidence.shape[1], fold.held_out_evidence.shape[1], len(fold.bands)))
        return share(fold)

    evidence = np.column_stack([np.ones(4), [1.0, 1.0, np.nan, np.nan]])
    fold = make_fold(
        evidence, [1, 0, 1, 0], np.ones((1, 2)), bands=(*BANDS, Band("b")), folds=[0, 0, 1, 1]
    )
    cross_predict(remember, fold)
    assert seen == [(1, 1, 1), (2, 2, 2)]


def test_inner_folds_choose_the_learner_of_the_smaller_loss():
    labels = np.tile([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 9)
    fold = make_fold(np.zeros(90), labels, [0.0], folds=np.repeat(np.arange(3), 30))
    assert choose([wrong, share], fold).learner is share
    assert choose([share, wrong], fold).learner is share


def test_weights_of_evidence_are_bayes_for_one_binary_pattern():
    """One pattern: the posterior is the frequency inside it, but for the half cells added."""
    inside = np.repeat([1.0, 0.0], [2000, 18_000])
    labels = np.zeros(20_000, dtype=int)
    labels[:400] = 1
    labels[2000:2180] = 1
    fold = make_fold(inside, labels, [1.0, 0.0, np.nan])
    found = weights_of_evidence(fold)
    np.testing.assert_allclose(found, [400 / 2000, 180 / 18_000, 580 / 20_000], rtol=0.005)


def test_one_continuous_pattern_a_layer_and_none_that_is_not_significant():
    rng = np.random.default_rng(1)
    labels = (rng.random(5000) < 0.05).astype(int)
    strong, weak, noise = (labels * push + rng.normal(size=5000) for push in (2, 0.5, 0))
    granite = np.where(labels == 1, rng.random(5000) < 0.8, rng.random(5000) < 0.1)
    bands = (
        Band("k", layer="k"), Band("k_gradient", layer="k"), Band("noise", layer="noise"),
        Band("granite", layer="rocks", kind="fraction"),
    )  # fmt: skip
    evidence = np.column_stack([strong, weak, noise, granite])
    patterns = find_patterns(make_fold(evidence, labels, evidence[:1], bands=bands))
    assert [pattern.column for pattern in patterns] == [0, 3]
    assert all(pattern.present > 0 > pattern.absent for pattern in patterns)
    assert patterns[1].threshold == pytest.approx(0.5)
