"""What fits say of cells they never saw when one evidence layer is shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from mineral_prospectivity.vae.attribution import layer_names
from mineral_prospectivity.vae.held_out import joined, keys, single_folds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.vae.cell_model import CellModel
    from mineral_prospectivity.vae.held_out import HeldOutFits
    from mineral_prospectivity.vae.prepared import PreparedData


def permuted_table(trained: HeldOutFits, prepared: PreparedData) -> pd.DataFrame:
    """Return the mean logit of held-out cells, as they are and with each layer shuffled.

    A shuffled layer takes all its bands, together, from another cell of the same fold, drawn as
    often as it stands for cells of the map (permutation importance [1]_). The draws depend on
    the fold alone, so that members can be averaged.

    Parameters
    ----------
    trained
        Fits of some members.
    prepared
        The data that they were trained on, the cells that are predicted and the draws' seed.

    Returns
    -------
    DataFrame
        ``member, cell, fold, weight, intact`` and a column ``permuted_<layer>`` a layer, float32.

    References
    ----------
    .. [1] Breiman (2001), Random forests, Machine Learning 45; Fisher, Rudin, Dominici (2019),
       All models are wrong, but many are useful, JMLR 20.
    """
    parts = []
    for fold in single_folds(trained):
        rows, weights = prepared.sample.within(prepared.data.folds == fold)
        logits = _logits(trained.without((fold,)), prepared, rows, fold)
        weight = {"weight": np.tile(weights, len(trained.members))}
        parts.append(pd.DataFrame(keys(trained, prepared, rows) | weight | logits))
    return joined(parts, "member", "cell")


def _logits(
    model: CellModel, prepared: PreparedData, rows: NDArray[np.int64], fold: int
) -> dict[str, NDArray[np.float32]]:
    """Return the mean logits, fit after fit, by name of the column."""
    transform = model.transform
    names = layer_names([transform.bands[column] for column in transform.order])
    layers = torch.tensor(transform.layers, device=prepared.device)
    own = prepared.evidence(rows, (fold,))
    found = {"intact": model.mean(own)}
    donors = _donors(prepared, fold, (len(names), len(rows)))
    for number, name in enumerate(names):
        given = prepared.evidence(donors[number], (fold,))
        found[f"permuted_{name}"] = model.mean(torch.where(layers == number, given, own))
    return {name: logit.flatten().cpu().numpy() for name, logit in found.items()}


def _donors(prepared: PreparedData, fold: int, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Draw the rows that give their values, of shape ``(layers, rows)``."""
    rng = np.random.default_rng(np.random.SeedSequence([prepared.seed, fold]))
    rows = np.flatnonzero(prepared.data.folds == fold)
    weights = prepared.data.weights[rows]
    return rng.choice(rows, shape, p=weights / weights.sum())
