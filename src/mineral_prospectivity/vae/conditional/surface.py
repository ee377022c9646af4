"""The mean logit of classifiers as a function of the scores that they read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mineral_prospectivity.vae.attribution import layer_numbers

if TYPE_CHECKING:
    from torch import Tensor

    from mineral_prospectivity.vae.attribution import Path
    from mineral_prospectivity.vae.conditional.realisations import Realisations


@dataclass(frozen=True, eq=False)
class ClassifierSurface:
    """The coordinates are the scores of the bands, 0 where missing.

    Parameters
    ----------
    realisations
        Classifiers that share one transform.
    """

    realisations: Realisations

    @property
    def members(self) -> int:
        """How many members it is the mean of."""
        return len(self.realisations.classifiers.out.weight)

    @property
    def layers(self) -> list[int]:
        """Number of the layer of each coordinate."""
        return layer_numbers(self.realisations.transform)

    def read(self, values: Tensor) -> Tensor:
        """Return the coordinates, shape ``(cells, bands)``."""
        return self.realisations.transform.read(values.unsqueeze(0)).targets[0]

    def mean_logit(self, points: Tensor, path: Path) -> Tensor:  # noqa: ARG002
        """Return the logit ``(places, cells)`` of points ``(places, cells, coordinates)``."""
        logit: Tensor = self.realisations.classifiers(points.flatten(0, 1).unsqueeze(0))
        return logit.mean(dim=0).view(points.shape[:2])
