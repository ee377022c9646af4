"""Normal scores, robust values, embedding and missing evidence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.vae.quantiles import (
    KNOTS,
    WeightedSample,
    linear_table,
    normal_score_table,
)
from mineral_prospectivity.vae.transform import ADDITIVE_LIMIT, EMBEDDING, EvidenceTransform

VALUES = st.lists(st.integers(-(10**6), 10**6), min_size=3, max_size=200, unique=True)


def fit(features, bands, weights=None, rows=None):
    features = np.asarray(features, np.float32)
    weights = np.ones(len(features)) if weights is None else np.asarray(weights, float)
    rows = np.ones((1, len(features)), bool) if rows is None else np.asarray(rows, bool)
    return EvidenceTransform.fit(features, bands, weights=weights, rows=rows)


def scores_of(transform, column):
    """Scores of values of a transform of one continuous band."""
    values = torch.tensor(np.asarray(column, np.float32)).reshape(1, -1, 1)
    return transform.read(values).targets[0, :, 0].numpy()


CONTINUOUS = [Band("magnetics")]


def test_normal_scores_are_quantiles_of_mid_ranks():
    values = np.random.default_rng(0).permutation(100.0 * np.arange(50)).astype(np.float32)
    ranks = (np.argsort(np.argsort(values)) + 0.5) / 50
    scores = scores_of(fit(values[:, None], CONTINUOUS), values)
    np.testing.assert_allclose(scores, ndtri(ranks), atol=1e-5)


def test_ties_share_their_mid_rank():
    scores = scores_of(fit([[0], [0], [0], [5]], CONTINUOUS), [0, 5])
    np.testing.assert_allclose(scores, ndtri([3 / 8, 7 / 8]), atol=1e-6)


def test_many_values_stay_within_one_knot_of_their_normal_score():
    values = np.random.default_rng(1).lognormal(sigma=2, size=5000)
    ranks = (np.argsort(np.argsort(values)) + 0.5) / 5000
    scores = scores_of(fit(values[:, None], CONTINUOUS), values)
    between_knots = 2 * -ndtri(0.5 / 5000) / (KNOTS - 1)
    assert np.abs(scores - ndtri(ranks)).max() <= between_knots + 1e-4


def test_a_weight_of_two_is_a_cell_given_twice():
    once = fit([[1], [2], [4]], CONTINUOUS, weights=[1, 2, 1])
    twice = fit([[1], [2], [2], [4]], CONTINUOUS)
    torch.testing.assert_close(once.scores, twice.scores)
    torch.testing.assert_close(once.centre, twice.centre)


@given(VALUES)
def test_scores_rise_with_the_values_inside_and_beyond_the_extremes(values):
    transform = fit(np.array(values)[:, None], CONTINUOUS)
    low, high = min(values), max(values)
    probes = np.unique(np.float32(np.r_[2 * low - high, values, 2 * high - low]))
    assert (np.diff(scores_of(transform, probes)) > 0).all()


@given(VALUES)
def test_the_table_can_be_inverted(values):
    ordered = np.sort(np.array(values, float))
    table = normal_score_table(WeightedSample.of(ordered, np.ones(len(ordered))))
    scores = np.interp(ordered, table.knots, table.scores)
    np.testing.assert_allclose(np.interp(scores, table.scores, table.knots), ordered, atol=1e-3)


def test_an_anomaly_beyond_all_others_is_not_flattened():
    values = np.random.default_rng(2).normal(size=1000)
    scores = scores_of(fit(values[:, None], CONTINUOUS), [values.max(), 10, 20, 40])
    assert (np.diff(scores) > 0.5).all()


def test_an_anomaly_a_million_times_larger_does_not_drown_all_else():
    values = np.random.default_rng(2).normal(size=1000)
    end, near, far = scores_of(fit(values[:, None], CONTINUOUS), [values.max(), 1e3, 1e9])
    assert far - near == pytest.approx(np.log(1e6), abs=0.1)
    assert far - end < 25


def test_robust_bands_get_the_robust_standard_score():
    values = np.random.default_rng(3).normal(5, 2, size=1001)
    transform = fit(values[:, None], [Band("gravity", transform="robust")])
    median, spread = transform.centre.item(), transform.scale.item()
    probes = np.array([values.min(), 5.0, values.max()])
    np.testing.assert_allclose(
        scores_of(transform, probes), (probes - median) / spread, rtol=2e-4, atol=1e-4
    )
    beyond = scores_of(transform, [values.max() + spread])
    assert beyond == pytest.approx((values.max() - median) / spread + np.log(2), rel=1e-4)
    assert median == pytest.approx(np.median(values), abs=1e-6)
    assert spread == pytest.approx(2, rel=0.1)


def test_held_out_cells_change_nothing():
    rng = np.random.default_rng(4)
    features = rng.normal(size=(60, 1)).astype(np.float32)
    seen = np.arange(60) < 40
    changed = features.copy()
    changed[~seen] = 1e6
    before, after = (fit(f, CONTINUOUS, rows=[seen]) for f in (features, changed))
    for name, tensor in before.tensors().items():
        assert torch.equal(tensor, after.tensors()[name])


def test_fits_are_stacked_in_order():
    features = np.arange(20, dtype=np.float32)[:, None]
    rows = np.stack([np.arange(20) < 10, np.arange(20) >= 10])
    both = fit(features, CONTINUOUS, rows=rows)
    alone = fit(features[10:], CONTINUOUS)
    torch.testing.assert_close(both.take([1]).scores, alone.scores)
    assert both.centre[:, 0].tolist() == [4.5, 14.5]


def test_a_constant_band_says_nothing():
    transform = fit([[3], [3], [np.nan]], CONTINUOUS)
    assert scores_of(transform, [3, 7, -1]).tolist() == [0, 0, 0]
    assert transform.read(torch.tensor([[[3.0], [7e4]]])).raw.tolist() == [[[0.0], [0.0]]]


def test_a_band_without_values_in_the_cells_of_a_fit_says_nothing():
    transform = fit([[np.nan], [1], [2]], CONTINUOUS, rows=[[True, False, False]])
    assert scores_of(transform, [1, 2]).tolist() == [0, 0]


def test_a_survey_that_no_cell_of_a_fit_has_moves_no_channel_but_its_mark():
    rows = [[True, True, False], [True, True, True]]
    bands = [Band("magnetics"), Band("survey", "survey")]
    transform = fit([[1, np.nan], [2, np.nan], [3, 5e4]], bands, rows=rows).take([0])
    values = torch.tensor([[[3.0, 5e4], [3.0, -7e4]]], requires_grad=True)
    channels = transform.channels(transform.read(values))
    assert channels.isfinite().all()
    torch.testing.assert_close(channels[0, 0], channels[0, 1])
    channels.square().sum().backward()
    assert values.grad is not None
    assert values.grad.isfinite().all()
    assert values.grad[0, :, 1].tolist() == [0, 0]


def test_linear_table_of_two_values():
    table = linear_table(WeightedSample.of(np.array([1.0, 3.0]), np.ones(2)))
    np.testing.assert_allclose(table.scores[0], -table.scores[1])


MIXED = [
    Band("granite", "geology", kind="fraction"),
    Band("magnetics", "magnetics"),
    Band("gradient", "magnetics"),
]


def mixed_transform():
    rng = np.random.default_rng(5)
    return fit(np.column_stack([rng.random(50) < 0.5, rng.normal(size=(50, 2))]), MIXED)


def test_continuous_bands_come_first_and_fractions_as_they_are():
    transform = mixed_transform()
    assert transform.order == [1, 2, 0]
    values = torch.tensor([[[0.3, -0.2, 0.75]]])
    median = transform.centre[0, 2]
    assert transform.read(values).targets[0, 0, 2] == pytest.approx(0.75 - median)


def test_missing_evidence_reads_as_the_median_and_is_marked():
    transform = mixed_transform()
    median = transform.centre.unsqueeze(1)
    missing = median.clone()
    missing[0, 0, 0] = torch.nan
    present, absent = (transform.channels(transform.read(v)) for v in (median, missing))
    layers = 2
    torch.testing.assert_close(absent[0, 0, 0], torch.tensor(0.0))
    assert absent[0, 0, -layers:].tolist() == [0.5, 0.0]
    assert present[0, 0, -layers:].tolist() == [0.0, 0.0]
    assert absent.shape[2] == transform.width


def test_a_hidden_layer_reads_as_a_missing_one():
    transform = mixed_transform()
    values = torch.tensor([[[0.3, -0.2, 1.0]]])
    missing = torch.tensor([[[torch.nan, torch.nan, 1.0]]])
    hidden = transform.channels(transform.read(values), kept=torch.tensor([[[0.0, 1.0]]]))
    torch.testing.assert_close(hidden, transform.channels(transform.read(missing)))


def test_the_embedding_adds_up_to_the_clipped_score():
    transform = mixed_transform()
    values = torch.linspace(-2, 2, 41).repeat(3, 1).T.unsqueeze(0)
    scores = transform.read(values)
    channels = transform.channels(scores)[0]
    embedded = channels[:, 5 : 5 + len(EMBEDDING) - 1] @ torch.tensor(EMBEDDING).diff()
    expected = scores.targets[0, :, 0].clamp(EMBEDDING[0], EMBEDDING[-1])
    torch.testing.assert_close(embedded, expected, atol=1e-5, rtol=0)


def test_additive_terms_are_the_scores_and_embeddings_of_the_channels():
    transform = mixed_transform()
    values = torch.linspace(-2, 2, 41).repeat(3, 1).T.unsqueeze(0)
    channels = transform.channels(transform.read(values))
    terms = transform.additive(channels)
    torch.testing.assert_close(terms[..., :3], channels[..., :3].clamp(-3, 3))
    torch.testing.assert_close(terms[..., 3:], channels[..., 5:-2])


def test_additive_terms_are_bounded_and_nothing_where_evidence_is_missing():
    transform = mixed_transform()
    values = torch.tensor([[[1e9, -1e9, 1.0], [torch.nan, torch.nan, torch.nan]]])
    terms = transform.additive(transform.channels(transform.read(values)))[0]
    assert terms[0].abs().max() == ADDITIVE_LIMIT
    assert not terms[1].any()
