"""Fits that read the same cells: evidence in, moments of the logit out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import torch

from mineral_prospectivity.vae.head import GaussianProcessHead
from mineral_prospectivity.vae.head_surface import HeadSurface
from mineral_prospectivity.vae.networks import Posterior, Representation, StackedVae
from mineral_prospectivity.vae.transform import EvidenceTransform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from mineral_prospectivity.geo.bands import Band

CELLS_AT_ONCE = {"cpu": 8192, "cuda": 524_288}
"""Cells times fits of one pass: on a CPU its arrays should stay in the cache, a GPU wants many."""


class CellMoments(NamedTuple):
    """Moments of the logit, and novelty, all of shape ``(fits, rows)``."""

    mean: Tensor
    variance: Tensor
    latent: Tensor
    residual: Tensor
    """Mean squared standardised residual over the bands that have a value; NaN without any."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Trained fits with one transform for all of them, or one each.

    Parameters
    ----------
    transform
        Of one fit, or as many as there are networks.
    network
        Autoencoders.
    head
        Gaussian-process heads.
    """

    transform: EvidenceTransform
    network: StackedVae
    head: GaussianProcessHead

    shared: ClassVar[tuple[str, ...]] = ("transform.",)
    """Tensors that all members of an ensemble have in common begin with this."""

    @classmethod
    def from_tensors(cls, bands: Sequence[Band], tensors: Mapping[str, Tensor]) -> Stack:
        """Return the fits whose :meth:`tensors` are given."""
        parts: dict[str, dict[str, Tensor]] = {"transform": {}, "network": {}, "head": {}}
        for name, tensor in tensors.items():
            part, _, own = name.partition(".")
            parts[part][own] = tensor
        return cls(
            EvidenceTransform(tuple(bands), **parts["transform"]),
            StackedVae.from_tensors(parts["network"]),
            GaussianProcessHead(**parts["head"]),
        )

    @classmethod
    def join(cls, stacks: Sequence[Stack]) -> Stack:
        """Join fits that share the transform of the first."""
        states = [stack.network.state_dict() for stack in stacks]
        joined = {name: torch.cat([state[name] for state in states]) for name in states[0]}
        head = GaussianProcessHead.stack([stack.head for stack in stacks])
        return cls(stacks[0].transform, StackedVae.from_tensors(joined), head)

    def tensors(self) -> dict[str, Tensor]:
        """Return everything by name."""
        parts = {
            "transform": self.transform.tensors(),
            "network": self.network.state_dict(),
            "head": self.head.tensors(),
        }
        return {
            f"{part}.{name}": tensor for part, own in parts.items() for name, tensor in own.items()
        }

    @property
    def latent(self) -> int:
        """Dimensions of the latent space."""
        return self.head.latent

    @property
    def device(self) -> torch.device:
        """Where the tensors live."""
        return self.head.weights.device

    def moments(self, values: Tensor) -> CellMoments:
        """Return the moments of cells with evidence ``(rows, bands)``, continuous bands first.

        Cells are read in passes, so that memory does not grow with their number beyond what is
        returned.
        """
        passes = [self._moments(part) for part in self._passes(values)]
        return CellMoments(*(torch.cat(parts, dim=1) for parts in zip(*passes, strict=True)))

    def surface(self) -> HeadSurface:
        """Return the mean logit as a function of what the networks read."""
        return HeadSurface(self)

    @torch.inference_mode()
    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of the logit alone, shape ``(fits, rows)``, of ``(rows, bands)``."""
        means = [self._mean(part) for part in self._passes(values)]
        return torch.cat(means, dim=1)

    @torch.inference_mode()
    def encode(self, values: Tensor) -> Tensor:
        """Return the mean of q(z|x), shape ``(fits, rows, latent)``, of ``(rows, bands)``."""
        means = [encode(self.transform, self.network, part).mean for part in self._passes(values)]
        return torch.cat(means, dim=1)

    def _passes(self, values: Tensor) -> list[Tensor]:
        """Split cells ``(rows, bands)`` into passes ``(1, rows, bands)``."""
        size = max(1, CELLS_AT_ONCE[values.device.type] // len(self.head.weights))
        return [part.unsqueeze(0) for part in torch.split(values, size)]

    def _mean(self, values: Tensor) -> Tensor:
        cells = represent(self.transform, self.network, values)
        residual = self.head.residual(cells.error)
        return self.head.mean(cells.posterior.mean, residual, cells.additive)

    @torch.inference_mode()
    def _moments(self, values: Tensor) -> CellMoments:
        cells = represent(self.transform, self.network, values)
        residual = self.head.residual(cells.error)
        logit = self.head.logit(cells.posterior, residual, cells.additive)
        squared = torch.linalg.vector_norm(residual, dim=2).square() / cells.present.sum(dim=2)
        return CellMoments(*(part.double() for part in (*logit, squared)))


def represent(transform: EvidenceTransform, network: StackedVae, values: Tensor) -> Representation:
    """Encode cells and decode their posterior means.

    Parameters
    ----------
    transform
        Of one fit, or as many as there are networks.
    network
        Autoencoders.
    values
        Evidence, shape ``(1 or fits, rows, bands)``, continuous bands first.
    """
    scores = transform.read(values)
    channels = transform.channels(scores)
    posterior = network.encode(channels)
    error = (scores.targets - network.decode(posterior.mean)) * scores.present
    return Representation(posterior, error, scores.present, transform.additive(channels))


def encode(transform: EvidenceTransform, network: StackedVae, values: Tensor) -> Posterior:
    """Return q(z|x) of cells; arguments as of :func:`represent`."""
    return network.encode(transform.channels(transform.read(values)))
