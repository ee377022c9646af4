"""How much of the logit each group of columns explains: prior scales that the data choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from mineral_prospectivity.vae.laplace import LogisticProblem

if TYPE_CHECKING:
    from torch import Tensor

ROUNDS = 10
"""The scales then move by less than two deals of the background sample differ."""

SCALES = (0.05, 8.0)
"""Bounds of a scale: beyond them a group says nothing, or all."""


def relevance_scales(
    columns: Tensor,
    groups: Tensor,
    scale: Tensor,
    labels: Tensor,
    counts: Tensor,
    *,
    prior: Tensor,
    tempering: float,
    strength: float,
) -> tuple[Tensor, Tensor]:
    r"""Return the prior scales that maximise the marginal likelihood, a group of columns each.

    With them come the weights of the last step, from which it is not far to the mode.

    With a the posterior mode of a group's n weights (prior N(0, I)) and V their posterior
    variances, the scale is multiplied by

    .. math:: \sqrt{\frac{|a|^2 + \nu (s_0 / s)^2}{n - \sum V + \nu}}

    after each of Newton's steps to the mode: MacKay's re-estimation [1]_, where ``n - sum(V)`` is
    the number of weights that the data determine, with nu weights' worth of belief in the first
    scale. A layer that tells nothing is shrunk, one that tells much is given room, and no
    held-out cell is asked.

    Parameters
    ----------
    columns
        Columns of phi before they are scaled, shape ``(rows, columns)``, double precision.
    groups
        Group of each column, shape ``(columns,)``; columns of group -1 keep their scale.
    scale
        First scale of each column, shape ``(columns,)``.
    labels, counts
        0 or 1, and the cells of the map that a row stands for, shape ``(rows,)``.
    prior
        Prior mean of the weights, shape ``(columns,)``, 0 in all groups.
    tempering
        Power of the likelihood.
    strength
        nu.

    References
    ----------
    .. [1] MacKay (1992), The evidence framework applied to classification networks, Neural
       Computation 4(5).
    """
    grouped = groups >= 0
    index, count = groups[grouped], int(groups.max()) + 1
    sizes = torch.bincount(index, minlength=count)
    factor, weights = scale.new_ones(count), prior
    for _ in range(ROUNDS):
        problem = LogisticProblem(columns * scale, labels, tempering * counts, prior)
        weights, precision = problem.descend(weights)
        variances = torch.cholesky_inverse(precision).diagonal()
        determined = sizes - scale.new_zeros(count).index_add(0, index, variances[grouped])
        length = scale.new_zeros(count).index_add(0, index, weights[grouped].square())
        change = ((length + strength / factor.square()) / (determined + strength)).sqrt()
        change = (factor * change).clamp(*SCALES) / factor
        factor = factor * change
        scale = scale.clone()
        scale[grouped] *= change[index]
        weights = weights.clone()
        weights[grouped] /= change[index]
    return scale, weights
