import numpy as np
import pytest
from scipy.special import expit

from mineral_prospectivity.uq.quadrature import (
    LATENT_NODES,
    MODEL_NODES,
    gauss_hermite,
    sigmoid_inplace,
)


@pytest.mark.parametrize("count", [1, 2, 8, 16, 64])
def test_weights_sum_to_one_and_the_mean_is_zero(count):
    nodes, weights = gauss_hermite(count)
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    assert (nodes * weights).sum() == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize(
    ("count", "spread", "error"),
    [(MODEL_NODES, 1, 1e-8), (MODEL_NODES, 2, 3e-5), (MODEL_NODES, 3, 6e-4),
     (LATENT_NODES, 0.5, 1e-9), (LATENT_NODES, 1, 4e-6)],
)  # fmt: skip
def test_the_stated_accuracy_holds(count, spread, error):
    centre = np.linspace(-12, 12, 481)[:, None]

    def mean(nodes):
        x, w = gauss_hermite(nodes)
        return expit(centre + spread * x) @ w

    assert np.abs(mean(count) - mean(200)).max() < error


def test_the_sigmoid_is_accurate_where_it_is_tiny_and_never_overflows():
    logit = np.array([-1000.0, -700.0, -20.0, 0.0, 3.0, 700.0, 1000.0])
    np.testing.assert_allclose(sigmoid_inplace(logit.copy()), expit(logit), rtol=1e-14)


def test_a_rule_cannot_be_changed_by_its_user():
    with pytest.raises(ValueError, match="read-only"):
        gauss_hermite(4)[0][0] = 0
