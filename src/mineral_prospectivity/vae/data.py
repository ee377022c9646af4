"""What a member is trained on: the rows of the cells table and of the evidence table."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from mineral_prospectivity.errors import TrainingError
from mineral_prospectivity.geo.bands import layers_alone
from mineral_prospectivity.labels import background_stands_for
from mineral_prospectivity.labels.deposit_density import DEPOSIT_DENSITY, fit_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.bands import Band


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Cells with their evidence and labels, all arrays in one row order.

    Parameters
    ----------
    cells
        Flat index of each cell in its grid, shape ``(cells,)``, unique.
    features
        Evidence, shape ``(cells, bands)``, float32; NaN is missing.
    labels
        1 where a known deposit lies, else 0, shape ``(cells,)``.
    clusters
        Deposit cluster of each positive cell, -1 elsewhere, shape ``(cells,)``.
    weights
        Cells of the map that a row stands for, shape ``(cells,)``, positive.
    training
        False for the cells that no fit is trained on (exclusion zone), shape ``(cells,)``.
    folds
        Spatial fold of each cell, from 0, shape ``(cells,)``.
    bands
        What the columns of ``features`` are.
    places
        Easting and northing of the cell centres, m, shape ``(cells, 2)``, where blocks of ground
        are to be drawn. They follow from ``cells`` and the grid.
    deposits
        Deposits that count in each cell, shape ``(cells,)``: each in one, however many cells its
        polygon or buffer makes positive. None is one in every positive cell.
    densities
        Where the density of known deposits is a band: its values as the fits that leave out
        folds may know them, shape ``(cells,)`` each, by the column of the evidence table.

    Raises
    ------
    TrainingError
        When the arrays do not belong together, or a value in them cannot be used.
    """

    cells: NDArray[np.int64]
    features: NDArray[np.float32]
    labels: NDArray[np.int8]
    clusters: NDArray[np.int32]
    weights: NDArray[np.float64]
    training: NDArray[np.bool_]
    folds: NDArray[np.int8]
    bands: tuple[Band, ...]
    places: NDArray[np.float64] | None = None
    deposits: NDArray[np.int32] | None = None
    densities: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_shapes()
        self._check_values()

    @classmethod
    def from_tables(
        cls, cells: pd.DataFrame, evidence: pd.DataFrame, bands: Sequence[Band]
    ) -> Self:
        """Join the cells table and the evidence table, which must list the same cells in order.

        Raises
        ------
        TrainingError
            When the tables list different cells, or a band is missing from the evidence.
        """
        if not np.array_equal(cells["cell"], evidence["cell"]):
            msg = "the cells table and the evidence table do not list the same cells in one order"
            raise TrainingError(msg)
        missing = [band.name for band in bands if band.name not in evidence]
        if missing:
            msg = f"the evidence table has no column for {', '.join(map(repr, missing))}"
            raise TrainingError(msg)
        return cls(
            cells=cells["cell"].to_numpy(np.int64),
            features=evidence[[band.name for band in bands]].to_numpy(np.float32),
            labels=cells["label"].to_numpy(np.int8),
            clusters=cells["cluster"].to_numpy(np.int32),
            weights=cells["weight"].to_numpy(np.float64),
            training=cells["training"].to_numpy(np.bool_),
            folds=cells["fold"].to_numpy(np.int8),
            bands=tuple(bands),
            places=cells[["x", "y"]].to_numpy(np.float64) if "x" in cells else None,
            deposits=cells["deposits"].to_numpy(np.int32) if "deposits" in cells else None,
            densities={
                name: evidence[name].to_numpy(np.float32)
                for name in map(str, evidence)
                if name.startswith(f"{DEPOSIT_DENSITY.name}_without_")
            },
        )

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Rows whose positive label a fit may use, shape ``(cells,)``."""
        usable: NDArray[np.bool_] = (self.labels == 1) & self.training
        return usable

    @property
    def background(self) -> NDArray[np.bool_]:
        """Rows whose zero label a fit may use, shape ``(cells,)``."""
        usable: NDArray[np.bool_] = (self.labels == 0) & self.training
        return usable

    def background_stands_for(self, seen: NDArray[np.bool_]) -> float:
        """Return the cells without a deposit over those of the background, by weight.

        See :func:`~mineral_prospectivity.labels.background_stands_for`.

        Parameters
        ----------
        seen
            Which cells are meant, shape ``(cells,)``.
        """
        return background_stands_for(self.labels[seen], self.training[seen], self.weights[seen])

    def clusters_a_positive(self, rows: NDArray[np.int64]) -> float:
        """Return the deposit clusters over the positive cells among rows.

        Neighbouring positives are no independent evidence.
        """
        of_positives = self.clusters[rows][self.labels[rows] == 1]
        alone = np.count_nonzero(of_positives < 0)
        return (len(np.unique(of_positives[of_positives >= 0])) + alone) / len(of_positives)

    def deposits_a_positive(self, rows: NDArray[np.int64]) -> float:
        """Return the share of the positive cells among rows that a deposit counts in."""
        if self.deposits is None:
            return 1.0
        counting = self.deposits[rows][self.labels[rows] == 1] > 0
        return float(max(1.0, counting.sum()) / len(counting))

    def readings(self) -> tuple[Self, ...]:
        """Return the data without the context of cells, and then with it, where there is any."""
        own = layers_alone(self.bands)
        if own == self.bands:
            return (self,)
        columns = [self.bands.index(band) for band in own]
        return replace(self, features=self.features[:, columns], bands=own), self

    def digest(self) -> str:
        """Return the SHA-256 of everything that training can depend on."""
        content = hashlib.sha256()
        bands = [band.to_dict() for band in self.bands]
        content.update(json.dumps(bands, sort_keys=True).encode())
        for name, values in self._arrays().items():
            array = np.ascontiguousarray(values)
            content.update(f"{name}:{array.dtype.str}:{array.shape}".encode())
            content.update(array.tobytes())
        return content.hexdigest()

    @property
    def density_column(self) -> int | None:
        """Column of the features that holds the density of known deposits, where there is one."""
        names = [band.name for band in self.bands]
        return names.index(DEPOSIT_DENSITY.name) if DEPOSIT_DENSITY.name in names else None

    def density_without(self, left_out: tuple[int, ...]) -> NDArray[np.float32]:
        """Return the density of known deposits as the fit without some folds may know it.

        Raises
        ------
        TrainingError
            When it is not given.
        """
        if not left_out:
            return self.features[:, self.density_column]
        name = fit_column(left_out)
        if name not in self.densities:
            msg = (
                f"the evidence table has the band {DEPOSIT_DENSITY.name!r} and no column "
                f"{name!r}, without which a fit would know deposits that it must not. Run "
                "data_engineering again"
            )
            raise TrainingError(msg)
        return self.densities[name]

    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        deposits = {} if self.deposits is None else {"deposits": self.deposits}
        return {name: getattr(self, name) for name in _ARRAYS} | deposits | dict(self.densities)

    def _check_shapes(self) -> None:
        if self.features.ndim != 2 or self.features.shape[1] != len(self.bands):  # noqa: PLR2004
            msg = f"features of shape {self.features.shape} do not hold {len(self.bands)} bands"
            raise TrainingError(msg)
        rows = len(self.features)
        for name, array in self._arrays().items():
            if len(array) != rows:
                msg = f"{name} has {len(array)} rows, features has {rows}"
                raise TrainingError(msg)

    def _check_values(self) -> None:
        if not np.isin(self.labels, (0, 1)).all():
            msg = f"labels must be 0 or 1, found {sorted(set(self.labels.tolist()) - {0, 1})}"
            raise TrainingError(msg)
        if not (np.isfinite(self.weights) & (self.weights > 0)).all():
            msg = "weights must be positive and finite: a row stands for that many cells"
            raise TrainingError(msg)
        if np.isinf(self.features).any():
            column = int(np.flatnonzero(np.isinf(self.features).any(axis=0))[0])
            msg = f"band {self.bands[column].name!r} holds infinite values; mark them as missing"
            raise TrainingError(msg)
        empty = np.flatnonzero(np.isnan(self.features).all(axis=0))
        if empty.size:
            msg = f"band {self.bands[empty[0]].name!r} has no value in any cell; leave it out"
            raise TrainingError(msg)


_ARRAYS = ("cells", "features", "labels", "clusters", "weights", "training", "folds")
