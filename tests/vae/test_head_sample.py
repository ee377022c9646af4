"""The background that a head is fitted to."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.vae.batches import Fit
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.head_sample import HeadSample

CELLS = 20_000


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    labels = (np.arange(CELLS) % 200 == 0).astype(np.int8)
    return TrainingData(
        cells=np.arange(CELLS),
        features=rng.normal(size=(CELLS, 1)).astype(np.float32),
        labels=labels,
        clusters=np.where(labels == 1, np.arange(CELLS), -1).astype(np.int32),
        weights=1 + rng.random(CELLS),
        training=np.ones(CELLS, bool),
        folds=(np.arange(CELLS) // 40 % 4).astype(np.int8),
        bands=(Band("a", layer="a", kind="continuous", unit="m"),),
    )


def likelihood(data):
    return 1 / (1 + np.exp(6 - 2 * data.features[:, 0].astype(float)))


def draw(data, size, seed=0, **options):
    p, rng = likelihood(data), np.random.default_rng(seed)
    return HeadSample.draw(data, Fit(0, (1,)), size, rng, pilot=lambda rows: p[rows], **options)


def test_all_positives_and_about_as_many_background_cells_as_asked(data):
    sample = draw(data, 3000)
    positives = np.flatnonzero((data.folds != 1) & data.positive)
    np.testing.assert_array_equal(sample.rows[: len(positives)], positives)
    assert 2600 < len(sample.rows) - len(positives) < 3100
    assert (data.folds[sample.rows] != 1).all()


def test_many_deposits_draw_ten_background_cells_each(data):
    """A sample of fixed size would blur what many deposits tell."""
    many = dataclasses.replace(data, labels=(np.arange(CELLS) % 40 == 0).astype(np.int8))
    positives = ((many.folds != 1) & many.positive).sum()
    drawn = len(draw(many, 1000).rows) - positives
    assert 0.85 * 10 * positives < drawn < 1.05 * 10 * positives
    counted = np.where(np.arange(CELLS) % 200 == 0, many.labels, 0)  # one cell of five each
    buffered = dataclasses.replace(many, deposits=counted)
    assert len(draw(buffered, 1000).rows) - positives < drawn / 3


def test_the_counts_add_up_to_the_map(data):
    seen = data.folds != 1
    assert draw(data, 3000).counts.sum() == pytest.approx(data.weights[seen].sum(), rel=1e-12)


def test_the_exclusion_zone_is_not_drawn_but_counts(data):
    """Else the rates would be those of the rest of the map, and too high."""
    zone = data.background & (np.arange(CELLS) % 3 == 0)
    data = dataclasses.replace(data, training=~zone)
    seen = data.folds != 1
    sample = draw(data, 3000, stands_for=data.background_stands_for(seen))
    assert not zone[sample.rows].any()
    assert sample.counts.sum() == pytest.approx(data.weights[seen].sum(), rel=1e-12)


def test_all_background_is_taken_where_there_is_no_more(data):
    sample = draw(data, CELLS)
    np.testing.assert_array_equal(np.sort(sample.rows), np.flatnonzero(data.folds != 1))
    np.testing.assert_array_equal(sample.counts, data.weights[sample.rows])


def test_weighted_sums_are_unbiased_and_sharper_where_deposits_are_likely(data):
    p, seen = likelihood(data), (data.folds != 1) & data.background
    truth = (data.weights * p)[seen].sum()
    sums, uniform = [], []
    for seed in range(200):
        sample = draw(data, 1000, seed)
        background = data.labels[sample.rows] == 0
        sums.append((sample.counts * p[sample.rows])[background].sum())
        rows = np.random.default_rng(seed).choice(np.flatnonzero(seen), 1000, replace=False)
        share = data.weights[seen].sum() / data.weights[rows].sum()
        uniform.append((data.weights[rows] * share * p[rows]).sum())
    assert np.mean(sums) == pytest.approx(truth, rel=0.01)
    assert np.var(sums) < np.var(uniform) / 3
