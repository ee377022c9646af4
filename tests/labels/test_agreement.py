"""Results made before the data changed are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.errors import OutdatedError
from mineral_prospectivity.geo.grid import cell_centres, make_grid
from mineral_prospectivity.labels import require_same_cells, require_same_grid

GRID = make_grid("EPSG:32633", 100.0, (500_000, 5_200_000, 500_400, 5_200_300))
CELL = np.array([0, 2, 5, 11])
X, Y = cell_centres(GRID, CELL)
CELLS = pd.DataFrame(
    {"cell": CELL, "x": X, "y": Y, "fold": [0, 1, 2, 0], "label": [0, 1, 0, 1]}, index=[7, 5, 3, 1]
)


@pytest.mark.parametrize("columns", [["cell"], ["cell", "fold"], ["cell", "fold", "label", "x"]])
def test_what_agrees_passes(columns):
    require_same_cells(CELLS[columns].reset_index(drop=True), CELLS, "p", "training")
    require_same_grid(CELLS, GRID, "map", "training")


@pytest.mark.parametrize(
    ("change", "plural"),
    [
        ({"cell": [0, 2, 5, 10]}, "cells"),
        ({"fold": [0, 1, 2, 1]}, "folds"),
        ({"label": [0, 1, 1, 1]}, "labels"),
    ],
)
def test_what_differs_is_named(change, plural):
    with pytest.raises(OutdatedError) as caught:
        require_same_cells(CELLS.assign(**change), CELLS, "predictions", "training")
    assert str(caught.value) == (
        f"predictions: made with other {plural} than data_engineering has written since. "
        "Run training again"
    )


def test_fewer_cells_differ():
    with pytest.raises(OutdatedError, match=r"^predictions: made with other cells than "):
        require_same_cells(CELLS.iloc[1:], CELLS, "predictions", "training")


@pytest.mark.parametrize("grid", [GRID.pad(1), GRID.zoom_out(2)])
def test_another_grid_is_refused(grid):
    with pytest.raises(OutdatedError) as caught:
        require_same_grid(CELLS, grid, "prediction", "uncertainty")
    assert str(caught.value) == (
        "prediction: made with other cells than data_engineering has written since. "
        "Run uncertainty again"
    )
