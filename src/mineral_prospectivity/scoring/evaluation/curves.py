"""Capture curves and the prediction-area plot, thinned for a document."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.scoring.capture import CaptureCurve, capture_curve
from mineral_prospectivity.scoring.evaluation.scored import ENSEMBLE, ScoredCells, or_absent
from mineral_prospectivity.scoring.prediction_area import prediction_area

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Every per cent, and closer together in the first ones, which is what exploration looks at.
AREAS: NDArray[np.float64] = np.union1d(np.linspace(0, 1, 101), np.geomspace(0.001, 0.1, 41))


def capture_curves(cells: ScoredCells) -> dict[str, Any]:
    """Return the share of deposits captured at each of ``AREAS``, by model."""
    return {name: or_absent(_captured, cells, p) for name, p in cells.models.items()}


def prediction_area_plot(cells: ScoredCells) -> Any:
    """Return the ensemble's prediction-area plot as plain lists."""

    def plot() -> dict[str, Any]:
        found = asdict(prediction_area(_curve(cells, cells.models[ENSEMBLE])))
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in found.items()
        }

    return or_absent(plot)


def _captured(cells: ScoredCells, probability: NDArray[np.float64]) -> list[float]:
    captured: list[float] = _curve(cells, probability).at(AREAS).tolist()
    return captured


def _curve(cells: ScoredCells, probability: NDArray[np.float64]) -> CaptureCurve:
    return capture_curve(probability, cells.deposits, cells.weights)
