"""The law of mineralisation: marginal probabilities against numerical integration."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from mineral_prospectivity.simulation.mineralisation import (
    Effect,
    find_intercept,
    given_layers,
    marginal_probability,
)


@pytest.mark.parametrize("log_odds", [-9.0, -4.0, 0.0, 2.5])
@pytest.mark.parametrize("deviation", [0.5, 1.2, 2.0])
def test_the_marginal_is_the_integral(log_odds, deviation):
    expected, _ = quad(
        lambda h: norm.pdf(h) * expit(log_odds + deviation * h), -12, 12, epsabs=1e-13
    )
    found = marginal_probability(np.array([log_odds]), deviation)[0]
    assert found == pytest.approx(expected, rel=1e-6)


def test_the_marginal_with_nothing_hidden_is_the_logistic_function():
    log_odds = np.linspace(-9, 9, 19)
    np.testing.assert_allclose(marginal_probability(log_odds, 0.0), expit(log_odds), rtol=1e-12)


def test_the_marginal_is_symmetric():
    log_odds = np.linspace(0, 9, 10)
    both = marginal_probability(log_odds, 1.5) + marginal_probability(-log_odds, 1.5)
    np.testing.assert_allclose(both, 1.0, atol=1e-12)


def test_the_intercept_gives_the_prevalence():
    log_odds = np.random.default_rng(0).normal(0, 2, 1000)
    intercept = find_intercept(log_odds, 1.2, 0.01)
    assert marginal_probability(log_odds + intercept, 1.2).mean() == pytest.approx(0.01, rel=1e-8)


def test_an_independent_omitted_layer_is_averaged_out():
    rng = np.random.default_rng(0)
    seen = Effect(("copper",), np.linspace(-3, 0, 20)[:, None] + np.zeros((20, 400)))
    omitted = Effect(("conductivity",), rng.choice([0.0, 1.3], (20, 400)))
    found = given_layers([seen, omitted], ["conductivity"], -1.0, 1.0)
    share = (omitted.values > 0).mean()
    expected = (1 - share) * marginal_probability(seen.values - 1.0, 1.0) + (
        share * marginal_probability(seen.values + 0.3, 1.0)
    )
    np.testing.assert_allclose(found, expected, rtol=0.02)


def test_an_omitted_layer_that_others_tell_of_has_no_closed_form():
    terms = [Effect(("copper",), np.zeros((2, 2))), Effect(("gold", "arsenic"), np.zeros((2, 2)))]
    assert given_layers(terms, ["gold"], 0.0, 1.0) is None
    assert given_layers(terms, ["nickel"], 0.0, 1.0) is not None
