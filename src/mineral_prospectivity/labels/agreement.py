"""What one pipeline wrote must rest on the cells that there are now.

Pipelines run one at a time: new deposits or a new grid may meet members that were trained before.
Folds that have moved since would even let a model be scored on cells that it saw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.errors import OutdatedError
from mineral_prospectivity.geo.grid import cells_of_points

if TYPE_CHECKING:
    import pandas as pd
    from odc.geo.geobox import GeoBox

_PLURALS = {"cell": "cells", "fold": "folds", "label": "labels"}


def require_same_cells(table: pd.DataFrame, cells: pd.DataFrame, what: str, again: str) -> None:
    """Raise an error when a table was made from other cells, folds or labels than there are now.

    Parameters
    ----------
    table
        One row a cell: ``cell`` and, where it has them, ``fold`` and ``label``.
    cells
        The cells table.
    what
        What the table holds, for the message.
    again
        The pipeline that has to run again.

    Raises
    ------
    OutdatedError
        Naming what has changed and what to do.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"cell": [0, 1], "fold": [0, 1], "label": [0, 1]})
    >>> require_same_cells(cells.assign(fold=0), cells, "predictions of member_000", "training")
    Traceback (most recent call last):
    ...
    mineral_prospectivity.errors.OutdatedError: predictions of member_000: made with other folds
    than data_engineering has written since. Run training again
    """
    for name, plural in _PLURALS.items():
        if name in table and not np.array_equal(table[name], cells[name]):
            raise OutdatedError(_message(what, plural, again))


def require_same_grid(cells: pd.DataFrame, grid: GeoBox, what: str, again: str) -> None:
    """Raise an error when a map lies on another grid than the cells.

    Parameters
    ----------
    cells
        The cells table.
    grid
        Grid of the map.
    what, again
        As for :func:`require_same_cells`.

    Raises
    ------
    OutdatedError
        Naming what to do.
    """
    found = cells_of_points(grid, cells["x"].to_numpy(), cells["y"].to_numpy())
    if not np.array_equal(found, cells["cell"]):
        raise OutdatedError(_message(what, "cells", again))


def require_same_data(found: str, now: str, what: str, again: str) -> None:
    """Raise an error when something was made from other evidence or labels than there are now.

    Parameters
    ----------
    found
        Digest of the data that it was made from.
    now
        Digest of the data that there are: see
        :meth:`~mineral_prospectivity.vae.data.TrainingData.digest`.
    what, again
        As for :func:`require_same_cells`.

    Raises
    ------
    OutdatedError
        Naming what to do.
    """
    if found != now:
        raise OutdatedError(_message(what, "evidence, labels or folds", again))


def _message(what: str, plural: str, again: str) -> str:
    return (
        f"{what}: made with other {plural} than data_engineering has written since. "
        f"Run {again} again"
    )
