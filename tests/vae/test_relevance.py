"""Prior scales that the marginal likelihood chooses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from mineral_prospectivity.vae.laplace import LogisticProblem
from mineral_prospectivity.vae.relevance import relevance_scales

ROWS = 1500


@pytest.fixture
def problem():
    """Two groups of four columns: the first tells of the labels, the second nothing."""
    rng = np.random.default_rng(0)
    columns = np.column_stack([np.ones(ROWS), rng.normal(size=(ROWS, 8))])
    logits = columns[:, 1:5] @ np.array([1.5, -1.0, 0.8, -1.2]) - 2
    labels = (rng.random(ROWS) < 1 / (1 + np.exp(-logits))).astype(float)
    scale = torch.tensor([3.0] + [0.5] * 8, dtype=torch.float64)
    return {
        "columns": torch.from_numpy(columns),
        "groups": torch.tensor([-1] + [0] * 4 + [1] * 4),
        "scale": scale,
        "labels": torch.from_numpy(labels),
        "counts": torch.ones(ROWS, dtype=torch.float64),
        "prior": torch.zeros(9, dtype=torch.float64),
        "tempering": 1.0,
    }


def log_evidence(problem, scales):
    """Laplace's approximation of the log marginal likelihood."""
    scale = torch.tensor([3.0] + [scales[0]] * 4 + [scales[1]] * 4, dtype=torch.float64)
    logistic = LogisticProblem(
        problem["columns"] * scale, problem["labels"], problem["counts"], problem["prior"]
    )
    mode = logistic.minimise(problem["prior"])
    return -float(logistic.objective(mode) + logistic.cholesky(mode).diagonal().log().sum())


def test_a_group_that_tells_gets_room_and_one_that_does_not_is_shrunk(problem):
    scale, _ = relevance_scales(**problem, strength=0.5)
    assert scale[0] == 3.0
    assert (scale[1:5] == scale[1]).all()
    assert scale[1] > 0.9
    assert scale[5] < 0.25


def test_it_is_the_maximum_of_the_marginal_likelihood(problem):
    scale, _ = relevance_scales(**problem, strength=1e-6)
    found = np.array([float(scale[1]), float(scale[5])])
    best = minimize(
        lambda log_scales: -log_evidence(problem, np.exp(log_scales)),
        np.log([1.0, 0.2]),
        method="Nelder-Mead",
        bounds=[(np.log(0.05), np.log(8))] * 2,
    )
    assert log_evidence(problem, found) > -best.fun - 0.3  # nats, of about 600
    assert found[0] == pytest.approx(np.exp(best.x[0]), rel=0.05)


def test_a_strong_belief_keeps_the_first_scale(problem):
    scale, _ = relevance_scales(**problem, strength=1e9)
    torch.testing.assert_close(scale, problem["scale"], rtol=1e-6, atol=0)


def test_a_layer_without_values_keeps_its_scale(problem):
    problem["columns"][:, 5:] = 0.0
    scale, _ = relevance_scales(**problem, strength=2.0)
    torch.testing.assert_close(scale[5:], problem["scale"][5:])


def test_the_columns_unit_does_not_matter(problem):
    scale, _ = relevance_scales(**problem, strength=1.0)
    problem["columns"][:, 1:5] *= 10
    problem["scale"][1:5] /= 10
    torch.testing.assert_close(
        relevance_scales(**problem, strength=1.0)[0][1:5] * 10, scale[1:5], rtol=1e-4, atol=0
    )
