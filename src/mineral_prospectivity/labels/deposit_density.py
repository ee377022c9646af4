"""The density of known deposits as evidence of the cells around them: brownfield ground.

What a cell is told of deposits must not tell its own label, nor its neighbours' in the same block
of ground. So a cell never reads the deposits of **its own fold**, in training no less than when it
is held out, and a fit reads none of the folds that it left out: every number that is trained on
is made as those that are scored. Leaving out the own cluster alone is not enough: a deposit cell
then reads less density than the cells around it, whose layers look alike, and a model learns that.
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
from mineral_prospectivity.geo.tabulate import evidence_table, has_evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mineral_prospectivity.geo.grid import Window

    FloatArray = NDArray[np.float64]

DEPOSIT_DENSITY = Band(
    "deposit_density",
    "deposit_density",
    unit="ln(1/km2)",
    description="Logarithm of the density of known deposits, as a share of them",
)
"""The one band whose values differ from fit to fit."""

BANDWIDTHS = np.geomspace(0.1, 10, 41)
"""Bandwidths that are tried, in median distances of a cluster to the nearest other one."""

LEAST_CLUSTERS = 2
"""A bandwidth is judged by clusters that it was not made of."""

FLOOR = 1e-300
"""Least density, 1/km2: some 37 bandwidths from any deposit."""

ROWS = 16_384
"""Cells whose distances to all deposits are held at once."""


def fit_column(left_out: Iterable[int] = ()) -> str:
    """Return the column of the evidence table that holds the density as a fit may know it.

    Examples
    --------
    >>> fit_column(), fit_column((0, 3))
    ('deposit_density', 'deposit_density_without_0_3')
    """
    folds = "_".join(map(str, left_out))
    return f"{DEPOSIT_DENSITY.name}_without_{folds}" if folds else DEPOSIT_DENSITY.name


def as_mapped(evidence: pd.DataFrame, stack: Raster) -> pd.DataFrame:
    """Return the evidence of cells as the map reads it: the density is that of all deposits.

    In the table that fits learn from, no cell reads the deposits of its own fold. What is held
    against the map must be of the map.

    Parameters
    ----------
    evidence
        The evidence table.
    stack
        The evidence stack.
    """
    name = DEPOSIT_DENSITY.name
    if name not in stack.names:
        return evidence
    whole = evidence_table(stack.select([name]), evidence["cell"].to_numpy(np.int64))
    return evidence.assign(**{name: whole[name].to_numpy()})


@dataclass(frozen=True, eq=False)
class KnownDeposits:
    """Deposits that a density is made of, at the centres of their cells.

    Parameters
    ----------
    places
        Easting and northing, m, shape ``(cells, 2)``.
    count
        Deposits in each cell, shape ``(cells,)``.
    bandwidth
        Standard deviation h of the Gaussian kernel, m.
    """

    places: FloatArray
    count: FloatArray
    bandwidth: float

    @classmethod
    def of(cls, cells: pd.DataFrame, left_out: Iterable[int], bandwidth: float) -> Self:
        """Return the deposits outside some folds.

        Parameters
        ----------
        cells
            The cells table.
        left_out
            Folds whose deposits are not known.
        bandwidth
            Of the kernel, m.
        """
        own = _outside(cells, left_out)
        places, count = own[["x", "y"]].to_numpy(np.float64), own["deposits"].to_numpy(np.float64)
        return cls(places, count, bandwidth)

    def log_density(self, places: FloatArray) -> NDArray[np.float32]:
        """Return ln of the share of the deposits a km2 at some places.

        Parameters
        ----------
        places
            Easting and northing, m, shape ``(n, 2)``.
        """
        scale = -2 * self.bandwidth**2
        parts = [
            np.exp(cdist(places[start : start + ROWS], self.places, "sqeuclidean") / scale)
            @ self.count
            for start in range(0, len(places), ROWS)
        ]
        return self._log(np.concatenate([np.zeros(0), *parts]))

    def log_density_of_lattice(self, x: FloatArray, y: FloatArray) -> NDArray[np.float32]:
        """Return it at the crossings of columns x and rows y, m; shape ``(rows, columns)``.

        The kernel is a product of one of x and one of y, so that a lattice costs a product of
        two matrices.
        """
        across, along = (
            np.exp(-np.square((line[:, None] - own) / self.bandwidth) / 2)
            for line, own in ((x, self.places[:, 0]), (y, self.places[:, 1]))
        )
        return self._log((along * self.count) @ across.T)

    def _log(self, kernels: FloatArray) -> NDArray[np.float32]:
        per_km2 = 1e6 / (2 * np.pi * self.bandwidth**2 * self.count.sum())
        logs: NDArray[np.float32] = np.log(np.maximum(per_km2 * kernels, FLOOR)).astype(np.float32)
        return logs


def _outside(cells: pd.DataFrame, left_out: Iterable[int]) -> pd.DataFrame:
    """Return the cells that hold deposits outside some folds."""
    return cells[(cells["deposits"] > 0) & ~cells["fold"].isin(list(left_out))]


def likeliest_bandwidth(cells: pd.DataFrame, left_out: Sequence[int] = ()) -> float:
    """Return the bandwidth under which each cluster is likeliest, given all others.

    Likelihood cross-validation [1]_ that leaves out a cluster at a time, each counting once,
    over :data:`BANDWIDTHS`.

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

    References
    ----------
    .. [1] Silverman (1986), Density estimation for statistics and data analysis, section 3.4.4.
    """
    known = _outside(cells, left_out)
    count, cluster = known["deposits"].to_numpy(np.float64), known["cluster"].to_numpy()
    names, number = np.unique(cluster, return_inverse=True)
    if len(names) < LEAST_CLUSTERS:
        folds = " and ".join(str(fold + 1) for fold in left_out)
        without = f" without the folds {folds}" if folds else ""
        msg = (
            f"labels.brownfield: there are not {LEAST_CLUSTERS} deposit clusters{without}. Set "
            "labels.brownfield: false"
        )
        raise DepositError(msg)
    places = known[["x", "y"]].to_numpy(np.float64)
    squared = cdist(places, places, "sqeuclidean")
    squared[cluster[:, None] == cluster] = np.inf
    nearest = np.full(len(names), np.inf)
    np.minimum.at(nearest, number, squared.min(axis=1))
    of_cluster = np.bincount(number, count)[number]
    share, others = count / of_cluster, count.sum() - of_cluster

    def likelihood(bandwidth: float) -> float:
        density = np.exp(-squared / (2 * bandwidth**2)) @ count / (others * bandwidth**2)
        return float(share @ np.log(np.maximum(density, FLOOR)))

    tried = BANDWIDTHS * np.sqrt(np.median(nearest))
    return float(max(tried, key=likelihood))


def density_table(cells: pd.DataFrame, plan: Iterable[tuple[int, ...]]) -> pd.DataFrame:
    """Return the density at all cells as each fit may know it, a column a fit.

    A cell reads the deposits outside its own fold and outside those that the fit left out, with
    the bandwidth that the fit's own deposits ask for.

    Parameters
    ----------
    cells
        The cells table.
    plan
        Folds that each fit leaves out.

    Raises
    ------
    DepositError
        When a fit knows fewer than two clusters.
    """
    places, folds = cells[["x", "y"]].to_numpy(np.float64), cells["fold"].to_numpy()
    table = {}
    for left_out in plan:
        bandwidth, column = likeliest_bandwidth(cells, left_out), np.empty(len(cells), np.float32)
        for fold in np.unique(folds):
            known = KnownDeposits.of(cells, {*left_out, int(fold)}, bandwidth)
            column[folds == fold] = known.log_density(places[folds == fold])
        table[fit_column(left_out)] = column
    return pd.DataFrame(table, index=cells.index)


def with_deposit_density(layers: Raster, cells: pd.DataFrame, *, min_coverage: float) -> Raster:
    """Return the layers and, as the last band, the density of all known deposits.

    It is what the map reads. It has values where the layers are evidence enough: it makes no
    cell one more to predict.

    Parameters
    ----------
    layers
        The bands of all layers.
    cells
        The cells table.
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
    known = KnownDeposits.of(cells, (), likeliest_bandwidth(cells))

    def read(window: Window) -> NDArray[np.float32]:
        values, inside = layers.read(window), window_cells(layers.grid, window)
        (x, _), (_, y) = (cell_centres(layers.grid, line) for line in (inside[0], inside[:, 0]))
        density = known.log_density_of_lattice(x, y)
        density[~has_evidence(values, min_coverage)] = np.nan
        return np.concatenate([values, density[None]])

    return Raster(layers.grid, (*layers.bands, DEPOSIT_DENSITY), read)
