"""Bayesian logistic regression of one fit, by Laplace's approximation."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

INFORMATION_FLOOR = 0.02
"""Directions that the data inform by less than this share of the prior are left to the prior: no
variance is overstated by more, which is half of it in the standard deviation."""

NEWTON_STEPS = 100
NEWTON_TOLERANCE = 1e-6
SHORTEST_STEP = 1e-3


class LaplacePosterior(NamedTuple):
    """Gaussian posterior of the weights of one head."""

    weights: Tensor
    """Maximum a posteriori weights, shape ``(columns,)``."""
    precision: Tensor
    """H, shape ``(columns, columns)``; the prior contributes the identity."""

    def informed(self) -> Tensor:
        """Return U of ``H^-1 = I - U U'``, shape ``(columns, rank)``.

        Along an eigenvector of H with eigenvalue h the variance is 1 / h. Where h - 1 is below
        the floor, the prior's variance of 1 is kept: no cell's variance changes by more than
        that share of itself.
        """
        values, vectors = torch.linalg.eigh(self.precision)
        kept = values > 1 + INFORMATION_FLOOR
        informed: Tensor = vectors[:, kept] * (1 - 1 / values[kept]).sqrt()
        return informed

    def variance(self, phi: Tensor) -> Tensor:
        """Return ``phi' H^-1 phi`` of each row of phi, shape ``(rows,)``."""
        factor = torch.linalg.cholesky(self.precision)
        whitened: Tensor = torch.linalg.solve_triangular(factor, phi.T, upper=False)
        return whitened.square().sum(dim=0)


class NewtonStep(NamedTuple):
    """Weights after a step, and the Cholesky factor of the second derivative before it."""

    weights: Tensor
    factor: Tensor


class LogisticProblem(NamedTuple):
    """The negative log posterior of a logistic regression with prior N(prior, I)."""

    phi: Tensor
    labels: Tensor
    counts: Tensor
    prior: Tensor

    def objective(self, weights: Tensor) -> Tensor:
        """Return the negative log posterior, up to a constant."""
        logits = torch.mv(self.phi, weights)
        losses = functional.softplus(logits) - self.labels * logits
        likelihood: Tensor = torch.dot(self.counts, losses)
        return likelihood + 0.5 * (weights - self.prior).square().sum()

    def gradient(self, weights: Tensor) -> Tensor:
        """Return its gradient."""
        error = torch.sigmoid(torch.mv(self.phi, weights)) - self.labels
        return weights - self.prior + torch.mv(self.phi.T, self.counts * error)

    def cholesky(self, weights: Tensor) -> Tensor:
        """Return the Cholesky factor of the second derivative, summed in single precision."""
        probability = torch.sigmoid(torch.mv(self.phi, weights))
        information = self.counts * probability * (1 - probability)
        factor: Tensor = torch.linalg.cholesky(
            _precision(self.phi.float(), information.float()).to(weights)
        )
        return factor

    def descend(self, weights: Tensor) -> NewtonStep:
        """Take one of Newton's steps, halved until the objective falls enough.

        The direction is of single precision, at half the cost: it only has to lead downhill, and
        the gradient that decides where to stop is in double.
        """
        gradient, factor = self.gradient(weights), self.cholesky(weights)
        step = torch.cholesky_solve(gradient.unsqueeze(1), factor).squeeze(1)
        objective, decrement, length = self.objective(weights), torch.dot(gradient, step), 1.0
        while (
            length > SHORTEST_STEP
            and self.objective(weights - length * step) > objective - 1e-4 * length * decrement
        ):
            length /= 2
        return NewtonStep(weights - length * step, factor)

    def minimise(self, weights: Tensor) -> Tensor:
        """Return the mode, by Newton's method from the given weights."""
        for _ in range(NEWTON_STEPS):
            if self.gradient(weights).norm() < NEWTON_TOLERANCE:
                break
            weights = self.descend(weights).weights
        return weights


def fit_weights(
    phi: Tensor,
    labels: Tensor,
    counts: Tensor,
    *,
    prior: Tensor,
    tempering: float,
    precision_tempering: float = 1.0,
    start: Tensor | None = None,
) -> LaplacePosterior:
    """Fit the weights of one head by Newton's method.

    The prior is N(prior, I), and the likelihood is raised to a power, one for the mode and one
    for the precision: their width was set on simulated regions, where intervals can be held
    against the known p. The precision takes the information halfway to the base rate,
    ``sqrt(p (1 - p) pi (1 - pi))``: with ``p (1 - p)`` the variance would be large wherever p is
    near 0.

    Parameters
    ----------
    phi
        Features, shape ``(rows, columns)``, double precision.
    labels
        0 or 1, shape ``(rows,)``.
    counts
        Cells of the map that a row stands for, shape ``(rows,)``.
    prior
        Prior mean of the weights, shape ``(columns,)``.
    tempering
        Power for the mode: independent observations that a positive cell counts for, below 1
        where neighbours are one cluster.
    precision_tempering
        Power for the precision.
    start
        Weights near the mode, where they are known; by default those of the prior.
    """
    problem = LogisticProblem(phi, labels, tempering * counts, prior)
    weights = problem.minimise(prior if start is None else start)
    prevalence = (counts @ labels) / counts.sum()
    probability = torch.sigmoid(phi @ weights)
    spread = probability * (1 - probability) * prevalence * (1 - prevalence)
    return LaplacePosterior(weights, _precision(phi, precision_tempering * counts * spread.sqrt()))


def marginal_shift(mean: Tensor, variance: Tensor, labels: Tensor, counts: Tensor) -> float:
    """Return what to add to every logit so that the expected deposits are those observed.

    With few deposits the posterior of a logit is skewed, and E[sigmoid] over its Gaussian around
    the mode is too large: the map would promise more deposits than there are. Solves
    ``sum counts * (E sigmoid(N(mean + shift, variance)) - labels) = 0`` by Newton's method; the
    left side increases with the shift.

    Parameters
    ----------
    mean, variance
        Gaussian of the logit of each row, shape ``(rows,)``.
    labels
        0 or 1, shape ``(rows,)``.
    counts
        Cells of the map that a row stands for, shape ``(rows,)``.
    """
    logits, masses = _quadrature(mean, variance)
    shift = 0.0
    for _ in range(NEWTON_STEPS):
        probability = torch.sigmoid(logits + shift)
        expected = probability @ masses
        slope = (probability * (1 - probability)) @ masses
        step = float((counts @ (expected - labels)) / (counts @ slope))
        shift -= max(-1.0, min(1.0, step))
        if abs(step) < NEWTON_TOLERANCE:
            break
    return shift


def expected_probability(mean: Tensor, variance: Tensor) -> Tensor:
    """Return E[sigmoid] of Gaussian logits, shape ``(rows,)`` as both arguments."""
    logits, masses = _quadrature(mean, variance)
    expected: Tensor = torch.sigmoid(logits) @ masses
    return expected


def _quadrature(mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """Return logits ``(rows, nodes)`` and masses ``(nodes,)`` of a Gauss-Hermite rule."""
    nodes, masses = (torch.from_numpy(a).to(mean) for a in np.polynomial.hermite.hermgauss(16))
    logits = mean.unsqueeze(1) + (2 * variance).sqrt().unsqueeze(1) * nodes
    return logits, masses / math.sqrt(math.pi)


def _precision(phi: Tensor, information: Tensor) -> Tensor:
    rooted = phi * information.sqrt().unsqueeze(1)
    return rooted.T @ rooted + torch.eye(phi.shape[1], dtype=phi.dtype, device=phi.device)
