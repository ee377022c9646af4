import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import expit
from scipy.stats import norm

from mineral_prospectivity.uq import decomposition
from mineral_prospectivity.uq.decomposition import decompose
from mineral_prospectivity.uq.quadrature import gauss_hermite


def entropy(p):
    q = 1 - p
    tiny = np.finfo(float).tiny
    return -(p * np.log(np.maximum(p, tiny)) + q * np.log(np.maximum(q, tiny)))


@st.composite
def moments(draw, largest=700.0):
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 5)))
    mean = draw(hnp.arrays(float, shape, elements=st.floats(-largest, largest)))
    spreads = st.one_of(st.just(0.0), st.floats(1e-6, 30))
    return mean, *(draw(hnp.arrays(float, shape, elements=spreads)) for _ in range(2))


@given(moments())
@settings(max_examples=200, deadline=None)
def test_the_variances_add_up_to_that_of_the_outcome(m):
    split = decompose(*m)
    p = split.probability
    np.testing.assert_allclose(split.total**2, p * (1 - p), rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        split.aleatoric**2 + split.epistemic**2, split.total**2, rtol=0, atol=1e-12
    )
    assert (split.latent <= split.aleatoric + 1e-12).all()
    assert all(np.isfinite(values).all() for values in split.maps().values())
    assert all((values >= 0).all() for name, values in split.maps().items() if "mean" not in name)


@given(moments(30.0))
@settings(max_examples=100, deadline=None)
def test_the_entropy_splits_into_conditional_entropy_and_mutual_information(m):
    mean, variance, latent = m
    split = decompose(mean, variance, latent)
    (x, w), (e, u) = gauss_hermite(16), gauss_hermite(8)
    f = mean[..., None] + np.sqrt(variance)[..., None] * x
    s = expit(f[..., None] + np.sqrt(latent)[..., None, None] * e)
    conditional = (entropy(s @ u) @ w).mean(axis=0)
    np.testing.assert_allclose(
        split.mutual_information + conditional, entropy(split.probability), rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(split.probability, (s @ u @ w).mean(axis=0), atol=1e-14)
    outcome = ((s * (1 - s)) @ u @ w).mean(axis=0)  # E[s(1 - s)], apart from the latent part
    np.testing.assert_allclose(split.aleatoric**2, outcome + split.latent**2, atol=1e-12)


def test_two_members_that_are_sure_of_opposite_things_hold_ln_2_nats():
    split = decompose([[-700.0], [700.0]], [[0.0], [0.0]], [[0.0], [0.0]])
    assert split.mutual_information[0] == pytest.approx(np.log(2), abs=1e-12)
    assert split.epistemic[0] == pytest.approx(0.5, abs=1e-12)
    assert split.aleatoric[0] == pytest.approx(0, abs=1e-12)
    assert split.log_odds_sd[0] == 700


def test_one_sure_member_leaves_the_outcome_alone_uncertain():
    logit = np.array([[-5.0, 0.0, 2.0]])
    split = decompose(logit, 0 * logit, 0 * logit)
    p = expit(logit[0])
    np.testing.assert_allclose(split.probability, p, rtol=1e-14)
    np.testing.assert_allclose(split.aleatoric**2, p * (1 - p), rtol=1e-14)
    for name in ("epistemic", "latent", "mutual_information", "log_odds_sd"):
        np.testing.assert_array_equal(getattr(split, name), 0)


def test_the_nested_rule_agrees_with_a_fine_grid():
    m, v, latent = -1.0, 0.8, 0.3
    f, e = np.linspace(-9, 7, 1601), np.linspace(-6, 6, 1201)
    over_f, over_e = norm.pdf(f, m, v**0.5) * 0.01, norm.pdf(e, 0, latent**0.5) * 0.01
    s = expit(f[:, None] + e)
    split = decompose([[m]], [[v]], [[latent]])
    p, within = over_f @ s @ over_e, over_f @ (s * (1 - s)) @ over_e
    epistemic = over_f @ np.square(s @ over_e - p)
    assert split.probability[0] == pytest.approx(p, abs=1e-7)
    assert (split.aleatoric**2 - split.latent**2)[0] == pytest.approx(within, abs=1e-6)
    assert split.epistemic[0] ** 2 == pytest.approx(epistemic, abs=1e-6)


def test_an_unsure_latent_moves_no_epistemic_uncertainty_into_a_sure_model():
    split = decompose([[-1.0]], [[0.0]], [[2.0]])
    assert split.epistemic[0] == pytest.approx(0, abs=1e-15)
    assert split.latent[0] > 0.2


def test_log_odds_are_those_of_the_mixture():
    rng = np.random.default_rng(0)
    mean, variance = rng.normal(-3, 1, (5, 4)), rng.gamma(2, 1, (5, 4))
    split = decompose(mean, variance, np.ones((5, 4)))
    np.testing.assert_allclose(split.log_odds_mean, mean.mean(axis=0))
    np.testing.assert_allclose(split.log_odds_sd**2, variance.mean(axis=0) + mean.var(axis=0))


def test_any_window_of_cells_gives_the_same_bits():
    rng = np.random.default_rng(1)
    m = rng.normal(-4, 2, (3, 2500)), rng.gamma(1, 1, (3, 2500)), rng.gamma(1, 0.3, (3, 2500))
    whole = decompose(*m).maps()
    for window in (slice(0, 1), slice(7, 20), slice(1000, 2050)):
        for name, values in decompose(*(a[:, window] for a in m)).maps().items():
            np.testing.assert_array_equal(values, whole[name][window], err_msg=name)


def test_many_members_stay_within_the_budget(monkeypatch):
    monkeypatch.setattr(decomposition, "_BUDGET", 1)
    mean = np.linspace(-3, 1, 12).reshape(4, 3)
    small = decompose(mean, 0.1 + 0 * mean, 0 * mean)
    monkeypatch.undo()
    large = decompose(mean, 0.1 + 0 * mean, 0 * mean)
    np.testing.assert_array_equal(small.epistemic, large.epistemic)


def test_cells_without_evidence_stay_without_values():
    split = decompose([[np.nan, 0.0]], [[np.nan, 1.0]], [[np.nan, 1.0]])
    for values in split.maps().values():
        assert np.isnan(values[0])
        assert np.isfinite(values[1])


def test_the_order_of_members_and_cells_does_not_matter():
    rng = np.random.default_rng(2)
    m = [rng.normal(-3, 1, (4, 6)), rng.gamma(1, 1, (4, 6)), rng.gamma(1, 1, (4, 6))]
    cells = rng.permutation(6)
    split, other = decompose(*m), decompose(*(a[::-1, cells] for a in m))
    for name, values in split.maps().items():
        np.testing.assert_allclose(values[cells], other.maps()[name], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0], [0.0], [0.0]), r"mean has shape \(1,\); expected \(members, cells\)"),
        (([[0.0]], [[0.0, 1.0]], [[0.0]]), r"variance has shape \(1, 2\); mean has \(1, 1\)"),
        (([[0.0]], [[0.0]], [[-0.5]]), r"latent is negative in places \(smallest -0.5\)"),
    ],
)
def test_moments_that_cannot_be_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        decompose(*arguments)
