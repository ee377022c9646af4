r"""From the probability of a *known* deposit to that of a deposit, and of one still to be found.

Labels are positive and unlabelled, not positive and negative. With y = 1 where there is a deposit
and s = 1 where one is known, a calibrated model gives p = P(s = 1 | x). When the known deposits
are a fair sample of all (SCAR: a deposit is known with probability c, whatever its evidence), then
with r = (1 - c) / c undiscovered deposits for each known one [1]_

.. math:: P(y = 1 \mid x) = p / c = (1 + r)\, p, \qquad P(y = 1 \mid x, s = 0) = r\, p / (1 - p).

Both rise with p, so no order of cells depends on r; every probability does. Mineral resource
assessments state r as a number of undiscovered deposits [2]_.

References
----------
.. [1] Elkan and Noto (2008), Learning classifiers from only positive and unlabeled data, KDD,
   doi:10.1145/1401890.1401920.
.. [2] Singer (1993), Basic concepts in three-part quantitative assessments of undiscovered mineral
   resources, Nonrenewable Resources 2, doi:10.1007/BF02272804.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_SURE = 1e-12
"""A p nearer to 1 than this counts as this near, so that nothing is divided by 0."""


def undiscovered_per_known(undiscovered: float | None, known: int) -> float | None:
    """Return r, the undiscovered deposits for each known one; None where no number is given.

    Parameters
    ----------
    undiscovered
        Deposits expected to be undiscovered on the map, >= 0.
    known
        Known deposits on the map.

    Raises
    ------
    ConfigurationError
        When there is no known deposit to compare with.
    """
    if undiscovered is None:
        return None
    if known < 1:
        msg = (
            f"risk.economics.undiscovered_deposits = {undiscovered:g}: no known deposit lies on "
            "the map, so nothing can be said for each of them; set it to null"
        )
        raise ConfigurationError(msg)
    return undiscovered / known


def deposits_per_cell(deposits: float, positive: float) -> float:
    """Return how many deposits a positive cell stands for, at most 1.

    A buffer or a polygon makes several cells positive for one deposit, and p is the probability of
    a positive cell: each of them holds the deposit with this chance. Points in one cell are one
    discovery.

    Parameters
    ----------
    deposits
        Known deposits.
    positive
        Cells that they make positive.

    Examples
    --------
    >>> deposits_per_cell(2, 26), deposits_per_cell(7, 6)
    (0.077, 1.0)
    """
    return min(deposits / positive, 1.0) if positive else 1.0


def deposit_probability(probability: ArrayLike, per_known: float) -> NDArray[np.float64]:
    """Return P(y = 1 | x): that a cell holds a deposit, known or not.

    Where it would exceed 1 the labels contradict so many undiscovered deposits; it is 1 there.

    Parameters
    ----------
    probability
        p of a known deposit, any shape.
    per_known
        r, undiscovered deposits for each known one.

    Examples
    --------
    >>> deposit_probability([0.1, 0.3], per_known=3.0)
    array([0.4, 1. ])
    """
    p = np.asarray(probability, dtype=np.float64)
    chance: NDArray[np.float64] = np.minimum((1 + per_known) * p, 1.0)
    return chance


def discovery_probability(probability: ArrayLike, per_known: float | None) -> NDArray[np.float64]:
    """Return P(y = 1 | x, s = 0): that a cell without a known deposit holds one.

    Parameters
    ----------
    probability
        p of a known deposit, any shape.
    per_known
        r, undiscovered deposits for each known one. None takes p as it is: right, where p is
        small, when as many deposits are undiscovered as known.

    Examples
    --------
    >>> discovery_probability([0.2, 0.9], per_known=0.5)
    array([0.125, 1.   ])
    """
    p = np.asarray(probability, dtype=np.float64)
    if per_known is None:
        return p
    chance: NDArray[np.float64] = np.minimum(per_known * p / np.maximum(1 - p, _SURE), 1.0)
    return chance


def discovery_sd(
    probability: ArrayLike, sd: ArrayLike, per_known: float | None
) -> NDArray[np.float64]:
    """Return the SD of :func:`discovery_probability`, by the delta method.

    No SD of a probability with mean q exceeds sqrt(q (1 - q)), so this one does not either.

    Parameters
    ----------
    probability, sd
        Mean and SD of p, one shape.
    per_known
        As in :func:`discovery_probability`.

    Examples
    --------
    >>> discovery_sd([0.2, 0.9], [0.04, 0.04], per_known=0.5)
    array([0.03125, 0.     ])
    """
    p, spread = np.asarray(probability, dtype=np.float64), np.asarray(sd, dtype=np.float64)
    if per_known is None:
        return spread
    mean = discovery_probability(p, per_known)
    delta = per_known * spread / np.maximum(1 - p, _SURE) ** 2
    bounded: NDArray[np.float64] = np.minimum(delta, np.sqrt(mean * (1 - mean)))
    return bounded


def break_even(chance: float, per_known: float | None) -> float:
    """Return the p of a known deposit at which the chance of a discovery is ``chance``, at most 1.

    Parameters
    ----------
    chance
        Chance of a discovery, positive; from 1 on only a certain deposit could reach it.
    per_known
        As in :func:`discovery_probability`.

    Examples
    --------
    >>> break_even(0.125, per_known=0.5)
    0.2
    """
    if chance >= 1:
        return 1.0
    return chance if per_known is None else chance / (chance + per_known)
