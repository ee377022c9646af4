"""What an ensemble says of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.uq.decomposition import Decomposition

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAPS = (
    Band("probability", description="Probability that the cell holds a known deposit, calibrated"),
    Band("aleatoric", description="SD of the outcome that would remain if the model were known"),
    Band("latent", description="Part of the aleatoric SD that the latent posterior brings"),
    Band("epistemic", description="SD of the probability for what is not known of the model"),
    Band("total", description="SD of the outcome: aleatoric² + epistemic² = total² = p(1 - p)"),
    Band(
        "mutual_information",
        unit="nat",
        description="Entropy that knowing the model would remove (BALD)",
    ),
    Band("log_odds_mean", description="Mean of the log-odds over the ensemble"),
    Band("log_odds_sd", description="SD of the log-odds over the ensemble"),
    Band(
        "novelty",
        unit="%",
        description="Percentile of the reconstruction residual among held-out cells",
    ),
)
"""The maps of an ensemble: the fields of a prediction, in order."""


@dataclass(frozen=True)
class Prediction(Decomposition):
    """Probability and uncertainties of cells, each ``(cells,)``, float64; spreads are SDs.

    Parameters
    ----------
    novelty
        Percentile of the reconstruction residual among held-out cells.
    """

    novelty: NDArray[np.float64]

    def array(self) -> NDArray[np.float32]:
        """Return all maps as one array, shape ``(maps, cells)``, in the order of ``MAPS``."""
        return np.stack([getattr(self, band.name) for band in MAPS]).astype(np.float32)
