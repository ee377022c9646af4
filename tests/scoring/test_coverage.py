import numpy as np
import pytest
from scipy.special import expit

from mineral_prospectivity.scoring.coverage import (
    interval_coverage,
    mean_width,
    probability_variance,
)
from mineral_prospectivity.uq.interval import probability_interval


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_a_model_that_knows_its_doubt_covers_at_the_level(level):
    rng = np.random.default_rng(0)
    mean, variance = rng.normal(-3, 1, (1, 20_000)), rng.gamma(2, 0.5, (1, 20_000))
    truth = expit(mean[0] + np.sqrt(variance[0]) * rng.normal(size=20_000))
    lower, upper = probability_interval(mean, variance, level)
    assert interval_coverage(truth, lower, upper) == pytest.approx(level, abs=0.015)


def test_weights_and_widths():
    assert interval_coverage([0.1, 0.5], [0, 0], [0.2, 0.2], [3, 1]) == 0.75
    assert mean_width([0.0, 0.1], [0.2, 0.5], [1, 3]) == pytest.approx(0.35)
    assert probability_variance([0.0, 1.0], [1, 3]) == pytest.approx(0.1875)
