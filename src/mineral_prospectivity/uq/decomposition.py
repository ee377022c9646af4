"""Probability of a cell and where its uncertainty comes from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.uq.moments import LogitMoments
from mineral_prospectivity.uq.quadrature import (
    LATENT_NODES,
    MODEL_NODES,
    gauss_hermite,
    sigmoid_inplace,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_CHUNK = 1024  # cells at once: the quadrature points of one member stay in the cache
_BUDGET = 1 << 22  # quadrature points of all members held at once, 32 MiB
_Rule = tuple["NDArray[np.float64]", "NDArray[np.float64]"]  # nodes and weights
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Decomposition:
    """Probability and uncertainties of cells, each ``(cells,)``, float64.

    All spreads are standard deviations of the 0/1 outcome, so that ``aleatoric**2 +
    epistemic**2 == total**2 == p * (1 - p)``.

    Parameters
    ----------
    probability
        p, the mean over members, their heads and the latent posterior.
    aleatoric
        What would remain if the model were known; it includes ``latent``.
    latent
        The part of ``aleatoric`` that comes from the width of q(z|x).
    epistemic
        What is not known of the model: spread of p over members and over their heads.
    total
        sqrt(p(1-p)).
    mutual_information
        Entropy of p that knowing the model would remove (BALD), nats.
    log_odds_mean
        Mean logit of the mixture of N(m_k, v_k) over members k: the model alone, no latent.
    log_odds_sd
        SD of the same mixture.
    """

    probability: NDArray[np.float64]
    aleatoric: NDArray[np.float64]
    latent: NDArray[np.float64]
    epistemic: NDArray[np.float64]
    total: NDArray[np.float64]
    mutual_information: NDArray[np.float64]
    log_odds_mean: NDArray[np.float64]
    log_odds_sd: NDArray[np.float64]

    def maps(self) -> dict[str, NDArray[np.float64]]:
        """Return the arrays by name, in the order of the maps."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def decompose(
    mean: ArrayLike,
    variance: ArrayLike,
    latent: ArrayLike,
    *,
    model_nodes: int = MODEL_NODES,
    latent_nodes: int = LATENT_NODES,
) -> Decomposition:
    """Split the uncertainty of each cell into aleatoric, latent and epistemic parts.

    The logit is f + e: f follows the mixture over members of N(m_k, v_k), what is not known of
    the model, and e ~ N(0, l_k) the latent posterior. With g(f) the mean of sigmoid(f + e) over e,
    epistemic² = Var g, aleatoric² = E[g(1 - g)], which is E[s(1 - s)] + E[Var_e s], and
    mutual information = h(p) - E h(g). All are sums of terms that are never negative; nothing is
    sampled.

    Parameters
    ----------
    mean, variance, latent
        Mean logit m, model variance v and latent variance l, each ``(members, cells)``; a cell
        with NaN gives NaN.
    model_nodes, latent_nodes
        Nodes of the Gauss-Hermite rules. Where every v (every l) is 0, one node is exact and
        taken.

    Returns
    -------
    Decomposition
        Arrays ``(cells,)``. The result for a cell does not depend on the cells beside it.

    Raises
    ------
    ValueError
        When shapes differ or a variance is negative.

    References
    ----------
    Depeweg et al. 2018, Decomposition of uncertainty in Bayesian deep learning, ICML.
    Houlsby et al. 2011, Bayesian active learning for classification and preference learning,
    arXiv:1112.5745.

    Examples
    --------
    >>> split = decompose([[-2.0], [2.0]], [[0.0], [0.0]], [[0.0], [0.0]])
    >>> split.probability.round(3), split.epistemic.round(3)
    (array([0.5]), array([0.381]))
    """
    moments = LogitMoments.of(mean, variance, latent)
    members, cells = moments.mean.shape
    model = gauss_hermite(model_nodes if moments.variance.any() else 1)
    noise = gauss_hermite(latent_nodes if moments.latent.any() else 1)
    size = max(1, min(_CHUNK, _BUDGET // (len(model[0]) * members)))
    result = Decomposition(*(np.empty(cells) for _ in fields(Decomposition)))
    for start in range(0, cells, size):
        part = slice(start, start + size)
        chunk = LogitMoments(
            moments.mean[:, part], moments.variance[:, part], moments.latent[:, part]
        )
        for name, values in (_outcome(chunk, model, noise) | _log_odds(chunk)).items():
            getattr(result, name)[part] = values
    return result


def _outcome(chunk: LogitMoments, model: _Rule, noise: _Rule) -> dict[str, NDArray[np.float64]]:
    """Return the parts that speak of the 0/1 outcome, each ``(cells,)``."""
    members, cells = chunk.mean.shape
    g = np.empty((members, len(model[0]), cells))
    p, aleatoric, latent, epistemic, conditional = np.zeros((5, cells))
    for k in range(members):
        spread = _over_latent(chunk, k, model[0], noise, out=g[k])
        p += _weighted_sum(g[k], model[1])
        aleatoric += _weighted_sum(g[k] * (1 - g[k]), model[1])
        conditional += _weighted_sum(_entropy(g[k]), model[1])
        latent += _weighted_sum(spread, model[1])
    p = np.minimum(p / members, 1)  # weights that sum to 1 up to rounding may exceed it
    for k in range(members):
        g[k] -= p
        epistemic += _weighted_sum(np.square(g[k]), model[1])
    return {
        "probability": p,
        "aleatoric": np.sqrt(aleatoric / members),
        "latent": np.sqrt(latent / members),
        "epistemic": np.sqrt(epistemic / members),
        "total": np.sqrt(p * (1 - p)),
        # Never negative by Jensen's inequality, but for rounding.
        "mutual_information": np.maximum(_entropy(p) - conditional / members, 0),
    }


def _over_latent(
    chunk: LogitMoments,
    member: int,
    nodes: NDArray[np.float64],
    noise: _Rule,
    out: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Write the mean of the sigmoid over e to ``out``, return its variance: ``(nodes, cells)``."""
    f = chunk.mean[member] + nodes[:, None] * np.sqrt(chunk.variance[member])
    if len(noise[0]) == 1:
        out[...] = sigmoid_inplace(f)
        return np.zeros_like(f)
    step = np.sqrt(chunk.latent[member])
    s = np.empty((len(noise[0]), *f.shape))
    for i, x in enumerate(noise[0]):
        sigmoid_inplace(np.add(f, x * step, out=s[i]))
    np.minimum(_weighted_sum(s, noise[1]), 1, out=out)
    s -= out
    return _weighted_sum(np.square(s, out=s), noise[1])


def _log_odds(chunk: LogitMoments) -> dict[str, NDArray[np.float64]]:
    even = np.full(len(chunk.mean), 1 / len(chunk.mean))
    mean = _weighted_sum(chunk.mean, even)
    within = _weighted_sum(chunk.variance, even)
    between = _weighted_sum(np.square(chunk.mean - mean), even)
    return {"log_odds_mean": mean, "log_odds_sd": np.sqrt(within + between)}


def _weighted_sum(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over the first axis, row by row.

    A reduction that NumPy or BLAS may order by the number of cells would make the map of a cell
    depend on the window that it was computed in.
    """
    total: NDArray[np.float64] = values[0] * weights[0]
    term = np.empty_like(total)
    for value, weight in zip(values[1:], weights[1:], strict=True):
        np.multiply(value, weight, out=term)
        total += term
    return total


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Entropy of Bernoulli(p), nats; 0 at p = 0 and 1."""
    q = 1 - p
    nats: NDArray[np.float64] = p * np.log(np.maximum(p, _TINY))
    nats += q * np.log(np.maximum(q, _TINY))
    return -nats
