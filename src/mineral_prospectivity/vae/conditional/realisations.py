"""Realisations of one conditional autoencoder: evidence in, moments of the logit out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import numpy as np
import torch

from mineral_prospectivity.vae.conditional.autoencoder import CalibratedDecoder
from mineral_prospectivity.vae.conditional.classifiers import StackedClassifiers
from mineral_prospectivity.vae.conditional.networks import ConditionalVae
from mineral_prospectivity.vae.conditional.surface import ClassifierSurface
from mineral_prospectivity.vae.head import standardised_residual
from mineral_prospectivity.vae.stack import CellMoments
from mineral_prospectivity.vae.transform import EvidenceTransform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torch import Tensor

    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.vae.transform import Scores

CELLS_AT_ONCE = 2048
"""Cells read in one pass, so that what is between stays in the cache."""


class _OfClass(NamedTuple):
    """What the autoencoder and the classifiers say of cells, were they of one class."""

    mean: Tensor
    """Mean of the logit over draws of q(z|x, c), shape ``(members, rows)``."""
    variance: Tensor
    """Variance of the logit over the same draws, same shape."""
    residual: Tensor
    """Mean squared standardised residual over the bands that are there, shape ``(rows,)``."""


@dataclass(frozen=True, eq=False)
class Realisations:
    """Classifiers that share one autoencoder, each fitted to data of its own.

    A classifier gives the logit m of a cell as it is; what is known of it is not modelled beyond
    the spread of the realisations, so its variance is 0. The **latent** variance is that of the
    logit over cells that the posterior q(z|x) = sum_c p(c|x) q(z|x, c) holds for this one:
    draws of z are decoded and classified, the class averaged out with weights p and 1 - p,
    where p is the classifier's own probability.

    Parameters
    ----------
    transform
        Of one fit.
    decoder
        Autoencoder and standard deviations.
    draws
        Standard normal draws of z, the same for all cells, shape ``(draws, latent)``: a map
        does not depend on the windows in which it is computed.
    classifiers
        One a member.
    """

    transform: EvidenceTransform
    decoder: CalibratedDecoder
    draws: Tensor
    classifiers: StackedClassifiers

    shared: ClassVar[tuple[str, ...]] = ("transform.", "network.", "posterior.")
    """Tensors that all members of an ensemble have in common begin with these."""

    @classmethod
    def from_tensors(cls, bands: Sequence[Band], tensors: Mapping[str, Tensor]) -> Self:
        """Return the realisations whose :meth:`tensors` are given."""
        parts: dict[str, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            part, _, own = name.partition(".")
            parts.setdefault(part, {})[own] = tensor
        posterior = parts["posterior"]
        return cls(
            EvidenceTransform(tuple(bands), **parts["transform"]),
            CalibratedDecoder(ConditionalVae.from_tensors(parts["network"]), posterior["sigma"]),
            posterior["draws"],
            StackedClassifiers.from_tensors(parts["classifier"]),
        )

    @classmethod
    def join(cls, stacks: Sequence[Self]) -> Self:
        """Join realisations that share the autoencoder of the first."""
        first = stacks[0]
        classifiers = StackedClassifiers.join([stack.classifiers for stack in stacks])
        return cls(first.transform, first.decoder, first.draws, classifiers)

    def tensors(self) -> dict[str, Tensor]:
        """Return everything by name."""
        parts = {
            "transform": self.transform.tensors(),
            "network": self.decoder.network.state_dict(),
            "posterior": {"sigma": self.decoder.sigma, "draws": self.draws},
            "classifier": self.classifiers.state_dict(),
        }
        return {
            f"{part}.{name}": tensor for part, own in parts.items() for name, tensor in own.items()
        }

    def take(self, number: int) -> Realisations:
        """Return one realisation."""
        return Realisations(self.transform, self.decoder, self.draws, self.classifiers.take(number))

    @property
    def device(self) -> torch.device:
        """Where the tensors live."""
        return self.draws.device

    @property
    def latent(self) -> int:
        """Dimensions of the latent space."""
        return self.draws.shape[1]

    @torch.inference_mode()
    def moments(self, values: Tensor) -> CellMoments:
        """Return the moments of cells with evidence ``(rows, bands)``, continuous bands first."""
        passes = [self._moments(part[None]) for part in torch.split(values, CELLS_AT_ONCE)]
        return CellMoments(*(torch.cat(parts, dim=1) for parts in zip(*passes, strict=True)))

    @torch.inference_mode()
    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of the logit alone, shape ``(members, rows)``, of ``(rows, bands)``."""
        passes = torch.split(values, CELLS_AT_ONCE)
        logits = [self.classifiers(self.transform.read(part[None]).targets) for part in passes]
        return torch.cat(logits, dim=1)

    def surface(self) -> ClassifierSurface:
        """Return the mean logit as a function of the scores."""
        return ClassifierSurface(self)

    @torch.inference_mode()
    def encode(self, values: Tensor) -> Tensor:
        """Return the mean of q(z|x, c = 0), shape ``(members, rows, latent)``.

        Nearly every cell is background. All members share the autoencoder.
        """
        scores = self.transform.read(values[None])
        background = torch.zeros_like(scores.targets[..., :1])
        mean = self.decoder.network.encode(scores, background).mean
        return mean.expand(len(self.classifiers.out.weight), -1, -1)

    def _moments(self, values: Tensor) -> CellMoments:
        scores = self.transform.read(values)
        logit = self.classifiers(scores.targets)
        deposit = torch.sigmoid(logit)
        without, within = (self._were_it(float(label), scores) for label in (0, 1))
        between = deposit * (1 - deposit) * (within.mean - without.mean).square()
        latent = torch.lerp(without.variance, within.variance, deposit) + between
        residual = without.residual + deposit * (within.residual - without.residual)
        return CellMoments(logit, torch.zeros_like(logit), latent, residual)

    def _were_it(self, label: float, scores: Scores) -> _OfClass:
        network = self.decoder.network
        classes = torch.full_like(scores.targets[..., :1], label)
        posterior = network.encode(scores, classes)
        error = (scores.targets - network.decode(posterior.mean, classes)) * scores.present
        standard = standardised_residual(error, self.decoder.sigma[None])
        residual = standard.square().sum(dim=2) / scores.present.sum(dim=2)
        deviation = (posterior.log_variance / 2).exp()
        logits = (
            self.classifiers(
                network.decode(posterior.mean + draw * deviation, classes) * scores.present
            )
            for draw in self.draws
        )
        return _OfClass(*_mean_and_variance(logits), residual[0])


def _mean_and_variance(values: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and variance (ddof = 0) over tensors of one shape, without holding them (Welford)."""
    mean = squares = torch.zeros(())
    for count, value in enumerate(values, start=1):
        change = value - mean
        mean = mean + change / count
        squares = squares + change * (value - mean)
    return mean, squares / count


def antithetic_draws(count: int, latent: int, rng: np.random.Generator) -> Tensor:
    """Return standard normal draws in pairs of opposite sign, shape ``(count, latent)``."""
    half = rng.standard_normal((count // 2, latent), dtype=np.float32)
    return torch.from_numpy(np.concatenate([half, -half]))
