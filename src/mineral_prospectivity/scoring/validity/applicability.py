"""The area of applicability: where a cell is like enough to what the model was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.metrics import pairwise_distances

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tabulate import has_evidence
from mineral_prospectivity.scoring.validity.distances import held_out_distance, nearest_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.grid import Window

    FloatArray = NDArray[np.float64]

BAND = Band("applicability", description="Area of applicability of the model; 0 is no data")
UNLIKE = Band(
    "dissimilarity",
    description="Dissimilarity to the nearest training cell, over the largest inside the area of "
    "applicability",
)
CATEGORIES = ((1, "inside the area of applicability"), (2, "outside: unlike any training cell"))
COLOURS = ((1, "#E3E3E3"), (2, "#D55E00"))

_PAIRED = 1000  # training cells whose mean distance is the unit of dissimilarity
_WHISKER = 1.5  # interquartile ranges above the upper quartile


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """Evidence, standardised and weighted by importance, so that distances mean something.

    Parameters
    ----------
    centre, scale
        Mean and importance divided by the standard deviation, of each band that is used.
    used
        Columns of the evidence with any importance and any variation.
    """

    centre: FloatArray
    scale: FloatArray
    used: NDArray[np.intp]

    @classmethod
    def fit(cls, evidence: NDArray[np.floating], importance: FloatArray) -> Self:
        """Return the space of training evidence.

        Parameters
        ----------
        evidence
            ``(cells, bands)``, NaN where missing.
        importance
            Of each band for the model, >= 0, ``(bands,)``; where none has any, all weigh the same.
        """
        weight = np.asarray(importance, dtype=np.float64)
        weight = weight / weight.mean() if weight.any() else np.ones_like(weight)
        some = np.isfinite(evidence).any(axis=0)
        spread = np.zeros(len(weight))
        spread[some] = np.nanstd(evidence[:, some], axis=0, dtype=np.float64)
        used = np.flatnonzero((weight > 0) & (spread > 0))
        centre = np.asarray(np.nanmean(evidence[:, used].astype(np.float64), axis=0))
        return cls(centre, weight[used] / spread[used], used)

    def place(self, evidence: NDArray[np.generic]) -> FloatArray:
        """Return where cells lie, ``(cells, used bands)``; a missing value lies at the mean."""
        placed = (evidence[:, self.used].astype(np.float64) - self.centre) * self.scale
        return np.nan_to_num(placed, nan=0.0)


@dataclass(frozen=True, eq=False)
class AreaOfApplicability:
    """Cells no less like their nearest training cell than held-out training cells are to theirs.

    The dissimilarity index of a cell is its distance to the nearest training cell, divided by the
    mean distance between training cells. The threshold is the largest index of training cells,
    each measured to those of other folds, that is no outlier: at most 1.5 interquartile ranges
    above the upper quartile.

    Parameters
    ----------
    space
        In which distances are taken.
    training
        Places of training cells, ``(cells, used bands)``.
    unit
        Mean distance between training cells.
    threshold
        Largest dissimilarity inside the area.

    References
    ----------
    Meyer and Pebesma 2021, Predicting into unknown space? Estimating the area of applicability of
    spatial prediction models, Methods in Ecology and Evolution 12.
    """

    space: FeatureSpace
    training: FloatArray
    unit: float
    threshold: float

    @classmethod
    def fit(
        cls,
        evidence: NDArray[np.floating],
        folds: NDArray[np.integer],
        importance: FloatArray,
        *,
        seed: int = 0,
    ) -> Self:
        """Return the area of a model that was trained on these cells.

        Parameters
        ----------
        evidence, folds
            Of training cells, ``(cells, bands)`` and ``(cells,)``.
        importance
            Of each band, ``(bands,)``.
        seed
            Seed of the cells whose mean distance is the unit.
        """
        space = FeatureSpace.fit(evidence, importance)
        placed = space.place(evidence)
        unit = _mean_distance(placed, seed)
        own = held_out_distance(placed, folds, placed, folds) / unit
        return cls(space, placed, unit, _largest_usual(own))

    def dissimilarity(self, evidence: NDArray[np.generic]) -> FloatArray:
        """Return the dissimilarity index of cells, ``(cells,)``."""
        return nearest_distance(self.space.place(evidence), self.training) / self.unit

    def map(self, evidence: Raster, *, min_coverage: float) -> Raster:
        """Return the dissimilarity over the threshold, computed window by window.

        Parameters
        ----------
        evidence
            With the bands that the area was fitted to.
        min_coverage
            A cell counts when this share of its bands has values.

        Returns
        -------
        Raster
            One band, float32: above 1 a cell lies outside the area; NaN is no data.
        """

        def read(window: Window) -> NDArray[np.float32]:
            values = evidence.read(window)
            unlike = np.full((1, *window.shape), np.nan, dtype=np.float32)
            valid = has_evidence(values, min_coverage)
            if valid.any():
                largest = max(self.threshold, float(np.finfo(np.float32).tiny))
                unlike[0, valid] = self.dissimilarity(values[:, valid].T) / largest
            return unlike

        return Raster(evidence.grid, (UNLIKE,), read)


def area_mask(dissimilarity: Raster) -> Raster:
    """Return the area of applicability, uint8 with two categories.

    Parameters
    ----------
    dissimilarity
        As :meth:`AreaOfApplicability.map` gives it.
    """

    def read(window: Window) -> NDArray[np.uint8]:
        unlike = dissimilarity.read(window).astype(np.float32)
        return np.where(np.isnan(unlike), 0, np.where(unlike > 1, 2, 1)).astype(np.uint8)

    return Raster(dissimilarity.grid, (BAND,), read, CATEGORIES, COLOURS)


def _mean_distance(placed: FloatArray, seed: int) -> float:
    rng = np.random.default_rng(seed)
    some = placed[rng.choice(len(placed), min(_PAIRED, len(placed)), replace=False)]
    pairs = len(some) * (len(some) - 1)
    mean = float(pairwise_distances(some).sum()) / max(pairs, 1)
    return mean or 1.0  # cells that are all alike


def _largest_usual(values: FloatArray) -> float:
    lower, upper = np.quantile(values, (0.25, 0.75))
    return float(values[values <= upper + _WHISKER * (upper - lower)].max())
