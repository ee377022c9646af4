"""What the latent spaces of all members share: one space to compare cells in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

LEAST_VARIANCE = 0.01
"""A direction in which cells vary less carries nothing, and is not blown up."""


@dataclass(frozen=True, eq=False)
class LatentSpace:
    """Components that the members' latent spaces have in common.

    Each member has axes of its own, in any order and turned at will. Its space is whitened, so
    that Euclidean distance in it is the Mahalanobis distance; the principal components of all
    whitened spaces side by side are what the members share (generalised canonical correlation
    [1]_). A component has variance 1 where all members have it, 1 / members where one alone has.
    The squared distance of two cells is therefore their squared Mahalanobis distance, mean over
    the members, but for what only single members see.

    Parameters
    ----------
    centre
        Mean of each member's latents, shape ``(members, latent)``.
    axes
        From the centred latents to the components, shape ``(members, latent, components)``.
    agreement
        Variance of each component, from 1 / members to 1, descending, shape ``(components,)``.

    References
    ----------
    .. [1] Kettenring (1971), Canonical analysis of several sets of variables, Biometrika 58
       (the MAXVAR criterion).
    """

    centre: Values
    axes: Values
    agreement: Values

    @classmethod
    def fit(cls, latent: NDArray[np.generic], weights: Values) -> LatentSpace:
        """Return the space of some cells.

        Parameters
        ----------
        latent
            Means of q(z|x), shape ``(members, cells, latent)``.
        weights
            Cells of the map that each stands for, shape ``(cells,)``.
        """
        values = np.asarray(latent, dtype=np.float64)
        share = weights / weights.sum()
        centre = np.einsum("c,mcl->ml", share, values)
        centred = values - centre[:, None]
        whitening = np.stack([_whitening(member, share) for member in centred])
        whitened = np.concatenate(centred @ whitening, axis=1) / np.sqrt(len(values))
        agreement, vectors = np.linalg.eigh(whitened.T @ (share[:, None] * whitened))
        largest = np.argsort(-agreement, kind="stable")[: values.shape[2]]
        kept = largest[agreement[largest] > LEAST_VARIANCE / len(values)]
        vectors = _signed(vectors[:, kept]) / np.sqrt(len(values))
        axes = whitening @ vectors.reshape(len(values), -1, len(kept))
        return cls(centre, axes, agreement[kept])

    def project(self, latent: NDArray[np.generic]) -> Values:
        """Return the components ``(cells, components)`` of latents ``(members, cells, latent)``."""
        centred = np.asarray(latent, dtype=np.float64) - self.centre[:, None]
        return np.asarray(np.einsum("mcl,mlk->ck", centred, self.axes))


def _whitening(centred: Values, share: Values) -> Values:
    """Return the matrix that gives latents unit covariance; idle directions become 0."""
    variance, vectors = np.linalg.eigh(centred.T @ (share[:, None] * centred))
    size = np.where(variance > LEAST_VARIANCE, 1 / np.sqrt(np.maximum(variance, 1e-300)), 0.0)
    return np.asarray(vectors * size)


def _signed(vectors: Values) -> Values:
    """Turn each vector so that its largest entry is positive: signs are not for chance."""
    largest = np.abs(vectors).argmax(axis=0)
    return np.asarray(vectors * np.sign(vectors[largest, np.arange(vectors.shape[1])]))
