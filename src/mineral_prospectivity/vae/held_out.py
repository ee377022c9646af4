"""Predictions of cells by fits that never saw them, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from mineral_prospectivity.vae.head import GaussianProcessHead
from mineral_prospectivity.vae.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mineral_prospectivity.vae.batches import Fit
    from mineral_prospectivity.vae.cell_model import CellModel
    from mineral_prospectivity.vae.networks import StackedVae
    from mineral_prospectivity.vae.prepared import PreparedData


class HeldOutFits(Protocol):
    """Trained fits of some members, of any kind of model."""

    @property
    def members(self) -> list[int]:
        """Members, in order."""

    @property
    def plan(self) -> list[tuple[int, ...]]:
        """Folds that each fit of a member left out."""

    def without(self, left_out: tuple[int, ...]) -> CellModel:
        """Return the fits of all members that never saw the given folds."""


@dataclass(frozen=True, eq=False)
class TrainedFits:
    """All trained fits of some members.

    Parameters
    ----------
    prepared
        The data, and the transforms of the fits.
    fits
        What each network and head may see.
    network
        Autoencoders, in the order of ``fits``.
    heads
        Heads, in the order of ``fits``.
    """

    prepared: PreparedData
    fits: Sequence[Fit]
    network: StackedVae
    heads: Sequence[GaussianProcessHead]

    @property
    def members(self) -> list[int]:
        """Members, in order."""
        return list(dict.fromkeys(fit.member for fit in self.fits))

    @property
    def plan(self) -> list[tuple[int, ...]]:
        """Folds that each fit of a member left out."""
        return self.prepared.plan

    def without(self, left_out: tuple[int, ...]) -> Stack:
        """Return the fits of all members that never saw the given folds."""
        chosen = [number for number, fit in enumerate(self.fits) if fit.left_out == left_out]
        return Stack(
            self.prepared.transform(left_out),
            self.network.take(chosen),
            GaussianProcessHead.stack([self.heads[number] for number in chosen]),
        )


def out_of_fold_table(trained: HeldOutFits, prepared: PreparedData) -> pd.DataFrame:
    """Return each cell's moments by the fits without its fold.

    Parameters
    ----------
    trained
        Fits of some members.
    prepared
        The data that they were trained on.
    """
    folds = prepared.data.folds
    parts = [
        _predict(trained, (fold,), np.flatnonzero(folds == fold), prepared)
        for fold in single_folds(trained)
    ]
    return joined(parts, "member", "cell")


def inner_table(trained: HeldOutFits, prepared: PreparedData) -> pd.DataFrame:
    """Return the moments of calibration cells by fits without their fold and without another.

    Parameters
    ----------
    trained, prepared
        As in :func:`out_of_fold_table`.
    """
    pairs = [left_out for left_out in trained.plan if len(left_out) > 1]
    splits = [(pair, order) for pair in pairs for order in (pair, pair[::-1])]
    nowhere: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((), (-1, -1))]
    parts = []
    for left_out, (fold, outer) in splits or nowhere:  # an empty table has its columns, too
        rows, weights = prepared.sample.within(prepared.data.folds == fold)
        part = _predict(trained, left_out, rows, prepared)
        part.insert(2, "outer", np.int8(outer))
        part["weight"] = np.tile(weights, len(trained.members))
        parts.append(part.drop(columns="residual"))
    return joined(parts, "member", "outer", "cell")


def single_folds(trained: HeldOutFits) -> list[int]:
    """Return the folds that a fit left out alone."""
    return [left_out[0] for left_out in trained.plan if len(left_out) == 1]


def keys(
    trained: HeldOutFits, prepared: PreparedData, rows: NDArray[np.int64]
) -> dict[str, NDArray[np.integer[Any]]]:
    """Return what tells rows of a table apart, of one member after another."""
    members, data = trained.members, prepared.data
    return {
        "member": np.repeat(np.array(members, np.int32), len(rows)),
        "cell": np.tile(data.cells[rows], len(members)),
        "fold": np.tile(data.folds[rows], len(members)),
    }


def joined(parts: Sequence[pd.DataFrame], *order: str) -> pd.DataFrame:
    """Return one table of several, in the order of some of its columns."""
    return pd.concat(parts).sort_values(list(order), ignore_index=True)


def _predict(
    trained: HeldOutFits,
    left_out: tuple[int, ...],
    rows: NDArray[np.int64],
    prepared: PreparedData,
) -> pd.DataFrame:
    moments = trained.without(left_out).moments(prepared.evidence(rows, left_out))
    columns = {name: part.flatten().cpu().numpy() for name, part in moments._asdict().items()}
    return pd.DataFrame(keys(trained, prepared, rows) | columns)
