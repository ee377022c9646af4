"""The density of known deposits as evidence of the cells around them: brownfield ground.

What a cell is told of deposits must not tell its own label. So the density at a cell of a deposit
cluster leaves that cluster out, and the density that a fit reads leaves out the deposits of the
folds that the fit left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from mineral_prospectivity.errors import ConfigurationError, DepositError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import cell_centres, window_cells
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tabulate import has_evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mineral_prospectivity.geo.grid import Window

    FloatArray = NDArray[np.float64]

DEPOSIT_DENSITY = Band(
    "deposit_density",
    "deposit_density",
    unit="ln(1/km2)",
    description="Logarithm of the density of known deposits of other clusters",
)
"""The one band whose values differ from fit to fit."""

BANDWIDTHS = np.geomspace(0.1, 10, 41)
"""Bandwidths that are tried, in median distances of a cluster to the nearest other one."""

LEAST_CLUSTERS = 2
"""A density without the own cluster needs another one."""

FLOOR = 1e-300
"""Least density, 1/km2: some 37 bandwidths from any deposit."""

ROWS = 16_384
"""Cells whose distances to all deposits are held at once."""


def fit_column(left_out: Iterable[int]) -> str:
    """Return the column of the evidence table that holds the density as a fit may know it.

    Examples
    --------
    >>> fit_column((0, 3))
    'deposit_density_without_0_3'
    """
    return "_".join([DEPOSIT_DENSITY.name, "without", *map(str, left_out)])


@dataclass(frozen=True, eq=False)
class KnownDeposits:
    """Deposits that a density is made of, at the centres of their cells.

    Parameters
    ----------
    places
        Easting and northing, m, shape ``(cells, 2)``.
    count
        Deposits in each cell, shape ``(cells,)``.
    cluster
        Their cluster, shape ``(cells,)``.
    bandwidth
        Standard deviation h of the Gaussian kernel, m.
    """

    places: FloatArray
    count: FloatArray
    cluster: NDArray[np.int64]
    bandwidth: float

    @classmethod
    def of(cls, cells: pd.DataFrame, left_out: Sequence[int] = ()) -> Self:
        """Return the deposits outside some folds, with the bandwidth that they ask for.

        Parameters
        ----------
        cells
            The cells table.
        left_out
            Folds whose deposits are not known.

        Raises
        ------
        DepositError
            When fewer than two clusters are known.
        """
        own = cells[(cells["deposits"] > 0) & ~cells["fold"].isin(list(left_out))]
        places, count = own[["x", "y"]].to_numpy(np.float64), own["deposits"].to_numpy(np.float64)
        cluster = own["cluster"].to_numpy(np.int64)
        if len(np.unique(cluster)) < LEAST_CLUSTERS:
            msg = (
                f"labels.brownfield: without folds {tuple(left_out)} there are not "
                f"{LEAST_CLUSTERS} deposit clusters, and a density without the own cluster needs "
                "them. Set folds.count lower, or labels.brownfield: false"
            )
            raise DepositError(msg)
        return cls(places, count, cluster, likeliest_bandwidth(places, count, cluster))

    def log_density(self, places: FloatArray, cluster: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return ln of the deposits a km2 at some places, those of the own cluster left out.

        Parameters
        ----------
        places
            Easting and northing, m, shape ``(n, 2)``.
        cluster
            Cluster of each place, -1 for none, shape ``(n,)``.
        """
        parts = [
            self._sum(places[start : start + ROWS], cluster[start : start + ROWS])
            for start in range(0, len(places), ROWS)
        ]
        return self._log(np.concatenate([np.zeros(0), *parts]))

    def log_density_of_lattice(self, x: FloatArray, y: FloatArray) -> NDArray[np.float32]:
        """Return ln of all deposits a km2 at the crossings of columns x and rows y, m.

        The kernel is a product of one of x and one of y, so that a lattice costs a product of
        two matrices; shape ``(rows, columns)``.
        """
        across, along = (
            np.exp(-np.square((line[:, None] - own) / self.bandwidth) / 2)
            for line, own in ((x, self.places[:, 0]), (y, self.places[:, 1]))
        )
        return self._log((along * self.count) @ across.T)

    def _sum(self, places: FloatArray, cluster: NDArray[np.integer]) -> FloatArray:
        squared = cdist(places, self.places, "sqeuclidean")
        kernel = self.count * np.exp(-squared / (2 * self.bandwidth**2))
        kernel[cluster[:, None] == self.cluster] = 0
        total: FloatArray = kernel.sum(axis=1)
        return total

    def _log(self, kernels: FloatArray) -> NDArray[np.float32]:
        per_km2 = 1e6 / (2 * np.pi * self.bandwidth**2)
        logs: NDArray[np.float32] = np.log(np.maximum(per_km2 * kernels, FLOOR)).astype(np.float32)
        return logs


