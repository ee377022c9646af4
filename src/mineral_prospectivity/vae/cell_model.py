"""What every kind of model can do: the one interface behind which members are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch
    from torch import Tensor

    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.vae.attribution import LogitSurface
    from mineral_prospectivity.vae.stack import CellMoments
    from mineral_prospectivity.vae.transform import EvidenceTransform


class CellModel(Protocol):
    """Trained members that read the same cells."""

    shared: ClassVar[tuple[str, ...]]
    """Tensors that all members of an ensemble have in common begin with these."""

    @property
    def transform(self) -> EvidenceTransform:
        """From evidence to what the networks read."""

    @property
    def latent(self) -> int:
        """Dimensions of the latent space."""

    @property
    def device(self) -> torch.device:
        """Where the tensors live."""

    @classmethod
    def from_tensors(cls, bands: Sequence[Band], tensors: Mapping[str, Tensor]) -> Self:
        """Return the members whose :meth:`tensors` are given."""

    @classmethod
    def join(cls, stacks: Sequence[Self]) -> Self:
        """Join members of one ensemble."""

    def tensors(self) -> dict[str, Tensor]:
        """Return everything by name."""

    def moments(self, values: Tensor) -> CellMoments:
        """Return the moments of cells with evidence ``(rows, bands)``, continuous bands first."""

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of the logit alone, shape ``(members, rows)``, of ``(rows, bands)``."""

    def surface(self) -> LogitSurface:
        """Return the mean logit as a function of what the networks read."""

    def encode(self, values: Tensor) -> Tensor:
        """Return the mean of the posterior of z, shape ``(members, rows, latent)``."""
