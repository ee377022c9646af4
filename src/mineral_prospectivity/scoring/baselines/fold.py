"""What a baseline may see of one fold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.errors import DepositError
from mineral_prospectivity.labels import background_stands_for
from mineral_prospectivity.labels.deposit_density import DEPOSIT_DENSITY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.bands import Band

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Fold:
    """Cells to learn from and cells to predict; no label of the latter.

    Parameters
    ----------
    number
        The fold that is held out.
    bands
        What the columns of the evidence are.
    evidence
        Training evidence, ``(cells, bands)``, NaN where missing.
    labels, weights, folds
        Of the training cells, ``(cells,)``; weights count the background that is not trained on.
    places
        Centres of the training cells, ``(cells, 2)``, m.
    held_out_evidence, held_out_places
        Of the cells to predict.
    seed
        Seed of whatever is random.
    jobs
        Threads that a model may use; results do not depend on it.
    densities
        Where the density of known deposits is a band: its values in the training cells as models
        that leave out another fold as well may know it, by that fold.
    """

    number: int
    bands: tuple[Band, ...]
    evidence: NDArray[np.floating]
    labels: NDArray[np.int_]
    weights: FloatArray
    folds: NDArray[np.int_]
    places: FloatArray
    held_out_evidence: NDArray[np.floating]
    held_out_places: FloatArray
    seed: int
    jobs: int
    densities: Mapping[int, NDArray[np.floating]] = field(default_factory=dict)

    def leaving_out(self, other: int) -> NDArray[np.floating]:
        """Return the training evidence as models that leave out another fold, too, may know it."""
        if other not in self.densities:
            return self.evidence
        evidence = self.evidence.copy()
        column = [band.name for band in self.bands].index(DEPOSIT_DENSITY.name)
        evidence[:, column] = self.densities[other]
        return evidence

    @property
    def prevalence(self) -> float:
        """Weighted share of deposit cells in training."""
        return float(np.average(self.labels, weights=self.weights))


def hold_out(
    fold: int,
    evidence: NDArray[np.floating],
    bands: Sequence[Band],
    cells: pd.DataFrame,
    *,
    seed: int,
    jobs: int,
    densities: Mapping[int, NDArray[np.floating]] | None = None,
) -> Fold:
    """Return the fold: it learns from ``training`` cells of the others.

    A band without a value in those cells has nothing to teach and is left out.

    Parameters
    ----------
    fold
        The fold that is held out.
    evidence, bands, cells
        Of all cells, in the same order.
    seed, jobs
        As in `Fold`.
    densities
        The density of known deposits in all cells, by the fold that is left out as well.

    Raises
    ------
    DepositError
        When no deposit cell, or nothing else, is left to learn from.
    """
    held_out = cells["fold"].to_numpy() == fold
    train = ~held_out & cells["training"].to_numpy(dtype=bool)
    labels = cells["label"].to_numpy(dtype=np.int64)[train]
    if labels.all() or not labels.any():
        msg = (
            f"baselines: without fold {fold + 1} the {len(labels)} training cells hold "
            f"{int(labels.sum())} deposit cells; use fewer or smaller folds"
        )
        raise DepositError(msg)
    known = np.isfinite(evidence[train]).any(axis=0)
    places = cells[["x", "y"]].to_numpy(dtype=np.float64)
    return Fold(
        number=fold,
        bands=tuple(band for band, kept in zip(bands, known, strict=True) if kept),
        evidence=evidence[train][:, known],
        labels=labels,
        weights=_weights(cells, ~held_out)[train],
        folds=cells["fold"].to_numpy(dtype=np.int64)[train],
        places=places[train],
        held_out_evidence=evidence[held_out][:, known],
        held_out_places=places[held_out],
        seed=seed,
        jobs=jobs,
        densities={other: values[train] for other, values in (densities or {}).items()},
    )


def _weights(cells: pd.DataFrame, seen: NDArray[np.bool_]) -> FloatArray:
    """Return weights, ``(cells,)``, by which trained background stands for all that is seen."""
    labels, training = cells["label"].to_numpy(), cells["training"].to_numpy(dtype=bool)
    weights = cells["weight"].to_numpy(dtype=np.float64)
    factor = background_stands_for(labels[seen], training[seen], weights[seen])
    return np.where(labels == 0, factor * weights, weights)
