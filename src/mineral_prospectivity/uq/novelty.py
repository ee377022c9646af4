"""How unlike anything held out the evidence of a cell is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_KNOTS = 1001  # every 0.1 per cent


@dataclass(frozen=True)
class NoveltyScale:
    """From the mean squared standardised residual of a cell to its percentile.

    The models clip each residual at 3 standard deviations before it is squared, so that one odd
    band does not drown all others; their mean so ends at 9.

    The percentile is the weighted share of held-out cells whose residual is smaller, with half
    of those that are equal, interpolated between them: 50 is as usual as a held-out cell can be,
    99 means that one held-out cell in a hundred fits worse. Below the smallest held-out residual
    it is 0; **100 means beyond every held-out cell**: no held-out cell fitted worse, and how much
    farther it lies can no longer be told.

    Parameters
    ----------
    residuals
        Knots, ascending and distinct: residuals of held-out cells.
    percentiles
        Their percentiles, in (0, 100).
    """

    residuals: tuple[float, ...]
    percentiles: tuple[float, ...]

    @classmethod
    def fit(cls, residual: ArrayLike, weights: ArrayLike | None = None) -> NoveltyScale:
        """Return the scale of held-out residuals, thinned to about a thousand knots.

        Parameters
        ----------
        residual
            Mean over features and members of the squared standardised residual, clipped as above,
            ``(cells,)``, from fits that never saw the cell; NaN is left out.
        weights
            Sampling weights, ``(cells,)``; None weighs every cell alike.

        Raises
        ------
        ValueError
            When no residual is finite.
        """
        values = np.asarray(residual, dtype=np.float64)
        share = np.ones_like(values) if weights is None else np.asarray(weights, dtype=np.float64)
        usable = np.isfinite(values) & (share > 0)
        if not usable.any():
            msg = "novelty: none of the held-out residuals is a finite number"
            raise ValueError(msg)
        distinct, group = np.unique(values[usable], return_inverse=True)
        mass = np.bincount(group, weights=share[usable])
        percent = 100 * (np.cumsum(mass) - mass / 2) / mass.sum()
        keep = _thin(percent)
        return cls(tuple(distinct[keep].tolist()), tuple(percent[keep].tolist()))

    def percentile(self, residual: ArrayLike) -> NDArray[np.float64]:
        """Return the percentile of each residual, in [0, 100], NaN where it is NaN.

        Examples
        --------
        >>> NoveltyScale.fit([1.0, 2.0, 3.0, 4.0]).percentile([0.5, 2.0, 2.5, 9.0])
        array([  0. ,  37.5,  50. , 100. ])
        """
        values = np.asarray(residual, dtype=np.float64)
        percent: NDArray[np.float64] = np.interp(
            values, self.residuals, self.percentiles, left=0.0, right=100.0
        )
        return np.where(np.isnan(values), np.nan, percent)

    def to_dict(self) -> dict[str, Any]:
        """Return the scale as plain values for JSON."""
        return {"residuals": list(self.residuals), "percentiles": list(self.percentiles)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NoveltyScale:
        """Return the scale that ``to_dict`` wrote."""
        return cls(tuple(values["residuals"]), tuple(values["percentiles"]))


def _thin(percent: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return which knots to keep: near every 0.1 per cent, and both ends."""
    if len(percent) <= _KNOTS:
        return np.arange(len(percent))
    nearest = np.searchsorted(percent, np.linspace(percent[0], percent[-1], _KNOTS))
    return np.unique(np.clip(nearest, 0, len(percent) - 1))
