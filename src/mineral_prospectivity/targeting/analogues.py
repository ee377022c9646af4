"""The known deposits whose evidence looks most like a place, in the latent space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mineral_prospectivity.geo.tabulate import evidence_table

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.raster import Raster


@dataclass(frozen=True)
class LatentDeposits:
    """Known deposits in the latent space.

    Parameters
    ----------
    names
        What people call them, shape ``(deposits,)``.
    cells, clusters
        Cell and cluster of each, shape ``(deposits,)``.
    places
        Latent components, shape ``(deposits, components)``; NaN where the cell has no evidence.
    """

    names: NDArray[np.object_]
    cells: NDArray[np.int64]
    clusters: NDArray[np.int64]
    places: NDArray[np.float64]

    @classmethod
    def of(
        cls, deposits: gpd.GeoDataFrame, latent: Raster, name_column: str | None
    ) -> LatentDeposits:
        """Look the deposits up on the latent map.

        Parameters
        ----------
        deposits
            Points with ``cell`` and ``cluster``.
        latent
            Latent components, one a band.
        name_column
            Column with their names; None takes the first text column. A deposit without a name is
            called by its row.
        """
        cells, names = deposits["cell"].to_numpy(np.int64), deposit_titles(deposits, name_column)
        return cls(names, cells, deposits["cluster"].to_numpy(np.int64), places(latent, cells))

    def distances(self, of: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distance of each place to each deposit; infinite where either is unknown."""
        gap = np.linalg.norm(of[:, None] - self.places, axis=2)
        return np.where(np.isnan(gap), np.inf, gap)

    def among_themselves(self) -> NDArray[np.float64]:
        """Return the distance of each deposit to the most similar one of another cluster."""
        gap = self.distances(self.places)
        gap[self.clusters[:, None] == self.clusters] = np.inf
        nearest = gap.min(axis=1, initial=np.inf)
        return np.sort(nearest[np.isfinite(nearest)])


def places(latent: Raster, cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the latent components of cells, shape ``(cells, components)``."""
    table = evidence_table(latent, np.asarray(cells, dtype=np.int64))
    return table.drop(columns="cell").to_numpy(np.float64)


def deposit_names(
    deposits: gpd.GeoDataFrame, name_column: str | None
) -> NDArray[np.object_] | None:
    """Return the names of deposits: those of a column, of the first text column, or None."""
    column = name_column or first_text_column(deposits)
    return None if column is None else deposits[column].to_numpy(dtype=object)


def deposit_titles(
    deposits: gpd.GeoDataFrame, name_column: str | None = None
) -> NDArray[np.object_]:
    """Return what to call each deposit: its name, or else its row."""
    rows = np.array([f"deposit in row {row + 1}" for row in range(len(deposits))], dtype=object)
    names = deposit_names(deposits, name_column)
    return rows if names is None else np.where(pd.isna(names), rows, names)


def first_text_column(deposits: gpd.GeoDataFrame) -> str | None:
    """Return the column that most likely holds the names, or None where there is no text."""
    columns = deposits.drop(columns=deposits.geometry.name)
    return next((c for c in columns if pd.api.types.is_string_dtype(columns[c])), None)


def percentile_among(
    values: NDArray[np.float64], ascending: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of a reference below each value, ties half, in per cent.

    NaN where there is no reference or no value.

    Examples
    --------
    >>> percentile_among(np.array([0.0, 2.0, 9.0]), np.array([1.0, 2.0, 3.0]))
    array([  0.,  50., 100.])
    """
    if not ascending.size:
        return np.full(len(values), np.nan)
    sides = [np.searchsorted(ascending, values, side=side) for side in ("left", "right")]
    share = 50.0 * (sides[0] + sides[1]) / ascending.size
    return np.where(np.isfinite(values), share, np.nan)
