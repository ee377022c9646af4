"""Cells with their labels and the probabilities that models give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.scoring.sample import UndefinedMetricError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

ENSEMBLE = "ensemble"
"""Name, in every table of scores, of the model whose column is ``probability``."""

PREFIXES = ("baseline_", "peer_")
"""How columns of other models begin; the rest of the column is the model's name."""


@dataclass(frozen=True)
class ScoredCells:
    """What the scores need of a table of predictions, each ``(cells,)``.

    Parameters
    ----------
    labels, deposits, weights
        0/1, number of deposits and cells of the map that the row stands for.
    models
        Probabilities by model.
    """

    labels: FloatArray
    deposits: FloatArray
    weights: FloatArray
    models: dict[str, FloatArray]

    @classmethod
    def of(cls, table: pd.DataFrame, models: Sequence[str]) -> ScoredCells:
        """Return the cells of a table.

        Parameters
        ----------
        table
            With ``label``, the columns ``models`` and, where they matter, ``deposits`` (without
            it a deposit cell counts as one deposit) and ``weight`` (without it 1 each).
        models
            Columns of probabilities.

        Raises
        ------
        ConfigurationError
            When a column is missing; the message names it.
        """
        require(table, ["label", *models])
        labels = column(table, "label")
        return cls(
            labels=labels,
            deposits=column(table, "deposits") if "deposits" in table else labels,
            weights=column(table, "weight") if "weight" in table else np.ones(len(table)),
            models={model_name(name): column(table, name) for name in models},
        )


def model_name(column_name: str) -> str:
    """Return the name of the model in a column: ``lightgbm`` for ``baseline_lightgbm``."""
    if column_name == "probability":
        return ENSEMBLE
    for prefix in PREFIXES:
        column_name = column_name.removeprefix(prefix)
    return column_name


def require(table: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise unless the table has the columns.

    Raises
    ------
    ConfigurationError
        Naming those that it lacks.
    """
    missing = [name for name in names if name not in table]
    if missing:
        msg = f"predictions: no column {', '.join(missing)}; there are {', '.join(table.columns)}"
        raise ConfigurationError(msg)


def column(table: pd.DataFrame, name: str) -> FloatArray:
    """Return a column as float64."""
    return table[name].to_numpy(dtype=np.float64)


def or_absent(score: Callable[..., Any], *arguments: Any) -> Any:
    """Return the score of the arguments, or why there is none: ``{"absent": reason}``."""
    try:
        return score(*arguments)
    except UndefinedMetricError as error:
        return {"absent": str(error)}
