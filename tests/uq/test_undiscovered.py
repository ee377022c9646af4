import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.uq.undiscovered import (
    break_even,
    deposit_probability,
    discovery_probability,
    discovery_sd,
    undiscovered_per_known,
)

SHARES = st.floats(0.01, 1.0)
CHANCES = st.floats(0.0, 1.0)


@given(deposit=CHANCES, share=SHARES)
def test_bayes_theorem_of_known_and_unknown_deposits(deposit, share):
    """P(s=1|x) = c P(y=1|x), and P(y=1|x) = P(s=1|x) + P(y=1|x, s=0) P(s=0|x)."""
    known, per_known = share * deposit, (1 - share) / share
    any_deposit = deposit_probability(known, per_known)
    unknown = discovery_probability(known, per_known)
    assert any_deposit == pytest.approx(deposit, abs=1e-12)
    assert known + unknown * (1 - known) == pytest.approx(deposit, abs=1e-12)


def test_the_undiscovered_of_a_simulation_add_up():
    rng = np.random.default_rng(5)
    deposit, share = rng.beta(1, 9, 400_000), 0.3
    there = rng.random(deposit.size) < deposit
    known = there & (rng.random(deposit.size) < share)
    chance = discovery_probability(share * deposit, (1 - share) / share)[~known]
    assert chance.sum() == pytest.approx(there[~known].sum(), rel=0.02)


@given(
    p=st.lists(st.floats(1e-6, 0.3), min_size=2, max_size=30, unique=True),
    per_known=st.floats(0.01, 2.0),
)
def test_no_number_of_undiscovered_deposits_changes_the_order(p, per_known):
    for moved in (deposit_probability(p, per_known), discovery_probability(p, per_known)):
        distinct = np.unique(np.round(moved, 15))
        if len(distinct) == len(p):
            np.testing.assert_array_equal(rankdata(moved), rankdata(p))
        assert (np.diff(moved[np.argsort(p)]) >= 0).all()


@given(p=CHANCES, sd=st.floats(0.0, 0.5))
def test_without_a_number_nothing_changes(p, sd):
    assert discovery_probability(p, None) == p
    assert discovery_sd(p, sd, None) == sd
    assert break_even(0.2, None) == 0.2


@given(p=st.floats(0.001, 0.9), per_known=st.floats(0.01, 5.0))
def test_the_sd_is_the_slope(p, per_known):
    step = 1e-6
    low, high = discovery_probability([p - step, p + step], per_known)
    if high < 1:
        slope = (high - low) / (2 * step)
        assert discovery_sd(p, 1e-9, per_known) == pytest.approx(1e-9 * slope, rel=1e-4)


@given(p=CHANCES, sd=st.floats(0.0, 0.5), per_known=st.floats(0.0, 20.0))
def test_mean_and_sd_are_those_of_a_probability(p, sd, per_known):
    mean, spread = discovery_probability(p, per_known), discovery_sd(p, sd, per_known)
    assert 0 <= mean <= 1
    assert 0 <= spread**2 <= mean * (1 - mean) + 1e-12


@given(chance=st.floats(0.001, 0.999), per_known=st.floats(0.01, 20.0))
def test_break_even_is_the_inverse(chance, per_known):
    assert discovery_probability(break_even(chance, per_known), per_known) == pytest.approx(chance)


def test_the_number_is_taken_for_each_known_deposit():
    assert undiscovered_per_known(None, 0) is None
    assert undiscovered_per_known(12, 48) == 0.25
    with pytest.raises(ConfigurationError, match="undiscovered_deposits = 12: no known deposit"):
        undiscovered_per_known(12.0, 0)
