"""What the datasets of this project share: one file, replaced in one step."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, TypeVar

from kedro.io import AbstractDataset

from mineral_prospectivity.datasets.stored_file import StoredFile

if TYPE_CHECKING:
    from collections.abc import Mapping

Saved = TypeVar("Saved")
Loaded = TypeVar("Loaded")


class StoredDataset(AbstractDataset[Saved, Loaded], ABC):
    """A dataset in one file.

    Parameters
    ----------
    filepath
        Path or URL, for example ``s3://bucket/maps/probability.tif``.
    credentials
        Entry of the credentials, passed to the fsspec file system.
    fs_args
        More arguments of the fsspec file system.
    metadata
        For other tools; Kedro-Viz reads its own.
    """

    def __init__(
        self,
        *,
        filepath: str,
        credentials: Mapping[str, Any] | None = None,
        fs_args: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.metadata = metadata
        self._file = StoredFile(filepath, credentials, fs_args)

    @property
    def url(self) -> str:
        """Where the file is, as the catalog says."""
        return self._file.url

    def _exists(self) -> bool:
        return self._file.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._file.url}
