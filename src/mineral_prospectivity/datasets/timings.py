"""How long nodes took: a folder with one small document a node."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mineral_prospectivity.datasets.documents import JSONDataset
from mineral_prospectivity.datasets.stored_dataset import StoredDataset
from mineral_prospectivity.datasets.stored_file import StoredFile

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Timings = dict[str, dict[str, Any]]


class TimingsDataset(StoredDataset[Timings, Timings]):
    """What was measured of each node, by its name.

    Every node has a file of its own, so that jobs on many machines can write at once. A folder
    that is not there yet is one without timings.

    Parameters
    ----------
    filepath
        Path or URL of the folder.
    credentials, fs_args, metadata
        As of every stored dataset.
    """

    def __init__(
        self,
        *,
        filepath: str,
        credentials: Mapping[str, Any] | None = None,
        fs_args: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            filepath=filepath, credentials=credentials, fs_args=fs_args, metadata=metadata
        )
        self._access = credentials, fs_args

    def load(self) -> Timings:
        """Return the timings of every node that has been run."""
        return {_node(path): json.loads(self._file.files.cat_file(path)) for path in self._paths()}

    def save(self, data: Timings) -> None:
        """Write the timings of these nodes; those of others stay."""
        for node, timing in data.items():
            JSONDataset(filepath=self._url(node), credentials=self._access[0],
                        fs_args=self._access[1]).save(timing)  # fmt: skip

    def keep(self, nodes: Collection[str]) -> None:
        """Remove the timings of all other nodes: the project has them no more."""
        for node in map(_node, self._paths()):
            if node not in nodes:
                StoredFile(self._url(node), *self._access).remove()

    def _paths(self) -> list[str]:
        files, folder = self._file.files, self._file.path
        files.invalidate_cache(folder)
        return sorted(str(path) for path in files.glob(f"{folder}/*.json"))

    def _exists(self) -> bool:
        return True  # nothing is missing where nothing has been timed

    def _url(self, node: str) -> str:
        return f"{self.url.rstrip('/')}/{node}.json"


def _node(path: str) -> str:
    return path.rsplit("/", 1)[-1].removesuffix(".json")
