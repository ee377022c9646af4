import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import expit, ndtri
from scipy.stats import norm

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.targeting.appraisal import (
    BANDS,
    economics,
    economics_map,
    tail_mean,
)

MONEY = {
    "exploration_cost": 2.0,
    "discovery_value": 40.0,
    "risk_aversion": 0.5,
    "tail": 0.1,
}


def cell(p=0.1, epistemic=0.02, mean=-2.2, sd=0.3, **changes):
    values = (np.array([v]) for v in (p, epistemic, mean, sd))
    return economics(*values, **{**MONEY, **changes})


def test_values_of_one_cell():
    result = cell()
    assert result.expected_value == pytest.approx(40 * 0.1 - 2)
    assert result.return_sd == pytest.approx(0.8)
    assert result.sharpe_ratio == pytest.approx(2.5)
    assert result.risk_adjusted_return == pytest.approx(2 - 0.5 * 0.8)
    assert result.probability_lower == pytest.approx(expit(-2.2 - 1.6448536269514722 * 0.3))
    assert result.probability_upper == pytest.approx(expit(-2.2 + 1.6448536269514722 * 0.3))


@given(p=st.floats(1e-6, 1 - 1e-6))
def test_drill_exactly_where_the_expected_value_is_positive(p):
    result = cell(p=p)
    assert bool(result.drill[0]) == (p > 2 / 40)
    assert bool(result.drill[0]) == (result.expected_value[0] > 0) or abs(p - 0.05) < 1e-12


def test_without_doubt_there_is_no_ratio_and_the_tail_is_the_mean():
    result = cell(p=expit(-1.0), epistemic=0.0, mean=-1.0, sd=0.0)
    assert np.isnan(result.sharpe_ratio).all()
    assert result.cvar == pytest.approx(result.expected_value, abs=1e-12)


@pytest.mark.parametrize(("tail", "error"), [(0.01, 1e-8), (0.1, 1e-8), (0.5, 1e-8), (0.99, 1e-5)])
@pytest.mark.parametrize(("mean", "sd"), [(-3.0, 0.2), (0.0, 1.0), (-1.0, 2.0), (2.0, 4.0)])
def test_tail_mean_is_the_integral_over_the_tail(mean, sd, tail, error):
    expected = quad(
        lambda z: expit(mean + sd * z) * norm.pdf(z), -12, ndtri(tail), epsabs=1e-13, limit=200
    )[0]
    found = tail_mean(np.array([mean]), np.array([sd]), tail)
    assert found[0] == pytest.approx(expected / tail, abs=error)


@given(mean=st.floats(-8, 8), sd=st.floats(0, 3), low=st.floats(0.01, 0.4))
def test_a_smaller_tail_is_worse(mean, sd, low):
    values = [tail_mean(np.array([mean]), np.array([sd]), a)[0] for a in (low, 0.5, 0.999)]
    assert values[0] <= values[1] + 1e-12
    assert values[1] <= values[2] + 1e-12
    assert values[2] <= 1


def test_the_number_of_undiscovered_deposits_moves_every_quantity():
    plain, few, many = cell(), cell(per_known=0.1), cell(per_known=3.0)
    for name in ("probability", "probability_lower", "probability_upper", "expected_value", "cvar"):
        assert getattr(few, name)[0] < getattr(plain, name)[0] < getattr(many, name)[0]


def test_values_of_one_cell_where_few_deposits_are_undiscovered():
    result = cell(per_known=0.5)
    chance = 0.5 * 0.1 / 0.9
    assert result.probability[0] == pytest.approx(chance, abs=1e-12)
    assert result.expected_value[0] == pytest.approx(40 * chance - 2, abs=1e-12)
    assert result.return_sd[0] == pytest.approx(40 * 0.5 * 0.02 / 0.9**2, abs=1e-12)
    reach = 1.6448536269514722 * 0.3
    assert result.probability_lower[0] == pytest.approx(0.5 * np.exp(-2.2 - reach), abs=1e-12)
    assert result.probability_upper[0] == pytest.approx(0.5 * np.exp(-2.2 + reach), abs=1e-12)


def test_nothing_pays_where_every_deposit_is_known():
    result = cell(p=0.9, per_known=0.0)
    assert result.probability == 0
    assert result.drill == 0
    assert result.expected_value == -2
    assert result.cvar == -2


@pytest.mark.parametrize("per_known", [0.2, 5.0])
def test_the_tail_is_that_of_the_chance_of_a_discovery(per_known):
    mean, sd, tail = -2.0, 1.1, 0.3

    def chance(z):
        return min(per_known * np.exp(mean + sd * z), 1) * norm.pdf(z)

    expected = quad(chance, -12, ndtri(tail), epsabs=1e-13, limit=200)[0] / tail
    found = tail_mean(np.array([mean]), np.array([sd]), tail, per_known)
    assert found[0] == pytest.approx(expected, abs=1e-8)


def test_map_equals_arrays(maps):
    result = economics_map(maps, **MONEY)
    assert result.bands == BANDS
    whole = result.array()
    p, epistemic, mean, sd = maps.select(
        ["probability", "epistemic", "log_odds_mean", "log_odds_sd"]
    ).array()
    expected = economics(p, epistemic, mean, sd, **MONEY)
    for i, name in enumerate(result.names):
        np.testing.assert_allclose(whole[i], getattr(expected, name), rtol=1e-5, atol=1e-6)
    for window, block in result.blocks(17):
        np.testing.assert_array_equal(block, whole[:, *window.slices])
    assert np.isnan(whole[:, np.isnan(p)]).all()


def test_a_cost_above_the_value_is_refused(maps):
    for call in (lambda m: cell(**m), lambda m: economics_map(maps, **{**MONEY, **m})):
        with pytest.raises(ConfigurationError) as error:
            call({"exploration_cost": 50.0})
        assert str(error.value) == (
            "exploration_cost = 50 is not below discovery_value = 40: "
            "testing a cell could never pay"
        )
