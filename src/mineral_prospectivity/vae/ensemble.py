"""All members together: from evidence to the Gaussian of each member's logit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from mineral_prospectivity.errors import BundleError
from mineral_prospectivity.vae.attribution import Attribution, integrated_gradients, layer_names
from mineral_prospectivity.vae.bundle import CELL_MODELS, MemberBundle
from mineral_prospectivity.vae.device import choose_device

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.vae.cell_model import CellModel

BLOCK = 65_536
"""Cells that are brought to the device at once."""


class EnsembleMoments(NamedTuple):
    """Moments of the logit of each member and cell, and the cells' reconstruction residual."""

    mean: NDArray[np.float64]
    """Mean logit, shape ``(members, cells)``."""
    variance: NDArray[np.float64]
    """Variance of the logit for what is not known of the member's head, same shape."""
    latent: NDArray[np.float64]
    """Variance of the logit for the width of q(z|x), same shape, of first order."""
    residual: NDArray[np.float64]
    """Mean squared standardised residual over members and bands, shape ``(cells,)``."""


class Readers(NamedTuple):
    """Members that read the same bands."""

    members: list[int]
    """Their places in the ensemble."""
    columns: list[int]
    """Columns of the evidence that they read, in the order that their stack expects."""
    stack: CellModel
    """Their full fits, with the one transform that they share."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Members of one training, stacked.

    Parameters
    ----------
    names
        Names of the members, such as ``member_007``.
    bands
        The evidence that the members expect, in order.
    readers
        The members by what they read of it: all bands, or those that are no context.
    data_digest
        SHA-256 of what they were trained on.
    """

    names: tuple[str, ...]
    bands: tuple[Band, ...]
    readers: tuple[Readers, ...] = field(repr=False)
    data_digest: str = field(repr=False)

    @classmethod
    def of(cls, bundles: Sequence[MemberBundle], *, device: str = "auto") -> Ensemble:
        """Stack members.

        Raises
        ------
        BundleError
            When there is none, or when they were not trained on the same data with the same
            settings.
        """
        if not bundles:
            msg = "an ensemble needs at least one member bundle"
            raise BundleError(msg)
        by_reading: dict[tuple[Band, ...], list[int]] = {}
        for place, bundle in enumerate(bundles):
            by_reading.setdefault(bundle.header.bands_read, []).append(place)
            if place:
                _check_alike(bundles[0], bundle)
        target = choose_device(device)
        readers = [_readers(bundles, members, target) for members in by_reading.values()]
        names = tuple(bundle.name for bundle in bundles)
        first = bundles[0].header
        return cls(names, first.bands, tuple(readers), first.data_digest)

    @classmethod
    def load(cls, paths: Iterable[Path], *, device: str = "auto") -> Ensemble:
        """Read members from their files."""
        return cls.of([MemberBundle.load(path) for path in paths], device=device)

    def check(self, bands: Sequence[Band]) -> None:
        """Make sure that evidence is what the members were trained on.

        Raises
        ------
        BundleError
            When bands are missing or not expected, in another order, or differ in kind or unit.
        """
        expected, found = [b.name for b in self.bands], [b.name for b in bands]
        missing = [name for name in expected if name not in found]
        unexpected = [name for name in found if name not in expected]
        if missing or unexpected or len(found) != len(expected):
            msg = (
                f"the members expect {len(expected)} bands, the evidence has {len(found)}; "
                f"missing: {_listed(missing)}; not expected: {_listed(unexpected)}. "
                + self._remedy(missing)
            )
            raise BundleError(msg)
        for number, (own, other) in enumerate(zip(self.bands, bands, strict=True), start=1):
            if own.name != other.name:
                msg = (
                    f"band {number} of the evidence is {other.name!r}, the members expect "
                    f"{own.name!r} there. Select the bands in the order of Ensemble.bands, or "
                    "train the members again"
                )
                raise BundleError(msg)
            for attribute in ("unit", "kind"):
                mine, theirs = getattr(own, attribute), getattr(other, attribute)
                if mine != theirs:
                    msg = (
                        f"band {own.name!r} has the {attribute} {theirs!r}, the members were "
                        f"trained with {mine!r}. Convert it, or train the members again"
                    )
                    raise BundleError(msg)

    def _remedy(self, missing: Sequence[str]) -> str:
        """Return what to do about bands that are missing."""
        context = {band.name for band in self.bands if band.context}
        if missing and context.issuperset(missing):
            return (
                "What is missing is the context of cells: make it with grid.context, or "
                "mineral_prospectivity.geo.context.with_context, and the radius in the names"
            )
        return "Declare the layers as they were, or train the members again"

    def logit_moments(self, features: NDArray[np.float32]) -> EnsembleMoments:
        """Return the Gaussian of each member's logit.

        Parameters
        ----------
        features
            Evidence, shape ``(cells, bands)``, in the order and units of :attr:`bands`; NaN is
            missing.

        Raises
        ------
        BundleError
            When the number of columns is not that of the bands.
        """
        members, cells = len(self.names), len(features)
        mean, variance, latent = np.empty((3, members, cells))
        residual = np.zeros(cells)
        for who in self.readers:
            for part, values in self._blocks(who, features):
                moments = who.stack.moments(values)
                mean[who.members, part] = moments.mean.cpu().numpy()
                variance[who.members, part] = moments.variance.cpu().numpy()
                latent[who.members, part] = moments.latent.cpu().numpy()
                residual[part] += moments.residual.sum(dim=0).cpu().numpy() / members
        return EnsembleMoments(mean, variance, latent, residual)

    def encode(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mean of q(z|x) of each member and cell, ``(members, cells, latent)``.

        Parameters
        ----------
        features
            As for :meth:`logit_moments`.
        """
        shape = (len(self.names), len(features), self.readers[0].stack.latent)
        encoded = np.empty(shape, np.float32)
        for who in self.readers:
            for part, values in self._blocks(who, features):
                encoded[who.members, part] = who.stack.encode(values).cpu().numpy()
        return encoded

    def attribute(
        self, features: NDArray[np.float32], baseline: NDArray[np.float32]
    ) -> Attribution:
        """Return what each layer adds to the mean logit of the members.

        Parameters
        ----------
        features
            As for :meth:`logit_moments`.
        baseline
            Evidence of the cell to compare with, shape ``(bands,)``.

        Returns
        -------
        Attribution
            See :func:`~mineral_prospectivity.vae.attribution.integrated_gradients`.
        """
        names = layer_names(self.bands)
        layers = np.zeros((len(features), len(names)))
        total = np.zeros(len(features))
        for who in self.readers:
            share, surface = len(who.members) / len(self.names), who.stack.surface()
            own = [names.index(name) for name in layer_names(who.stack.transform.bands)]
            ((_, start),) = self._blocks(who, np.asarray(baseline, dtype=np.float32)[None])
            for part, values in self._blocks(who, features):
                found = integrated_gradients(surface, values, start[0])
                layers[part, own] += share * found.layers
                total[part] += share * found.total
        return Attribution(layers, total)

    def _blocks(
        self, who: Readers, features: NDArray[np.float32]
    ) -> Iterator[tuple[slice, Tensor]]:
        if features.ndim != 2 or features.shape[1] != len(self.bands):  # noqa: PLR2004
            msg = (
                f"evidence of shape {features.shape}: the members expect (cells, "
                f"{len(self.bands)}), one column for each of Ensemble.bands"
            )
            context = sum(band.context for band in self.bands)
            if context:
                msg += f", of which {context} are the context of cells"
            raise BundleError(msg)
        for start in range(0, len(features), BLOCK):
            part = slice(start, start + BLOCK)
            block = features[part][:, who.columns].astype(np.float32, copy=False)
            yield part, torch.from_numpy(block).to(who.stack.device)


def _readers(bundles: Sequence[MemberBundle], members: list[int], device: torch.device) -> Readers:
    """Stack the members at some places, which read the same bands."""
    first, *others = (bundles[place] for place in members)
    for other in others:
        _check_shared(first, other)
    stacks = [bundles[place].stack(device) for place in members]
    stack = type(stacks[0]).join(stacks)
    read = [first.header.bands_read[column] for column in stack.transform.order]
    return Readers(members, [first.header.bands.index(band) for band in read], stack)


def _check_alike(first: MemberBundle, other: MemberBundle) -> None:
    """Members of one ensemble share data and settings."""
    mine, theirs = first.header, other.header
    if first.name == other.name:
        msg = f"{first.name} is given twice"
        raise BundleError(msg)
    if mine.settings.kind != theirs.settings.kind:
        msg = (
            f"{other.name} is of the kind {theirs.settings.kind!r}, {first.name} of the kind "
            f"{mine.settings.kind!r}. Train all members with one model.kind"
        )
        raise BundleError(msg)
    for group, own in mine.made_with.items():
        their = theirs.made_with[group]
        different = [name for name in own if their.get(name, own[name]) != own[name]]
        if different:
            name = different[0]
            msg = (
                f"{other.name} was trained with another {group}.{name} ({their[name]}) than "
                f"{first.name} ({own[name]}). Train it again"
            )
            raise BundleError(msg)
    if mine.data_digest != theirs.data_digest or mine.bands != theirs.bands:
        raise _other_data(first, other)


def _check_shared(first: MemberBundle, other: MemberBundle) -> None:
    """Members that read the same bands share some of their tensors."""
    shared = CELL_MODELS[first.header.settings.kind].shared
    same = all(
        np.array_equal(array, other.tensors[name])
        for name, array in first.tensors.items()
        if name.startswith(shared)
    )
    if not same:
        raise _other_data(first, other)


def _other_data(first: MemberBundle, other: MemberBundle) -> BundleError:
    msg = f"{other.name} was trained on other data than {first.name}. Train it again"
    return BundleError(msg)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names)) or "none"
