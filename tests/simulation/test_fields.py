"""Random fields: variance and correlation against the closed form."""

import numpy as np
import pytest
from scipy.special import gamma, kv

from mineral_prospectivity.simulation.fields import gaussian_field, stream


def matern(lag, scale, smoothness):
    z = np.sqrt(2 * smoothness) * lag / scale
    return 2 ** (1 - smoothness) / gamma(smoothness) * z**smoothness * kv(smoothness, z)


@pytest.mark.parametrize("smoothness", [0.5, 1.5, 2.5])
def test_correlation_is_matern(smoothness):
    fields = np.stack(
        [
            gaussian_field((64, 64), 100.0, 800.0, np.random.default_rng(i), smoothness)
            for i in range(200)
        ]
    )
    assert fields.mean() == pytest.approx(0.0, abs=0.03)
    assert fields.var() == pytest.approx(1.0, abs=0.03)
    for lag in (4, 8, 16):
        east = (fields[:, :, lag:] * fields[:, :, :-lag]).mean()
        assert east == pytest.approx(matern(100.0 * lag, 800.0, smoothness), abs=0.04)


def test_two_scales_give_anisotropy():
    fields = np.stack(
        [
            gaussian_field((48, 48), 100.0, (1600.0, 400.0), np.random.default_rng(i))
            for i in range(200)
        ]
    )
    north = (fields[:, 8:] * fields[:, :-8]).mean()
    east = (fields[:, :, 8:] * fields[:, :, :-8]).mean()
    assert north == pytest.approx(matern(800.0, 1600.0, 1.5), abs=0.05)
    assert east == pytest.approx(matern(800.0, 400.0, 1.5), abs=0.05)


def test_opposite_edges_are_not_correlated():
    fields = np.stack(
        [gaussian_field((32, 32), 100.0, 800.0, np.random.default_rng(i)) for i in range(400)]
    )
    assert abs((fields[:, 0] * fields[:, -1]).mean()) < 0.1


def test_each_part_has_its_own_stream():
    draws = [stream(*key).random() for key in ((1, "a"), (1, "a"), (1, "b"), (2, "a"))]
    assert draws[0] == draws[1]
    assert len(set(draws)) == 3
