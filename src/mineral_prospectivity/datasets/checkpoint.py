"""Where a long training leaves its state, so that an ended one goes on instead of beginning."""

from __future__ import annotations

import io
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import fsspec
import numpy as np
from fsspec.implementations.local import LocalFileSystem
from kedro.io import AbstractDataset
from kedro.io.core import get_filepath_str, get_protocol_and_path

from mineral_prospectivity.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "checkpoint_key"


class Checkpoint:
    """The state of one training under one path: arrays by name, read and written whole.

    A state is kept for a key that says which training it belongs to (settings, data, seed): that
    of another training is not taken for one's own. A write that is cut off leaves the state
    before it.

    Parameters
    ----------
    files
        File system of the path.
    path
        Where the state is kept.
    every
        Seconds between two states: what an ended training loses at most.
    """

    def __init__(self, files: fsspec.AbstractFileSystem, path: str, every: float) -> None:
        self._files = files
        self._path = path
        self._every = every
        self._last = time.monotonic()

    def load(self, key: str) -> dict[str, np.ndarray] | None:
        """Return the state that was saved for this key, None where there is none."""
        self._files.invalidate_cache()
        try:
            content = self._files.cat_file(self._path)
        except FileNotFoundError:
            return None
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            state = {name: arrays[name] for name in arrays.files}
        return state if str(state.pop(KEY)) == key else None

    def due(self) -> bool:
        """Say whether it is time to save."""
        return time.monotonic() - self._last >= self._every

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        """Keep a state, in the place of the one before."""
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **{KEY: np.array(key), **state})
        self._write(buffer.getvalue())
        self._last = time.monotonic()

    def clear(self) -> None:
        """Remove the state: the training is done."""
        try:
            self._files.rm_file(self._path)
        except FileNotFoundError:
            return

    def _write(self, content: bytes) -> None:
        if not isinstance(self._files, LocalFileSystem):
            self._files.pipe_file(self._path, content)  # an object store shows whole objects only
            return
        target = Path(self._path)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        part.write_bytes(content)
        part.replace(target)


class CheckpointDataset(AbstractDataset[None, Checkpoint]):
    """Hands a node the place where it keeps its state; an input that no node writes.

    Parameters
    ----------
    filepath
        Path or URL of the state.
    every
        Seconds between two states.
    metadata
        Ignored by Kedro, kept for its plugins.

    Examples
    --------
    In the catalog::

        "{pack}.checkpoint":
          type: mineral_prospectivity.datasets.checkpoint.CheckpointDataset
          filepath: ${globals:storage}/06_models/${globals:experiment}/{pack}.checkpoint.npz
          every: 60
    """

    def __init__(
        self, *, filepath: str, every: float = 60.0, metadata: dict[str, Any] | None = None
    ) -> None:
        self._protocol, path = get_protocol_and_path(filepath)
        self._filepath = PurePosixPath(path)
        self._fs = fsspec.filesystem(self._protocol)
        self._every = every
        self.metadata = metadata

    def load(self) -> Checkpoint:
        """Return the place of the state, whether there is one or not."""
        return Checkpoint(self._fs, get_filepath_str(self._filepath, self._protocol), self._every)

    def save(self, data: None) -> None:
        """Refuse: a training writes its state while it goes.

        Raises
        ------
        ConfigurationError
            Always.
        """
        del data
        msg = f"{self._filepath}: a checkpoint is written by a training, not by a node's output"
        raise ConfigurationError(msg)

    def _exists(self) -> bool:
        return bool(self._fs.exists(get_filepath_str(self._filepath, self._protocol)))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "protocol": self._protocol, "every": self._every}
