"""Whether members read the context of cells: each of their fits asks folds that it never saw."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from mineral_prospectivity.vae.bundle import MAP, MemberBundle
from mineral_prospectivity.vae.held_out import joined
from mineral_prospectivity.vae.laplace import expected_probability
from mineral_prospectivity.vae.pack import Pack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from mineral_prospectivity.vae.data import TrainingData

    Gains = Mapping[int, Mapping[str, float]]


CERTAIN = 1e-12
"""Probabilities are taken for this far from 0 and 1 at least, so that no loss is infinite."""


def choose_context(plain: Pack, wider: Pack, data: TrainingData) -> Pack:
    """Return each member's fits with context where held-out folds say that it helps, else without.

    A fit that left out a fold is chosen by the mean negative log-likelihood of the fits that left
    out that fold and another, on the other: no score knows the choice. The fit of the map is
    chosen by the out-of-fold predictions of the same cells, the calibration cells. What context
    gains in each stands in the bundle.

    Parameters
    ----------
    plain, wider
        The same members, trained without and with the bands of the context.
    data
        What ``wider`` was trained on.
    """
    gains = _gains(plain, wider, data)
    return Pack(
        {
            member: given_all_bands(
                (wider if gained[MAP] > 0 else plain).bundles[member],
                data,
                reads_context=gained[MAP] > 0,
                gain=gained,
            )
            for member, gained in gains.items()
        },
        _chosen(plain.out_of_fold, wider.out_of_fold, gains, "fold", "cell"),
        _chosen(plain.inner, wider.inner, gains, "outer", "outer", "cell"),
        _chosen(plain.permuted, wider.permuted, gains, "fold", "cell"),
        pd.concat(
            [plain.history.assign(context=False), wider.history.assign(context=True)],
            ignore_index=True,
        ),
    )


def given_all_bands(
    bundle: MemberBundle,
    data: TrainingData,
    *,
    reads_context: bool,
    gain: Mapping[str, float] | None = None,
) -> MemberBundle:
    """Return a member that is given all bands of the data, and reads those it was trained on.

    Parameters
    ----------
    bundle
        A member trained on all bands, or on those that are no context.
    data
        All bands.
    reads_context
        Whether it was trained on all.
    gain
        What context gains, where that was asked.
    """
    header = replace(
        bundle.header,
        bands=data.bands,
        data_digest=data.digest(),
        reads_context=reads_context,
        context_gain=dict(gain or {}),
    )
    return MemberBundle(header, bundle.tensors)


def _gains(plain: Pack, wider: Pack, data: TrainingData) -> Gains:
    """Return by how much context lowers the loss, nats a cell, by member and fold, and overall."""
    found = pd.Series(data.labels == 1, index=data.cells)
    weights = plain.inner.drop_duplicates("cell").set_index("cell")["weight"]
    sampled = plain.out_of_fold["cell"].isin(weights.index)
    narrow, wide = plain.out_of_fold[sampled], wider.out_of_fold[sampled]
    whole = _means(
        _loss(narrow, found) - _loss(wide, found), weights[narrow["cell"]], narrow, "member"
    )
    by_fold = _means(
        _loss(plain.inner, found) - _loss(wider.inner, found),
        plain.inner["weight"],
        plain.inner,
        "member",
        "outer",
    )
    gains: dict[int, dict[str, float]] = {
        int(member): {MAP: gain} for member, gain in whole.items()
    }
    for (member, fold), gain in by_fold.items():
        gains[int(member)][str(fold)] = gain
    return gains


def _loss(table: pd.DataFrame, found: pd.Series) -> NDArray[np.float64]:
    """Return the negative log-likelihood of each row, given which cells hold a deposit."""
    spread = table["variance"] + table["latent"]
    mean, variance = (torch.tensor(part.to_numpy(np.float64)) for part in (table["mean"], spread))
    p = expected_probability(mean, variance).numpy().clip(CERTAIN, 1 - CERTAIN)
    loss: NDArray[np.float64] = -np.log(np.where(found[table["cell"]], p, 1 - p))
    return loss


def _means(
    values: NDArray[np.float64], weights: ArrayLike, table: pd.DataFrame, *by: str
) -> dict[Any, float]:
    """Return the weighted mean of the values of each group of rows."""
    mass = np.asarray(weights, dtype=np.float64)
    summed = (
        pd.DataFrame({"value": values * mass, "mass": mass})
        .groupby([table[name].to_numpy() for name in by])
        .sum()
    )
    return (summed["value"] / summed["mass"]).to_dict()


def _chosen(
    plain: pd.DataFrame, wider: pd.DataFrame, gains: Gains, fold: str, *order: str
) -> pd.DataFrame:
    """Return the rows of either table, by member and the fold that their fits left out."""
    helped = {
        (member, int(name)): gain > 0
        for member, gained in gains.items()
        for name, gain in gained.items()
        if name != MAP
    }

    def reads(table: pd.DataFrame) -> NDArray[np.bool_]:
        return pd.MultiIndex.from_frame(table[["member", fold]]).map(helped).to_numpy(np.bool_)

    return joined([plain[~reads(plain)], wider[reads(wider)]], "member", *order)
