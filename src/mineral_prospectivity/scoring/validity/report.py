"""The part of the scores that says whether the others can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.scoring.baselines.boosted_trees import band_importance
from mineral_prospectivity.scoring.validity.applicability import AreaOfApplicability
from mineral_prospectivity.scoring.validity.dispersion import block_dispersion
from mineral_prospectivity.scoring.validity.distances import (
    DistanceComparison,
    held_out_distance,
    nearest_distance,
)
from mineral_prospectivity.scoring.validity.optimism import optimism_gap

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.bands import Band

    FloatArray = NDArray[np.float64]

BACKGROUND = 2000
"""Background cells that stand for all, where every pair of cells would be compared."""

_MORE_BACKGROUND = 6000  # where models are refitted


@dataclass(frozen=True, eq=False)
class Ground:
    """Cells with their evidence.

    Parameters
    ----------
    places
        Cell centres, ``(cells, 2)``, m.
    evidence
        ``(cells, bands)``, NaN where missing.
    """

    places: FloatArray
    evidence: NDArray[np.floating]


def check_validity(
    cells: pd.DataFrame,
    evidence: NDArray[np.floating],
    bands: Sequence[Band],
    to_predict: Ground,
    probability: FloatArray,
    *,
    block_size: float,
    seed: int,
) -> tuple[dict[str, Any], AreaOfApplicability]:
    """Return what speaks for and against the held-out scores, and the area of applicability.

    Parameters
    ----------
    cells
        The ``cells`` table.
    evidence, bands
        Evidence of its rows, ``(cells, bands)``.
    to_predict
        Cells drawn uniformly from the map.
    probability
        Out-of-fold p of the ensemble, ``(cells,)``.
    block_size
        Side of the blocks of the folds, m.
    seed
        Seed of everything drawn.
    """
    cells = cells.reset_index(drop=True)
    few = _thinned(cells, BACKGROUND, seed)
    more = _thinned(cells, _MORE_BACKGROUND, seed)
    rows = few.index.to_numpy()
    usable = more["training"].to_numpy(dtype=bool)
    importance = band_importance(
        evidence[more.index[usable]], more["label"].to_numpy()[usable],
        more["weight"].to_numpy()[usable], seed=seed,
    )  # fmt: skip
    trained = few["training"].to_numpy(dtype=bool)  # the exclusion zone is like no training cell
    area = AreaOfApplicability.fit(
        evidence[rows[trained]], few["fold"].to_numpy()[trained], importance, seed=seed
    )
    outside = area.dissimilarity(to_predict.evidence) > area.threshold
    spread = block_dispersion(
        cells["label"], probability, cells["x"], cells["y"],
        block_size=block_size, clusters=cells["cluster"], weights=cells["weight"], seed=seed,
    )  # fmt: skip
    found = {
        "distances": _distances(few, evidence[rows], to_predict, area),
        "optimism": optimism_gap(evidence[more.index], bands, more, seed=seed),
        "applicability": {
            "threshold": area.threshold,
            "share_outside": float(outside.mean()),
            "cells_drawn": len(outside),
            "importance": dict(zip((b.name for b in bands), importance.tolist(), strict=True)),
        },
        "dispersion": spread.to_dict(),
    }
    return found, area


def _thinned(cells: pd.DataFrame, background: int, seed: int) -> pd.DataFrame:
    """Return all deposit cells and some of the others, weighted to stand for all of them."""
    others = np.flatnonzero(cells["label"] == 0)
    if len(others) <= background:
        return cells
    rng = np.random.default_rng([seed, background])
    drawn = rng.choice(others, background, replace=False)
    weight = cells["weight"].to_numpy(dtype=np.float64, copy=True)
    weight[drawn] *= weight[others].sum() / weight[drawn].sum()
    kept = np.sort(np.concatenate([np.flatnonzero(cells["label"] == 1), drawn]))
    return cells.assign(weight=weight).iloc[kept]


def _distances(
    cells: pd.DataFrame,
    evidence: NDArray[np.floating],
    to_predict: Ground,
    area: AreaOfApplicability,
) -> dict[str, Any]:
    """Return the comparison to training cells and to training deposits, in both spaces."""
    places = cells[["x", "y"]].to_numpy(dtype=np.float64)
    spaces = {
        "geographic": (places, to_predict.places),
        "feature": (area.space.place(evidence), area.space.place(to_predict.evidence)),
    }
    folds = cells["fold"].to_numpy()
    usable = cells["training"].to_numpy(dtype=bool)
    training = {"cells": usable, "deposits": usable & (cells["label"] == 1).to_numpy()}
    background = (cells["label"] == 0).to_numpy()  # thinned evenly, and so a sample of the map
    return {
        what: {
            space: DistanceComparison(
                held_out_distance(own[background], folds[background], own[seen], folds[seen]),
                nearest_distance(other, own[seen]),
            ).to_dict()
            for space, (own, other) in spaces.items()
        }
        for what, seen in training.items()
    }
