"""Predictions of cells by fits that never saw them, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
import torch

from mineral_prospectivity.vae.head import GaussianProcessHead
from mineral_prospectivity.vae.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from mineral_prospectivity.vae.batches import Fit
    from mineral_prospectivity.vae.cell_model import CellModel
    from mineral_prospectivity.vae.cross_fitting import CalibrationSample
    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.networks import StackedVae
    from mineral_prospectivity.vae.transform import EvidenceTransform


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
    fits
        What each network and head may see.
    transforms
        Transform of each selection of folds left out, of one fit each.
    network
        Autoencoders, in the order of ``fits``.
    heads
        Heads, in the order of ``fits``.
    """

    fits: Sequence[Fit]
    transforms: dict[tuple[int, ...], EvidenceTransform]
    network: StackedVae
    heads: Sequence[GaussianProcessHead]

    @property
    def members(self) -> list[int]:
        """Members, in order."""
        return list(dict.fromkeys(fit.member for fit in self.fits))

    @property
    def plan(self) -> list[tuple[int, ...]]:
        """Folds that each fit of a member left out."""
        return list(self.transforms)

    def without(self, left_out: tuple[int, ...]) -> Stack:
        """Return the fits of all members that never saw the given folds."""
        chosen = [number for number, fit in enumerate(self.fits) if fit.left_out == left_out]
        return Stack(
            self.transforms[left_out],
            self.network.take(chosen),
            GaussianProcessHead.stack([self.heads[number] for number in chosen]),
        )


def out_of_fold_table(trained: HeldOutFits, data: TrainingData, values: Tensor) -> pd.DataFrame:
    """Return each cell's moments by the fits without its fold.

    Parameters
    ----------
    trained
        Fits of some members.
    data
        Cells and folds.
    values
        Evidence of all cells, continuous bands first, shape ``(cells, bands)``.
    """
    singles = [left_out for left_out in trained.plan if len(left_out) == 1]
    parts = [
        _predict(trained, left_out, np.flatnonzero(data.folds == left_out[0]), data, values)
        for left_out in singles
    ]
    return _ordered(parts, ["member", "cell"])


def inner_table(
    trained: HeldOutFits, data: TrainingData, values: Tensor, sample: CalibrationSample
) -> pd.DataFrame:
    """Return the moments of calibration cells by fits without their fold and without another.

    Parameters
    ----------
    trained, data, values
        As in :func:`out_of_fold_table`.
    sample
        Cells that calibration is fitted to.
    """
    pairs = [left_out for left_out in trained.plan if len(left_out) > 1]
    splits = [(pair, order) for pair in pairs for order in (pair, pair[::-1])]
    nowhere: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((), (-1, -1))]
    parts = []
    for left_out, (fold, outer) in splits or nowhere:  # an empty table has its columns, too
        inside = data.folds[sample.rows] == fold
        part = _predict(trained, left_out, sample.rows[inside], data, values)
        part.insert(2, "outer", np.int8(outer))
        part["weight"] = np.tile(sample.weights[inside], len(trained.members))
        parts.append(part.drop(columns="residual"))
    return _ordered(parts, ["member", "outer", "cell"])


def _predict(
    trained: HeldOutFits,
    left_out: tuple[int, ...],
    rows: NDArray[np.int64],
    data: TrainingData,
    values: Tensor,
) -> pd.DataFrame:
    moments = trained.without(left_out).moments(values[torch.from_numpy(rows).to(values.device)])
    members = trained.members
    columns = {name: part.flatten().cpu().numpy() for name, part in moments._asdict().items()}
    keys = {
        "member": np.repeat(np.array(members, np.int32), len(rows)),
        "cell": np.tile(data.cells[rows], len(members)),
        "fold": np.tile(data.folds[rows], len(members)),
    }
    return pd.DataFrame(keys | columns)


def _ordered(parts: Sequence[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    return pd.concat(parts).sort_values(keys, ignore_index=True)
