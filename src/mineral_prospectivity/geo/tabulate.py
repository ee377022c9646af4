"""The cells that have evidence, and their evidence as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.grid import WINDOW_SIZE, Window, window_cells
from mineral_prospectivity.geo.raster import Raster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.bands import Band


def valid_cells(raster: Raster, min_coverage: float) -> NDArray[np.int64]:
    """Return the flat indices, ascending, of the cells that have enough evidence.

    Parameters
    ----------
    raster
        The evidence stack.
    min_coverage
        Share of the bands that must have a value, in [0, 1]; one band must in any case.

    Raises
    ------
    ConfigurationError
        If no cell has enough.
    """
    found = [
        window_cells(raster.grid, window)[has_evidence(values, min_coverage)]
        for window, values in raster.blocks()
    ]
    cells = np.sort(np.concatenate(found))
    if not cells.size:
        msg = (
            f"no cell has values in {_least(len(raster.bands), min_coverage)} of "
            f"{len(raster.bands)} bands. Lower grid.min_coverage "
            f"(now {min_coverage:g}), or check that the layers overlap"
        )
        raise ConfigurationError(msg)
    return cells


def has_evidence(values: NDArray[np.generic], min_coverage: float) -> NDArray[np.bool_]:
    """Return which cells have enough evidence.

    Parameters
    ----------
    values
        Evidence, shape ``(bands, ...)``, NaN where it is missing.
    min_coverage
        As for :func:`valid_cells`.
    """
    enough = np.isfinite(values).sum(axis=0) >= _least(len(values), min_coverage)
    return np.asarray(enough)


def map_cells(
    evidence: Raster,
    bands: Sequence[Band],
    compute: Callable[[NDArray[np.generic]], NDArray[np.floating]],
    *,
    min_coverage: float,
) -> Raster:
    """Return what is computed of the cells with enough evidence, window by window; NaN elsewhere.

    Parameters
    ----------
    evidence
        The evidence stack.
    bands
        What is computed.
    compute
        From evidence of cells, shape ``(cells, bands)``, to the new bands, ``(new bands, cells)``.
    min_coverage
        As for :func:`valid_cells`.
    """

    def read(window: Window) -> NDArray[np.float32]:
        values = evidence.read(window)
        computed = np.full((len(bands), *window.shape), np.nan, dtype=np.float32)
        valid = has_evidence(values, min_coverage)
        if valid.any():
            computed[:, valid] = compute(values[:, valid].T)
        return computed

    return Raster(evidence.grid, tuple(bands), read)


def _least(bands: int, min_coverage: float) -> int:
    """Return how many bands must have a value; rounding must not ask for one more."""
    return max(1, int(np.ceil(min_coverage * bands - 1e-9)))


def evidence_table(stack: Raster, cells: NDArray[np.int64]) -> pd.DataFrame:
    """Return the evidence of some cells.

    Only the windows that hold such cells are read.

    Parameters
    ----------
    stack
        The evidence stack.
    cells
        Flat indices, shape (n,), in the order wanted.

    Returns
    -------
    pandas.DataFrame
        ``cell`` (int64) and a float32 column a band, NaN where it has no value; n rows.
    """
    values = np.empty((len(stack.bands), len(cells)), dtype=np.float32)
    for window, rows in cells_by_window(stack.grid, cells):
        row, col = np.divmod(cells[rows], stack.grid.shape.x)
        values[:, rows] = stack.read(window)[:, row - window.row, col - window.col]
    columns = {name: values[place] for place, name in enumerate(stack.names)}
    return pd.DataFrame({"cell": np.asarray(cells, dtype=np.int64), **columns})


def raster_of_cells(
    grid: GeoBox, cells: NDArray[np.int64], values: NDArray[np.floating], band: Band
) -> Raster:
    """Return a map of what is known of some cells, NaN elsewhere.

    Parameters
    ----------
    grid
        The grid.
    cells, values
        Flat indices and values, shape ``(n,)``.
    band
        What the values are.
    """
    full = np.full((1, grid.shape.y, grid.shape.x), np.nan)
    full.reshape(-1)[cells] = values
    return Raster(grid, (band,), lambda window: full[:, *window.slices])


def cells_by_window(
    grid: GeoBox, cells: NDArray[np.int64], size: int = WINDOW_SIZE
) -> Iterator[tuple[Window, NDArray[np.int64]]]:
    """Yield the windows that hold some of the cells, and where those stand among them."""
    rows, cols = grid.shape
    row, col = np.divmod(np.asarray(cells, dtype=np.int64), cols)
    across = -(-cols // size)
    window = (row // size) * across + col // size
    order = np.argsort(window, kind="stable")
    numbers, first = np.unique(window[order], return_index=True)
    for number, places in zip(numbers, np.split(order, first)[1:], strict=True):
        top, left = (int(n) * size for n in divmod(int(number), across))
        yield Window(top, left, min(size, rows - top), min(size, cols - left)), places
