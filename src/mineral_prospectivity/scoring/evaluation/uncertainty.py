"""Whether each uncertainty of the ensemble is large where its error is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.scoring.evaluation.scored import ENSEMBLE, ScoredCells, column, or_absent
from mineral_prospectivity.scoring.selective import augrc, aurc, spearman

if TYPE_CHECKING:
    import pandas as pd

UNCERTAINTIES = (
    "aleatoric", "latent", "epistemic", "total", "mutual_information", "log_odds_sd", "novelty",
)  # fmt: skip
"""Columns of the predictions that are judged."""


def uncertainty_scores(table: pd.DataFrame, cells: ScoredCells) -> dict[str, Any]:
    """Return, for each uncertainty, its agreement with the squared error of the ensemble's p.

    ``mean_loss`` and half of it are what AURC and AUGRC give for an uncertainty that knows
    nothing; total and aleatoric uncertainty repeat p, so look at epistemic on its own.
    """
    losses = np.square(cells.models[ENSEMBLE] - cells.labels)
    found: dict[str, Any] = {"mean_loss": float(np.average(losses, weights=cells.weights))}
    for name in UNCERTAINTIES:
        if name not in table:
            found[name] = {"absent": f"the predictions hold no {name}"}
            continue
        values = column(table, name)
        found[name] = {
            "spearman": or_absent(spearman, values, losses, cells.weights),
            "aurc": aurc(losses, values, cells.weights),
            "augrc": augrc(losses, values, cells.weights),
        }
    return found
