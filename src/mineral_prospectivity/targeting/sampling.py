"""Where the next label would teach the models most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from mineral_prospectivity.geo.grid import Window, cell_centres

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.raster import Raster

REPORTED = (
    "mutual_information",
    "probability",
    "epistemic",
    "total",
)


def next_samples(
    maps: Raster, known_cells: NDArray[np.integer], *, count: int, spacing: float
) -> gpd.GeoDataFrame:
    """Propose the cells whose label would tell most about the models.

    BALD (the mutual information of label and model) picks the cells, the largest first; a cell
    nearer than the spacing to one already picked is skipped, because neighbours tell nearly
    the same. Cells that a known deposit makes positive have their label already.

    Parameters
    ----------
    maps
        Bands ``mutual_information`` (nats), ``probability``, ``epistemic`` and ``total``.
    known_cells
        Flat indices of the cells that hold a known deposit, any order.
    count
        Sites proposed; fewer where the map holds no more at this spacing.
    spacing
        Least distance between two sites, m.

    Returns
    -------
    GeoDataFrame
        Cell centres in the CRS of the grid, in order: ``rank``, ``cell``, the four bands, and
        ``geometry``.

    References
    ----------
    Houlsby et al. 2011, arXiv:1112.5745.
    """
    rows, cols = maps.grid.shape
    information = np.full((rows, cols), -np.inf, dtype=np.float32)
    for window, block in maps.select(["mutual_information"]).blocks():
        information[window.slices] = np.nan_to_num(block[0], nan=-np.inf)
    information.ravel()[known_cells] = -np.inf
    reach = spacing / abs(maps.grid.resolution.x)
    cells = _spread_maxima(information, count, reach)
    return _site_table(maps, cells)


def _spread_maxima(values: NDArray[np.float32], count: int, reach: float) -> NDArray[np.int64]:
    """Return flat indices of the largest values at least ``reach`` cells apart; erases values."""
    cells: list[int] = []
    while len(cells) < count:
        cell = int(values.argmax())
        row, col = divmod(cell, values.shape[1])
        if values[row, col] == -np.inf:
            break
        cells.append(cell)
        _erase_disc(values, row, col, reach)
    return np.array(cells, dtype=np.int64)


def _erase_disc(values: NDArray[np.float32], row: int, col: int, reach: float) -> None:
    pad = int(np.ceil(reach))
    top, left = max(row - pad, 0), max(col - pad, 0)
    near = values[top : row + pad + 1, left : col + pad + 1]
    rows = np.arange(top, top + near.shape[0])[:, None] - row
    cols = np.arange(left, left + near.shape[1]) - col
    near[rows**2 + cols**2 < reach**2] = -np.inf
    values[row, col] = -np.inf  # its own disc is empty when the reach is 0


def _site_table(maps: Raster, cells: NDArray[np.int64]) -> gpd.GeoDataFrame:
    bands, columns = maps.select(REPORTED), maps.grid.shape.x
    values = [bands.read(Window(*divmod(int(cell), columns), 1, 1)).ravel() for cell in cells]
    table = np.reshape(values, (len(cells), len(REPORTED)))
    x, y = cell_centres(maps.grid, cells)
    return gpd.GeoDataFrame(
        {
            "rank": np.arange(1, len(cells) + 1),
            "cell": cells,
            **{name: table[:, i].astype(float) for i, name in enumerate(REPORTED)},
        },
        geometry=gpd.points_from_xy(x, y),
        crs=str(maps.grid.crs),
    )
