"""Where a long training leaves its state, so that an ended one goes on instead of beginning."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.datasets.stored_dataset import StoredDataset
from mineral_prospectivity.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mineral_prospectivity.datasets.stored_file import StoredFile

KEY = "checkpoint_key"

logger = logging.getLogger(__name__)


class Checkpoint:
    """The state of one training in one file: arrays by name, read and replaced whole.

    A state is kept under a key that says which training it belongs to (settings, data, seed):
    that of another training is not taken for one's own. A write that is cut off leaves the state
    before it.

    Parameters
    ----------
    file
        Where the state is kept.
    every
        Seconds between two states: what an ended training loses at most.
    """

    def __init__(self, file: StoredFile, every: float) -> None:
        self._file = file
        self._every = every
        self._last = time.monotonic()

    def load(self, key: str) -> dict[str, np.ndarray] | None:
        """Return the state that was saved under this key, None where there is none."""
        if not self._file.exists():
            return None
        copy = self._file.fetch()
        with np.load(copy.path, allow_pickle=False) as arrays:
            state = {name: arrays[name] for name in arrays.files}
        if str(state.pop(KEY)) != key:
            return None
        logger.info("training goes on from the state in %s", self._file.url)
        return state

    def due(self) -> bool:
        """Tell whether it is time to save."""
        return time.monotonic() - self._last >= self._every

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        """Keep a state, in the place of the one before."""
        with self._file.replaced() as path, path.open("wb") as handle:
            np.savez(handle, allow_pickle=False, **{KEY: np.array(key), **state})
        self._last = time.monotonic()
        logger.info("the state of the training is kept in %s", self._file.url)

    def clear(self) -> None:
        """Remove the state: the training is done."""
        self._file.remove()


class CheckpointDataset(StoredDataset[None, Checkpoint]):
    """Hands a node the place where it keeps its state; an input that no node writes.

    Parameters
    ----------
    filepath
        Path or URL of the state.
    every
        Seconds between two states.
    **options
        As of every stored dataset.

    Examples
    --------
    In the catalog::

        "{pack}.checkpoint":
          type: mineral_prospectivity.datasets.CheckpointDataset
          filepath: ${globals:storage}/06_models/${globals:experiment}/{pack}.checkpoint.npz
          every: 60
    """

    holds_state = True
    """It is no data: what a node computes does not depend on it."""

    def __init__(self, *, filepath: str, every: float = 60.0, **options: Any) -> None:
        super().__init__(filepath=filepath, **options)
        self._every = every

    def load(self) -> Checkpoint:
        """Return the place of the state, whether there is one or not."""
        return Checkpoint(self._file, self._every)

    def _exists(self) -> bool:
        return True  # the place is always there; a state is there only while a training goes

    def save(self, data: None) -> None:
        """Refuse: a training writes its state while it goes.

        Raises
        ------
        ConfigurationError
            Always.
        """
        del data
        msg = f"{self._file.url}: a checkpoint is written by a training, not by a node's output"
        raise ConfigurationError(msg)
