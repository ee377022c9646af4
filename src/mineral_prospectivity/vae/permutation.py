"""What fits say of cells they never saw when one evidence layer is shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from mineral_prospectivity.vae.attribution import layer_names

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from mineral_prospectivity.vae.cell_model import CellModel
    from mineral_prospectivity.vae.cross_fitting import CalibrationSample
    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.held_out import HeldOutFits


def permuted_table(
    trained: HeldOutFits,
    data: TrainingData,
    values: Tensor,
    sample: CalibrationSample,
    seed: int,
) -> pd.DataFrame:
    """Return the mean logit of held-out cells, as they are and with each layer shuffled.

    A shuffled layer takes all its bands, together, from another cell of the same fold, drawn as
    often as it stands for cells of the map (permutation importance [1]_). The draws depend on
    the fold alone, so that members can be averaged.

    Parameters
    ----------
    trained
        Fits of some members.
    data
        Cells and folds.
    values
        Evidence of all cells, continuous bands first, shape ``(cells, bands)``.
    sample
        Cells that are predicted.
    seed
        Seed of the draws.

    Returns
    -------
    DataFrame
        ``member, cell, fold, weight, intact`` and a column ``permuted_<layer>`` a layer, float32.

    References
    ----------
    .. [1] Breiman (2001), Random forests, Machine Learning 45; Fisher, Rudin, Dominici (2019),
       All models are wrong, but many are useful, JMLR 20.
    """
    singles = [left_out for left_out in trained.plan if len(left_out) == 1]
    parts = []
    for (fold,) in singles:
        inside = data.folds[sample.rows] == fold
        rows, members = sample.rows[inside], trained.members
        model = trained.without((fold,))
        donors = _donors(data, fold, (len(set(model.transform.layers)), len(rows)), seed)
        keys = {
            "member": np.repeat(np.array(members, np.int32), len(rows)),
            "cell": np.tile(data.cells[rows], len(members)),
            "fold": np.int8(fold),
            "weight": np.tile(sample.weights[inside], len(members)),
        }
        parts.append(pd.DataFrame(keys | _logits(model, values, rows, donors)))
    return pd.concat(parts).sort_values(["member", "cell"], ignore_index=True)


def _logits(
    model: CellModel, values: Tensor, rows: NDArray[np.int64], donors: NDArray[np.int64]
) -> dict[str, NDArray[np.float32]]:
    """Return the mean logits, fit after fit, by name of the column."""
    own = values[torch.from_numpy(rows).to(values.device)]
    found = {"intact": model.mean(own)}
    transform = model.transform
    layers = torch.tensor(transform.layers, device=values.device)
    names = layer_names([transform.bands[column] for column in transform.order])
    for number, name in enumerate(names):
        given = values[torch.from_numpy(donors[number]).to(values.device)]
        found[f"permuted_{name}"] = model.mean(torch.where(layers == number, given, own))
    return {name: logit.flatten().cpu().numpy() for name, logit in found.items()}


def _donors(data: TrainingData, fold: int, shape: tuple[int, int], seed: int) -> NDArray[np.int64]:
    """Draw the rows that give their values, of shape ``(layers, rows)``."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, fold]))
    rows = np.flatnonzero(data.folds == fold)
    return rng.choice(rows, shape, p=data.weights[rows] / data.weights[rows].sum())
