"""The Gaussian of the logit that each member gives for each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class LogitMoments:
    """Moments of the logit, a member and a cell.

    Parameters
    ----------
    mean
        Mean logit, ``(members, cells)``, float64.
    variance
        Variance for what is not known of the member's head, same shape, >= 0.
    latent
        Variance that the latent posterior q(z|x) adds, same shape, >= 0.
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    latent: NDArray[np.float64]

    @classmethod
    def of(cls, mean: ArrayLike, variance: ArrayLike, latent: ArrayLike) -> LogitMoments:
        """Return the moments as float64 arrays of one shape, checked.

        Raises
        ------
        ValueError
            When a shape is not ``(members, cells)``, shapes differ or a variance is negative.
        """
        arrays = {
            name: np.ascontiguousarray(values, dtype=np.float64)
            for name, values in (("mean", mean), ("variance", variance), ("latent", latent))
        }
        shape = arrays["mean"].shape
        if len(shape) != 2 or shape[0] == 0:  # noqa: PLR2004 - two axes, named in the message
            msg = f"mean has shape {shape}; expected (members, cells) with at least one member"
            raise ValueError(msg)
        for name in ("variance", "latent"):
            if arrays[name].shape != shape:
                msg = f"{name} has shape {arrays[name].shape}; mean has {shape}"
                raise ValueError(msg)
            if (arrays[name] < 0).any():
                msg = f"{name} is negative in places (smallest {np.nanmin(arrays[name]):g})"
                raise ValueError(msg)
        return cls(**arrays)
