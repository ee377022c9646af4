import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import norm

from mineral_prospectivity.uq.decomposition import decompose
from mineral_prospectivity.uq.interval import probability_interval


def test_one_gaussian_gives_its_own_quantiles():
    mean, variance = np.array([[-4.0, 0.0, 2.0]]), np.array([[0.5, 1.0, 4.0]])
    lower, upper = probability_interval(mean, variance, 0.9)
    expected = mean[0] + norm.ppf([[0.05], [0.95]]) * np.sqrt(variance[0])
    np.testing.assert_allclose([lower, upper], expit(expected), rtol=1e-9)


@given(st.integers(0, 10_000), st.floats(0.05, 0.99))
@settings(max_examples=50, deadline=None)
def test_the_mixture_holds_its_level_between_the_ends(seed, level):
    rng = np.random.default_rng(seed)
    mean, variance = rng.normal(-3, 3, (4, 3)), rng.gamma(1, 2, (4, 3)) + 0.01
    lower, upper = probability_interval(mean, variance, level)
    ends = np.log(lower / (1 - lower)), np.log(upper / (1 - upper))
    low, high = (norm.cdf((x - mean) / np.sqrt(variance)).mean(axis=0) for x in ends)
    np.testing.assert_allclose(low, (1 - level) / 2, atol=1e-6)
    np.testing.assert_allclose(high, (1 + level) / 2, atol=1e-6)


def test_sure_members_give_their_own_values():
    mean = np.array([[-2.0], [-1.0], [0.0], [1.0]])
    lower, upper = probability_interval(mean, 0 * mean, 0.5)
    assert -2 - 1e-6 <= np.log(lower / (1 - lower))[0] <= -1 + 1e-6
    assert 0 - 1e-6 <= np.log(upper / (1 - upper))[0] <= 1 + 1e-6


def test_the_latent_posterior_draws_the_interval_to_one_half_as_it_does_p():
    mean, variance, latent = np.array([[-4.0]]), np.array([[1e-8]]), np.array([[3.0]])
    lower, upper = probability_interval(mean, variance, 0.9, latent)
    p = decompose(mean, variance, latent).probability
    assert abs(lower - p)[0] < 0.02
    assert lower[0] > 1.5 * probability_interval(mean, variance, 0.9)[1][0]
    assert upper[0] - lower[0] < 1e-4


def test_cells_without_evidence_have_no_interval():
    lower, upper = probability_interval([[np.nan, 0.0]], [[np.nan, 1.0]], 0.9)
    assert np.isnan([lower[0], upper[0]]).all()
    assert np.isfinite([lower[1], upper[1]]).all()


def test_a_level_that_is_no_share_is_refused():
    with pytest.raises(ValueError, match="level = 95: an interval holds a share"):
        probability_interval([[0.0]], [[1.0]], 95)
