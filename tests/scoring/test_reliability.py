import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from mineral_prospectivity.scoring.binning import equal_mass_bins
from mineral_prospectivity.scoring.calibration_line import calibration_line
from mineral_prospectivity.scoring.reliability import reliability
from mineral_prospectivity.scoring.sample import UndefinedMetricError


def simulated(cells=20_000, seed=0):
    rng = np.random.default_rng(seed)
    p = expit(rng.normal(-3, 1.5, cells))
    return (rng.random(cells) < p).astype(float), p


def test_bins_hold_equal_weight_and_ties_stay_together():
    values, weights = np.arange(12.0), np.ones(12)
    np.testing.assert_array_equal(equal_mass_bins(values, weights, 3), np.repeat([0, 1, 2], 4))
    np.testing.assert_array_equal(
        equal_mass_bins(np.array([1.0, 1, 1, 1, 2]), np.ones(5), 5), [0, 0, 0, 0, 1]
    )
    np.testing.assert_array_equal(
        equal_mass_bins(np.array([1.0, 2, 3]), np.array([2.0, 1, 1]), 2), [0, 1, 1]
    )


def test_errors_by_hand():
    found = reliability([0, 1, 1, 1], [0.25, 0.25, 0.5, 0.5], bins=2)
    np.testing.assert_allclose(found.table["observed"], [0.5, 1])
    assert found.expected.value == pytest.approx((0.25 + 0.5) / 2)
    assert found.largest.value == 0.5
    weighted = reliability([0, 1, 1, 1], [0.25, 0.25, 0.5, 0.5], [3, 3, 1, 1], bins=1)
    assert weighted.expected.value == pytest.approx(5 / 8 - (6 * 0.25 + 2 * 0.5) / 8)


def test_a_perfect_model_has_an_error_above_zero_but_inside_its_band():
    inside = 0
    for seed in range(20):
        found = reliability(*simulated(3000, seed), seed=seed)
        assert found.expected.value > 0
        inside += found.expected.null_low <= found.expected.value <= found.expected.null_high
    assert inside >= 17


def test_a_model_that_is_too_sure_lies_outside_the_band():
    y, p = simulated()
    found = reliability(y, expit(2 * logit(p)))
    assert found.expected.value > found.expected.null_high
    assert found.largest.value > found.largest.null_high
    assert found.coverage() < 0.5
    assert reliability(y, p).coverage() > 0.8


def test_the_bands_of_a_sampled_background_are_those_of_the_whole():
    """A row that stands for ten cells is ten draws, not one that counts ten times."""
    rng = np.random.default_rng(3)
    p = expit(rng.normal(-4, 1, 30_000))
    y = (rng.random(30_000) < p).astype(float)
    kept = (y == 1) | (rng.random(30_000) < 0.1)
    w = np.where(y == 1, 1.0, (y == 0).sum() / (kept & (y == 0)).sum())[kept]
    whole, part = reliability(y, p), reliability(y[kept], p[kept], w)
    widths = [one.table["null_high"] - one.table["null_low"] for one in (whole, part)]
    np.testing.assert_allclose(widths[1], widths[0], rtol=0.25)
    assert part.coverage() > 0.7
    wrong = [reliability(y, p / 3), reliability(y[kept], p[kept] / 3, w)]
    assert wrong[1].coverage() == pytest.approx(wrong[0].coverage(), abs=0.15)
    assert wrong[1].coverage() < 0.5


def test_the_same_seed_draws_the_same_band():
    y, p = simulated(500)
    assert reliability(y, p, seed=3).expected == reliability(y, p, seed=3).expected
    assert reliability(y, p, seed=3).expected != reliability(y, p, seed=4).expected


def test_the_line_is_the_unpenalised_logistic_regression():
    y, p = simulated(4000)
    w = np.random.default_rng(1).uniform(0.5, 3, len(y))
    line = calibration_line(y, expit(1 + 0.5 * logit(p)), w)
    model = LogisticRegression(C=np.inf, tol=1e-10)
    model.fit((1 + 0.5 * logit(p))[:, None], y, sample_weight=w)
    assert line.slope == pytest.approx(model.coef_[0, 0], rel=1e-4)
    assert line.intercept == pytest.approx(model.intercept_[0], rel=1e-4)


def test_a_known_distortion_shows_in_the_line():
    y, p = simulated(100_000)
    line = calibration_line(y, expit(1 + 0.5 * logit(p)))
    assert line.slope == pytest.approx(2, abs=0.05)
    assert line.intercept == pytest.approx(-2, abs=0.1)
    shifted = calibration_line(y, expit(logit(p) - 0.7))
    assert shifted.in_the_large == pytest.approx(0.7, abs=0.05)


@pytest.mark.parametrize(
    ("labels", "probability", "reason"),
    [
        ([0, 1, 1], [0.2, 0.2, 0.2], "p is the same in every cell"),
        ([0, 1, 1], [0.0, 0.2, 0.3], "p is exactly 0 or 1 in 1 cells"),
        ([0, 1, 1], [0.1, 0.2, 0.3], "p separates the classes"),
        ([1, 1, 1], [0.1, 0.2, 0.3], "there is no background cell"),
        ([0, 1, 1], [-0.5, 0.2, 0.3], r"p lies in -0\.5 to 0\.3: a score, no probability"),
    ],
)
def test_a_line_that_is_not_defined_says_why(labels, probability, reason):
    with pytest.raises(UndefinedMetricError, match=reason):
        calibration_line(labels, probability)
