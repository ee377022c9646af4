"""What training gives, whatever the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from mineral_prospectivity.vae.bundle import MemberBundle


@dataclass(frozen=True)
class Pack:
    """Trained members.

    Parameters
    ----------
    bundles
        The full fit of each member, for the map.
    out_of_fold
        Logit of every cell by fits that never saw its fold, one row a member and cell: ``member,
        cell, fold, mean, variance, latent, residual``, ascending.
    inner
        Logit of the calibration cells by fits that saw neither their fold nor fold ``outer``:
        ``member, cell, outer, fold, mean, variance, latent, weight``; empty when not nested.
    permuted
        Mean logit of the calibration cells by fits that never saw their fold, as they are and
        with each layer shuffled: see :func:`~mineral_prospectivity.vae.permutation.permuted_table`.
    history
        Losses of every fit: ``step, fit, member, loss, reconstruction, kl, bce, active_units``;
        where the context of cells was tried, of the fits without and with it (``context``).
    """

    bundles: dict[int, MemberBundle]
    out_of_fold: pd.DataFrame
    inner: pd.DataFrame
    permuted: pd.DataFrame
    history: pd.DataFrame
