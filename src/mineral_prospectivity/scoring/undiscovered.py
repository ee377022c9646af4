"""What depends on how many deposits are still undiscovered, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.scoring.capture import capture
from mineral_prospectivity.scoring.evaluation.scored import ENSEMBLE, ScoredCells, or_absent
from mineral_prospectivity.scoring.ranking import roc_auc
from mineral_prospectivity.uq.undiscovered import (
    deposit_probability,
    deposits_per_cell,
    discovery_probability,
    undiscovered_per_known,
)

if TYPE_CHECKING:
    import pandas as pd

PER_KNOWN = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)
"""Undiscovered deposits for each known one that the sensitivity is given for, about."""

CAPTURE_AREA = 0.05
"""Share of the area whose capture shows that the order of cells stays."""


def undiscovered_sensitivity(
    oof: pd.DataFrame,
    *,
    undiscovered: float | None,
    exploration_cost: float,
    discovery_value: float,
) -> dict[str, Any]:
    """Return the held-out claims for several numbers of undiscovered deposits.

    They hold where the known deposits are a fair sample of all: see
    :mod:`mineral_prospectivity.uq.undiscovered`.

    Parameters
    ----------
    oof
        Out-of-fold predictions: ``label``, ``probability`` and, where there are, ``deposits``
        and ``weight``.
    undiscovered
        The number that the economics assume; None where they take p as it is.
    exploration_cost, discovery_value
        Cost C of testing a cell and value V of a discovery, one currency.

    Returns
    -------
    dict
        Plain values for JSON: ``known_deposits``, ``assumed``, ``as_it_is`` (p taken for the
        chance of a discovery) and ``table``, a row a number, ascending, the assumed one among
        them. ``roc_auc`` and ``capture`` are those of the known deposits, the other claims those
        of the cells without one.

    Raises
    ------
    ConfigurationError
        When deposits are expected to be undiscovered and none is known.
    """
    cells = ScoredCells.of(oof, ["probability"])
    known, money = int(cells.deposits.sum()), (exploration_cost, discovery_value)
    undiscovered_per_known(undiscovered, known)  # refuses a number where none is known
    counts: set[float] = {max(1, round(share * known)) for share in PER_KNOWN}
    if undiscovered is not None:
        counts.add(undiscovered)
    return {
        "known_deposits": known,
        "assumed": undiscovered,
        "as_it_is": _claims(cells, None, *money),
        "table": [
            {
                "undiscovered_deposits": count,
                "known_share": known / (known + count),
                "deposit_probability": _mean_deposit(cells, count / known),
                **_claims(cells, count / known, *money),
            }
            for count in sorted(counts)
        ],
    }


def _mean_deposit(cells: ScoredCells, per_known: float) -> float:
    chance = _per_cell(cells) * deposit_probability(cells.models[ENSEMBLE], per_known)
    return float(np.average(chance, weights=cells.weights))


def _claims(
    cells: ScoredCells, per_known: float | None, cost: float, value: float
) -> dict[str, Any]:
    """Return what is said of the scored cells if this many deposits are undiscovered.

    Nothing is discovered where a deposit is known: such cells count for the ranking alone.
    """
    chance, weights = discovery_probability(cells.models[ENSEMBLE], per_known), cells.weights
    ranking = {
        "roc_auc": or_absent(roc_auc, cells.labels, chance, weights),
        "capture": or_absent(capture, chance, cells.deposits, CAPTURE_AREA, weights),
    }
    unknown = cells.labels == 0
    certain = weights[unknown & (chance >= 1)].sum()
    chance, weights = _per_cell(cells) * chance[unknown], weights[unknown]
    pays = chance > cost / value
    return {
        **ranking,
        "discovery_probability": float(np.average(chance, weights=weights)),
        "paying_cells": float(weights[pays].sum()),
        "paying_share": float(weights[pays].sum() / cells.weights.sum()),
        "discoveries": float(weights[pays] @ chance[pays]),
        "expected_value": float(weights[pays] @ (value * chance[pays] - cost)),
        "certain_cells": float(certain),
    }


def _per_cell(cells: ScoredCells) -> float:
    return deposits_per_cell(cells.deposits.sum(), cells.labels.sum())
