"""The mean logit of Gaussian-process heads as a function of what the networks read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from mineral_prospectivity.vae.attribution import layer_numbers
from mineral_prospectivity.vae.head import RESIDUAL_LIMIT
from mineral_prospectivity.vae.transform import EMBEDDING

if TYPE_CHECKING:
    from torch import Tensor

    from mineral_prospectivity.vae.attribution import Path
    from mineral_prospectivity.vae.stack import Stack


@dataclass(frozen=True, eq=False)
class HeadSurface:
    """The coordinates are the encoder's channels, bounded scores and marks of present bands.

    In them the logit is smooth, but for the bounds of large residuals, whose slope is averaged
    over the path between two nodes.

    Parameters
    ----------
    stack
        Trained fits that share one transform.
    """

    stack: Stack

    @property
    def members(self) -> int:
        """How many members it is the mean of."""
        return len(self.stack.head.weights)

    @property
    def layers(self) -> list[int]:
        """Number of the layer of each coordinate."""
        transform = self.stack.transform
        own = layer_numbers(transform)
        continuous = own[: transform.knots.shape[1]]
        embedded = [layer for layer in continuous for _ in range(len(EMBEDDING) - 1)]
        missing = list(dict.fromkeys(own))
        return [*own, *continuous, *embedded, *missing, *own, *own]

    def read(self, values: Tensor) -> Tensor:
        """Return the coordinates, shape ``(cells, width + bands + bands)``."""
        transform = self.stack.transform
        scores = transform.read(values.unsqueeze(0))
        channels = transform.channels(scores)
        bounded = transform.additive(channels)[..., : len(transform.bands)]
        return torch.cat([channels, bounded, scores.present], dim=2)[0]

    def mean_logit(self, points: Tensor, path: Path) -> Tensor:
        """Return the logit ``(places, cells)`` of points ``(places, cells, coordinates)``."""
        stack, bands = self.stack, len(self.stack.transform.bands)
        channels, bounded, present = torch.split(
            points.flatten(0, 1).unsqueeze(0), [stack.transform.width, bands, bands], dim=2
        )
        latent = stack.network.encode(channels).mean
        error = (channels[..., :bands] - stack.network.decode(latent)) * present
        residual = self._residual(error, len(points), path)
        embedded = stack.transform.additive(channels)[..., bands:]
        additive = torch.cat([bounded, embedded], dim=2)
        return stack.head.mean(latent, residual, additive).mean(dim=0).view(points.shape[:2])

    def _residual(self, error: Tensor, places: int, path: Path) -> Tensor:
        """Return the bounded residuals, which change with the error by their mean slope."""
        raw = error / self.stack.head.rms.unsqueeze(1)
        with torch.no_grad():
            by_place = raw.view(len(raw), places, -1, raw.shape[2]).transpose(0, 1)
            slope = path.mean_slope(by_place, _bound).transpose(0, 1).flatten(1, 2)
            residual = self.stack.head.residual(error)
        return residual + slope * (raw - raw.detach())


def _bound(residual: Tensor) -> Tensor:
    return residual.clamp(-RESIDUAL_LIMIT, RESIDUAL_LIMIT)
