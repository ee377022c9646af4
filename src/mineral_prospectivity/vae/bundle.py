"""A trained member in one file: safetensors, with a JSON header and a hash over both."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load, save

from mineral_prospectivity.errors import BundleError
from mineral_prospectivity.geo.bands import Band, layers_alone
from mineral_prospectivity.vae.conditional.realisations import Realisations
from mineral_prospectivity.vae.kinds import KINDS, kind_of, model_settings
from mineral_prospectivity.vae.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from mineral_prospectivity.vae.cell_model import CellModel
    from mineral_prospectivity.vae.conditional.settings import CvaeSettings
    from mineral_prospectivity.vae.diversity import Resampling
    from mineral_prospectivity.vae.settings import VaeSettings

FORMAT = 2
"""Version of the file format."""

MAP = "map"
"""What context gains in the fit of the map stands under this name, beside the folds' numbers."""

CELL_MODELS: dict[str, type[CellModel]] = {"vae": Stack, "cvae": Realisations}
"""What the members of each kind of model are read as."""

_KEY = "mineral_prospectivity"
_RENEW = "Copy it again, or train the member again"


@dataclass(frozen=True)
class BundleHeader:
    """What a bundle says of itself.

    Parameters
    ----------
    member, seed
        The member's number, and the seed of its ensemble.
    bands
        The evidence it expects, in order.
    settings
        The model and its training.
    data_digest
        SHA-256 of what it was trained on.
    package_version
        Version of this package that trained it.
    history
        Losses of the full fit at the recorded steps.
    provenance
        What it was made from, such as the run and the commit; of no effect on what it predicts.
    reads_context
        Whether it reads those of the bands that are the context of cells.
    context_gain
        Where inner folds chose that: by how much context lowers the mean negative log-likelihood,
        nats a cell. For the fit without a fold under the fold's number, by predictions of inner
        folds; for this one under ``map``, by predictions of all folds.
    diversity
        In what the members' data differ; None where the file does not say.
    """

    member: int
    seed: int
    bands: tuple[Band, ...]
    settings: VaeSettings | CvaeSettings
    data_digest: str
    package_version: str
    history: Mapping[str, Sequence[float]]
    provenance: Mapping[str, str] = field(default_factory=dict)
    reads_context: bool = True
    context_gain: Mapping[str, float] = field(default_factory=dict)
    diversity: Resampling | None = None

    @property
    def bands_read(self) -> tuple[Band, ...]:
        """Those of the bands that the member reads."""
        return self.bands if self.reads_context else layers_alone(self.bands)

    @property
    def made_with(self) -> dict[str, dict[str, Any]]:
        """The parameters that it was trained with, by group, as plain values."""
        ensemble: dict[str, Any] = {"seed": self.seed}
        if self.diversity is not None:
            ensemble["diversity"] = self.diversity
        return {"model": self.settings.model_dump(mode="json"), "ensemble": ensemble}

    def to_dict(self) -> dict[str, Any]:
        """Return the header as plain values for JSON."""
        bands = [band.to_dict() for band in self.bands]
        return asdict(self) | {"bands": bands, "settings": self.settings.model_dump()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BundleHeader:
        """Return the header that :meth:`to_dict` wrote."""
        bands = tuple(Band(**band) for band in values["bands"])
        settings = model_settings(values["settings"])
        return cls(**{**values, "bands": bands, "settings": settings})


@dataclass(frozen=True, eq=False)
class MemberBundle:
    """A trained member: tensors and header, never code.

    Parameters
    ----------
    header
        What the bundle says of itself.
    tensors
        Arrays by name: ``transform.*``, ``network.*``, and what its kind of model adds.
    """

    header: BundleHeader
    tensors: dict[str, NDArray[np.float32]]

    @classmethod
    def of(
        cls,
        stack: CellModel,
        *,
        member: int,
        seed: int,
        settings: VaeSettings | CvaeSettings,
        data_digest: str,
        history: pd.DataFrame,
        diversity: Resampling = "seeds",
    ) -> MemberBundle:
        """Return the bundle of one member."""
        header = BundleHeader(
            member=member,
            seed=seed,
            bands=stack.transform.bands,
            settings=settings,
            data_digest=data_digest,
            package_version=version("mineral-prospectivity"),
            history={str(name): history[name].tolist() for name in history},
            diversity=diversity,
        )
        tensors = {
            name: np.ascontiguousarray(tensor.detach().cpu().numpy())
            for name, tensor in stack.tensors().items()
        }
        return cls(header, tensors)

    @property
    def name(self) -> str:
        """``member_007``."""
        return f"member_{self.header.member:03d}"

    def made_from(self, provenance: Mapping[str, str]) -> MemberBundle:
        """Return the same member, which says what it was made from."""
        return MemberBundle(replace(self.header, provenance=dict(provenance)), self.tensors)

    def stack(self, device: torch.device) -> CellModel:
        """Return the member as the kind of model that it is of."""
        tensors = {name: torch.tensor(array, device=device) for name, array in self.tensors.items()}
        return CELL_MODELS[self.header.settings.kind].from_tensors(self.header.bands_read, tensors)

    def to_bytes(self) -> bytes:
        """Return the content of the file; the same member gives the same bytes."""
        header = json.dumps({"format": FORMAT, **self.header.to_dict()}, sort_keys=True)
        stated = f"{_digest(header, self.tensors)} {header}"
        return save(self.tensors, metadata={_KEY: stated})

    @classmethod
    def from_bytes(cls, content: bytes) -> MemberBundle:
        """Return the bundle of a file's content.

        Raises
        ------
        BundleError
            When the content is damaged, is no bundle, or is of a format or a kind of model that
            this package does not know.
        """
        stated, text, header = _read_header(content)
        try:
            tensors = load(content)
        except SafetensorError as error:
            msg = f"the member bundle is cut off or damaged ({error}). {_RENEW}"
            raise BundleError(msg) from None
        if stated != _digest(text, tensors):
            msg = (
                "the member bundle is damaged: its content does not have the SHA-256 that it "
                f"states. {_RENEW}"
            )
            raise BundleError(msg)
        del header["format"]
        return cls(BundleHeader.from_dict(header), tensors)

    def save(self, path: Path) -> None:
        """Write the bundle to a file."""
        path.write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: Path) -> MemberBundle:
        """Read the bundle of a file.

        Raises
        ------
        BundleError
            As :meth:`from_bytes`, with the path.
        """
        try:
            return cls.from_bytes(path.read_bytes())
        except BundleError as error:
            msg = f"{path}: {error}"
            raise BundleError(msg) from None


