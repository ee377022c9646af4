"""The evidence of all cells as fits read it: the same for all, but for the deposit density."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


@dataclass(frozen=True, eq=False)
class OwnBand:
    """A band whose values differ from fit to fit.

    Parameters
    ----------
    column
        Its place among the bands, continuous ones first.
    values
        Its values by plan, shape ``(plan, cells)``.
    fits
        Row of ``values`` that each fit reads, shape ``(fits,)``.
    """

    column: int
    values: Tensor
    fits: Tensor


@dataclass(frozen=True, eq=False)
class FitEvidence:
    """Evidence of all cells, as the fits of a stack read it.

    Parameters
    ----------
    values
        What all fits share, continuous bands first, shape ``(cells, bands)``.
    own
        The band that each fit knows in its own way, where there is one.
    """

    values: Tensor
    own: OwnBand | None = None

    @property
    def bands(self) -> int:
        """Number of bands."""
        return self.values.shape[1]

    def take(self, fits: Sequence[int]) -> FitEvidence:
        """Return the evidence as the given fits read it, in that order, repeats allowed."""
        if self.own is None:
            return self
        chosen = self.own.fits[torch.as_tensor(fits, device=self.own.fits.device)]
        return FitEvidence(self.values, replace(self.own, fits=chosen))

    def rows(self, rows: Tensor) -> Tensor:
        """Return the evidence of some rows, shape ``(fits, rows, bands)``.

        Parameters
        ----------
        rows
            Rows of each fit, shape ``(fits, rows)``.
        """
        found = self.values[rows]
        if self.own is not None:
            found[..., self.own.column] = self.own.values[self.own.fits.unsqueeze(1), rows]
        return found

    def whole(self) -> Tensor:
        """Return the evidence of all cells as one fit reads it, shape ``(1, cells, bands)``."""
        if self.own is None:
            return self.values.unsqueeze(0)
        return self.rows(torch.arange(len(self.values), device=self.values.device).unsqueeze(0))
