"""What each member learns from: repeatable, fold by fold, and what its name says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mineral_prospectivity.errors import ConfigurationError, TrainingError
from mineral_prospectivity.parameters import validate_parameters
from mineral_prospectivity.vae.batches import Fit, _FitDraws
from mineral_prospectivity.vae.diversity import BACKGROUND_A_POSITIVE, SEEDS, Diversity
from mineral_prospectivity.vae.head_fit import fit_head
from mineral_prospectivity.vae.train import fit_members

FOLDS = 3
KINDS = ["clusters", "blocks", "background"]
ALL = [*KINDS, "generated"]


@pytest.fixture(scope="module")
def region(make_data):
    data = make_data()
    place = np.arange(len(data.labels))
    return dataclasses.replace(data, places=np.column_stack([place, place * 0.0]))


def diversity(kind):
    return Diversity(kind, block_size=25.0)


def train(data, members, settings, kind, **arguments):
    return fit_members(
        data, members, settings=settings, seed=7, folds=FOLDS, diversity=diversity(kind),
        **arguments,
    )  # fmt: skip


def test_seeds_leave_the_data_alone(region):
    assert SEEDS.sample(region, 3, 7) is region


@pytest.mark.parametrize("kind", KINDS)
def test_samples_are_repeatable_and_differ_between_members(region, kind):
    first, again, other = (diversity(kind).sample(region, member, 7) for member in (0, 0, 1))
    np.testing.assert_array_equal(first.weights, again.weights)
    np.testing.assert_array_equal(first.training, again.training)
    assert not np.array_equal(first.training, other.training)
    np.testing.assert_array_equal(first.features, region.features)
    assert not (first.training & ~region.training).any()


@pytest.mark.parametrize("kind", KINDS)
def test_every_fold_keeps_a_positive_and_background(region, kind):
    for member in range(20):
        sample = diversity(kind).sample(region, member, 7)
        for fold in range(FOLDS):
            assert (sample.positive & (sample.folds == fold)).any()
            assert (sample.background & (sample.folds == fold)).any()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_of_a_fold_does_not_depend_on_another(region, kind):
    labels = np.where(region.folds == 1, np.roll(region.labels, 5), region.labels)
    labels[np.flatnonzero(region.folds == 1)[:3]] = 1
    clusters = np.where(labels == 1, np.arange(len(labels)), -1)
    clusters = np.where(region.folds == 1, clusters, region.clusters).astype(np.int32)
    changed = dataclasses.replace(region, labels=labels.astype(np.int8), clusters=clusters)
    before, after = (diversity(kind).sample(data, 2, 7) for data in (region, changed))
    rest = region.folds != 1
    np.testing.assert_array_equal(before.training[rest], after.training[rest])
    np.testing.assert_array_equal(before.weights[rest], after.weights[rest])


def test_clusters_are_drawn_whole_and_as_many_as_there_are(region):
    sample = diversity("clusters").sample(region, 0, 7)
    drawn = np.where(sample.positive, sample.weights, 0.0)
    for fold in range(FOLDS):
        rows = region.positive & (region.folds == fold)
        names, first = np.unique(region.clusters[rows], return_index=True)
        for name in names:
            assert np.ptp(drawn[rows & (region.clusters == name)]) == 0
        assert drawn[rows][first].sum() == len(names)
    background = region.labels == 0
    np.testing.assert_array_equal(sample.training[background], region.training[background])


def test_blocks_are_drawn_whole(region):
    sample = diversity("blocks").sample(region, 0, 7)
    drawn = np.where(sample.training, sample.weights, 0.0)
    block = np.arange(len(drawn)) // 25
    for fold in range(FOLDS):
        for name in np.unique(block[region.folds == fold]):
            rows = region.training & (region.folds == fold) & (block == name)
            assert np.ptp(drawn[rows]) == 0


def test_a_sample_of_the_background_stands_for_all_of_it(region):
    few = dataclasses.replace(region, labels=region.labels * (np.arange(900) % 9 == 0))
    few = dataclasses.replace(few, labels=np.where(np.arange(900) % 300 == 4, 1, few.labels))
    few = dataclasses.replace(few, labels=few.labels.astype(np.int8))
    sample = diversity("background").sample(few, 0, 7)
    for fold in range(FOLDS):
        rows = few.folds == fold
        chosen = np.count_nonzero(sample.background & rows)
        assert chosen == BACKGROUND_A_POSITIVE * np.count_nonzero(few.positive & rows)
        mass = sample.weights[sample.background & rows].sum()
        assert mass == pytest.approx(few.weights[few.background & rows].sum())
        np.testing.assert_array_equal(sample.positive[rows], few.positive[rows])


def test_a_deposit_drawn_twice_is_there_twice(region):
    sample = diversity("clusters").sample(region, 0, 7)
    draws = _FitDraws(sample, Fit(0, (1,)), 7)
    times = np.bincount(draws._positives, minlength=len(sample.labels))
    expected = np.where(sample.positive & (sample.folds != 1), sample.weights, 0)
    np.testing.assert_array_equal(times, expected)
    assert times.max() > 1


def test_blocks_need_places(make_data):
    with pytest.raises(TrainingError, match=r"ensemble\.diversity = 'blocks': the cells have no p"):
        diversity("blocks").sample(make_data(), 0, 7)


def test_generated_evidence_lies_between_deposit_cells_of_the_fold(region):
    sample = diversity("generated").sample(region, 0, 7)
    for name in ("labels", "weights", "training", "clusters"):
        np.testing.assert_array_equal(getattr(sample, name), getattr(region, name))
    np.testing.assert_array_equal(
        sample.features[~region.positive], region.features[~region.positive]
    )
    for fold in range(FOLDS):
        rows = region.positive & (region.folds == fold)
        before, after = region.features[rows], sample.features[rows]
        assert (before != after).any(axis=1).all()
        assert (after >= np.nanmin(before, axis=0) - 1e-3)[~np.isnan(before)].all()
        assert (after <= np.nanmax(before, axis=0) + 1e-3)[~np.isnan(before)].all()
        np.testing.assert_array_equal(np.isnan(before), np.isnan(after))


def test_generated_evidence_lies_on_the_line_to_a_deposit_cell_like_it(region):
    sample = diversity("generated").sample(region, 4, 7)
    complete = ~np.isnan(region.features).any(axis=1)
    rows = np.flatnonzero(region.positive & (region.folds == 0) & complete)
    before = region.features[region.positive & (region.folds == 0)].astype(float)
    for row in rows:
        step, ways = sample.features[row] - region.features[row], before - region.features[row]
        varied = np.abs(step).argmax()
        share = step[varied] / np.where(ways[:, varied] == 0, np.inf, ways[:, varied])
        known = ~np.isnan(ways).any(axis=1)
        near = np.isclose(share[:, None] * ways, step, rtol=1e-3, atol=1e-3).all(axis=1)
        assert (near & known & (share >= 0) & (share <= 1)).any() or not known.all()


def test_generated_evidence_is_repeatable_and_each_members_own(region):
    first, again, other = (
        diversity("generated").sample(region, member, 7).features for member in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other, equal_nan=True)


def test_what_is_generated_in_a_fold_does_not_depend_on_another(region):
    features, inside = region.features.copy(), region.folds == 1
    features[inside] = features[inside][::-1]
    changed = dataclasses.replace(region, features=features)
    before, after = (diversity("generated").sample(data, 2, 7) for data in (region, changed))
    np.testing.assert_array_equal(before.features[~inside], after.features[~inside])


def test_a_deposit_cell_alone_in_its_fold_keeps_its_evidence(region):
    labels = region.labels * (region.folds != 2)
    labels[np.flatnonzero((region.folds == 2) & region.training)[0]] = 1
    alone = dataclasses.replace(region, labels=labels.astype(np.int8))
    sample = diversity("generated").sample(alone, 0, 7)
    inside = region.folds == 2
    np.testing.assert_array_equal(sample.features[inside], region.features[inside])


@pytest.mark.parametrize("kind", ALL)
def test_members_differ_and_do_not_depend_on_their_company(region, settings, kind):
    brief = settings.model_copy(update={"steps": 20})
    pack = train(region, [0, 1], brief, kind, nested=False)
    alone = train(region, [1], brief, kind, nested=False)
    plain = train(region, [1], brief, "seeds", nested=False)
    assert pack.bundles[1].to_bytes() != plain.bundles[1].to_bytes()
    assert pack.bundles[1].to_bytes() == alone.bundles[1].to_bytes()
    assert pack.bundles[0].header.data_digest == region.digest()
    table = pack.out_of_fold
    np.testing.assert_array_equal(table[table["member"] == 0]["cell"], region.cells)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("excluded", [0.0, 0.25])
def test_what_was_not_drawn_is_no_exclusion_zone(region, settings, monkeypatch, kind, excluded):
    """What is drawn stands for it already: a head adds the exclusion zone alone."""
    told = []

    def spy(*args, stands_for, **options):
        told.append(stands_for)
        return fit_head(*args, stands_for=stands_for, **options)

    monkeypatch.setattr("mineral_prospectivity.vae.train.fit_head", spy)
    chance = np.random.default_rng(0).random(len(region.labels))
    zone = (region.labels == 0) & (chance < excluded)
    brief = settings.model_copy(update={"steps": 20})
    data = dataclasses.replace(region, training=~zone)
    train(data, [0], brief, kind, nested=False)
    assert told == pytest.approx([1 / (1 - excluded)] * (FOLDS + 1), rel=0.1)
    assert excluded or set(told) == {1.0}


def test_the_conditional_model_is_not_resampled():
    values = {
        "experiment": "lake",
        "grid": {"crs": "EPSG:7845", "resolution": 500.0},
        "model": "cvae",
        "ensemble": {"diversity": "blocks"},
    }
    with pytest.raises(ConfigurationError, match=r"ensemble\.diversity = 'blocks': members of the"):
        validate_parameters(values)
