"""The data that a run's jobs read, by digests."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from mineral_prospectivity.provenance import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedro.io import CatalogProtocol


class DataHashes:
    """Digests of what is stored under datasets' names: each is asked for once."""

    def __init__(self, catalog: CatalogProtocol[Any, Any]) -> None:
        self._catalog = catalog
        self._known: dict[str, str] = {}

    def of(self, names: Iterable[str]) -> str:
        """Return one digest of several datasets: of their content on S3, else size and time.

        Places where a node keeps the state of its work are no data.
        """
        digest = hashlib.sha256()
        for name in sorted(names):
            if is_parameter(name):
                continue
            if name not in self._known:
                dataset = self._catalog.get(name)
                self._known[name] = (
                    "" if getattr(dataset, "holds_state", False) else _stamp(dataset)
                )
            if self._known[name]:
                digest.update(f"{name}={self._known[name]};".encode())
        return digest.hexdigest()[:16]

    def forget(self, names: Iterable[str]) -> None:
        """Ask anew for datasets that have been written."""
        for name in names:
            self._known.pop(name, None)


def is_parameter(name: str) -> bool:
    """Say whether a node's input comes from the parameters."""
    return name == "parameters" or name.startswith("params:")


class Place(NamedTuple):
    """Where a dataset keeps its file."""

    protocol: str
    files: Any
    path: str


def place_of(dataset: Any) -> Place | None:
    """Return where a dataset keeps its file, None where it does not say.

    Kedro has no interface for this. The datasets of this project keep a stored file, those of
    kedro-datasets a file system and a path.
    """
    stored = getattr(dataset, "_file", None)
    if stored is not None:
        return Place(stored.protocol, stored.files, stored.path)
    files, path = getattr(dataset, "_fs", None), getattr(dataset, "_filepath", None)
    if files is None or path is None:
        return None
    return Place(getattr(dataset, "_protocol", ""), files, str(path))


def _stamp(dataset: Any) -> str:
    place = place_of(dataset)
    if place is None:
        return UNKNOWN
    try:
        found = place.files.info(place.path)
    except FileNotFoundError:
        return UNKNOWN
    return str(found.get("ETag") or f"{found.get('size')}-{found.get('mtime')}")
