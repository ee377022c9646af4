import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from mineral_prospectivity.scoring.brier import brier_score, murphy_decomposition
from mineral_prospectivity.scoring.likelihood import negative_log_likelihood
from mineral_prospectivity.scoring.reliability import reliability
from mineral_prospectivity.scoring.sample import UndefinedMetricError

cells = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 20), st.floats(0.5, 4)), min_size=1, max_size=40
)


@given(cells, st.one_of(st.none(), st.integers(1, 10)))
def test_the_murphy_parts_add_up_to_the_score(rows, bins):
    y, p, w = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    p /= 20
    parts = murphy_decomposition(y, p, w, bins)
    total = parts.reliability - parts.resolution + parts.uncertainty
    total += parts.within_variance - parts.within_covariance
    assert total == pytest.approx(brier_score(y, p, w), abs=1e-12)
    if bins is None:
        assert parts.within_variance == pytest.approx(0, abs=1e-15)
        assert parts.within_covariance == pytest.approx(0, abs=1e-15)


def test_murphy_by_hand():
    parts = murphy_decomposition([0, 0, 1, 1], [0.2, 0.2, 0.2, 0.8])
    assert parts.uncertainty == 0.25
    assert parts.reliability == pytest.approx((3 * (0.2 - 1 / 3) ** 2 + 0.2**2) / 4)
    assert parts.resolution == pytest.approx((3 * (1 / 3 - 0.5) ** 2 + 0.25) / 4)


def test_both_scores_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    p, w = rng.uniform(0.01, 0.99, 500), rng.uniform(0.5, 3, 500)
    y = (rng.random(500) < p).astype(int)
    assert negative_log_likelihood(y, p, w) == pytest.approx(log_loss(y, p, sample_weight=w))
    assert brier_score(y, p, w) == pytest.approx(brier_score_loss(y, p, sample_weight=w))


def test_an_impossible_deposit_leaves_no_likelihood():
    assert negative_log_likelihood([1, 0], [1.0, 0.0]) == 0
    with pytest.raises(UndefinedMetricError, match="infinite: 1 cells had what they were given"):
        negative_log_likelihood([1, 0], [0.0, 0.5])


@pytest.mark.parametrize(
    "metric", [negative_log_likelihood, brier_score, murphy_decomposition, reliability]
)
def test_a_favourability_of_0_to_100_is_no_probability(metric):
    with pytest.raises(UndefinedMetricError) as error:
        metric([0, 1, 1], [0.0, 40.0, 100.0])
    assert str(error.value) == "p lies in 0 to 100: a score, no probability"


def test_the_true_probability_scores_best_in_expectation():
    truth = np.full(20_000, 0.1)
    labels = (np.random.default_rng(0).random(20_000) < truth).astype(float)
    for wrong in (0.05, 0.2):
        assert brier_score(labels, truth) < brier_score(labels, truth * 0 + wrong)
        assert negative_log_likelihood(labels, truth) < negative_log_likelihood(
            labels, truth * 0 + wrong
        )