def _read_header(content: bytes) -> tuple[str, str, dict[str, Any]]:
    """Return the stated hash, the header's text and the header.

    The tensors are not read: a newer format may store them in another way.
    """
    try:
        (length,) = struct.unpack("<Q", content[:8])
        metadata = json.loads(content[8 : 8 + length])["__metadata__"]
        stated, _, text = metadata[_KEY].partition(" ")
        header: dict[str, Any] = json.loads(text)
        found = int(header["format"])
    except (struct.error, ValueError, KeyError, TypeError, AttributeError):
        msg = f"this is no member bundle, or its header is damaged. {_RENEW}"
        raise BundleError(msg) from None
    if found > FORMAT:
        msg = (
            f"member bundle of format {found}; this version reads formats up to {FORMAT}. "
            "Upgrade mineral-prospectivity"
        )
        raise BundleError(msg)
    kind = kind_of(header["settings"])
    if kind not in KINDS:
        msg = (
            f"member bundle of the kind {kind!r}; this version reads {', '.join(KINDS)}. "
            "Upgrade mineral-prospectivity"
        )
        raise BundleError(msg)
    return stated, text, header


def _digest(header: str, tensors: Mapping[str, NDArray[np.float32]]) -> str:
    """Return the SHA-256 over the header's text and all tensors."""
    content = hashlib.sha256(header.encode())
    for name in sorted(tensors):
        content.update(f"{name}:{tensors[name].dtype.str}:{tensors[name].shape}".encode())
        content.update(tensors[name].tobytes())
    return content.hexdigest()