def likeliest_bandwidth(
    places: FloatArray, count: FloatArray, cluster: NDArray[np.integer]
) -> float:
    """Return the bandwidth under which each cluster is likeliest, given all others.

    Likelihood cross-validation [1]_ that leaves out a cluster at a time, each counting once,
    over :data:`BANDWIDTHS`.

    Parameters
    ----------
    places, count, cluster
        As of :class:`KnownDeposits`.

    References
    ----------
    .. [1] Silverman (1986), Density estimation for statistics and data analysis, section 3.4.4.
    """
    squared = cdist(places, places, "sqeuclidean")
    squared[cluster[:, None] == cluster] = np.inf
    _, number = np.unique(cluster, return_inverse=True)
    nearest = np.full(number.max() + 1, np.inf)
    np.minimum.at(nearest, number, squared.min(axis=1))
    share = count / np.bincount(number, count)[number]
    others = count.sum() - np.bincount(number, count)[number]

    def likelihood(bandwidth: float) -> float:
        density = np.exp(-squared / (2 * bandwidth**2)) @ count / (others * bandwidth**2)
        return float(share @ np.log(np.maximum(density, FLOOR)))

    tried = BANDWIDTHS * np.sqrt(np.median(nearest))
    return float(max(tried, key=likelihood))


def density_table(cells: pd.DataFrame, plan: Iterable[tuple[int, ...]]) -> pd.DataFrame:
    """Return the density at all cells as each fit may know it, a column a fit.

    Parameters
    ----------
    cells
        The cells table.
    plan
        Folds that each fit leaves out; a fit that leaves out none has no column.

    Raises
    ------
    DepositError
        When a fit knows fewer than two clusters.
    """
    places, cluster = cells[["x", "y"]].to_numpy(np.float64), cells["cluster"].to_numpy()
    return pd.DataFrame(
        {
            fit_column(left_out): KnownDeposits.of(cells, left_out).log_density(places, cluster)
            for left_out in plan
            if left_out
        },
        index=cells.index,
    )


def with_deposit_density(layers: Raster, cells: pd.DataFrame, *, min_coverage: float) -> Raster:
    """Return the layers and, as the last band, the density of all known deposits.

    It has values where the layers are evidence enough: it makes no cell one more to predict.

    Parameters
    ----------
    layers
        The bands of all layers.
    cells
        The cells table, which holds every cell of a cluster.
    min_coverage
        As for :func:`~mineral_prospectivity.geo.tabulate.valid_cells`.

    Raises
    ------
    DepositError
        When fewer than two clusters are known.
    ConfigurationError
        When a layer has its name.
    """
    if DEPOSIT_DENSITY.name in layers.names:
        msg = f"layer {DEPOSIT_DENSITY.name!r}: labels.brownfield makes a band of this name"
        raise ConfigurationError(msg)
    known, positive = KnownDeposits.of(cells), cells[cells["cluster"] >= 0]
    rows, cols = np.divmod(positive["cell"].to_numpy(np.int64), layers.grid.shape.x)
    places, cluster = positive[["x", "y"]].to_numpy(np.float64), positive["cluster"].to_numpy()

    def read(window: Window) -> NDArray[np.float32]:
        values, inside = layers.read(window), window_cells(layers.grid, window)
        (x, _), (_, y) = (cell_centres(layers.grid, line) for line in (inside[0], inside[:, 0]))
        density = known.log_density_of_lattice(x, y)
        row, col = rows - window.row, cols - window.col
        own = (row >= 0) & (row < window.height) & (col >= 0) & (col < window.width)
        density[row[own], col[own]] = known.log_density(places[own], cluster[own])
        density[~has_evidence(values, min_coverage)] = np.nan
        return np.concatenate([values, density[None]])

    return Raster(layers.grid, (*layers.bands, DEPOSIT_DENSITY), read)
