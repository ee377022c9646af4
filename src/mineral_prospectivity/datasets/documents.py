"""Documents: JSON that holds no NaN, text, and files of other programs."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from kedro_datasets._typing import HTMLPreview, JSONPreview

from mineral_prospectivity.datasets.stored_dataset import StoredDataset
from mineral_prospectivity.errors import StorageError


class JSONDataset(StoredDataset[Any, Any]):
    """JSON with sorted keys; the same content gives the same bytes.

    NaN and infinity are no JSON, and a reader could take them for numbers: a value that cannot
    be computed is left out with its reason.
    """

    def load(self) -> Any:
        """Return what the file holds.

        Raises
        ------
        DatasetError
            If that is no JSON.
        """
        copy = self._file.fetch()
        try:
            return json.loads(copy.path.read_text(encoding="utf-8"))
        except ValueError as error:
            msg = (
                f"{self._file.url}: is no JSON, or is cut off or damaged ({error}). Copy it "
                "again, or run again what writes it"
            )
            raise StorageError(msg) from None

    def save(self, data: Any) -> None:
        """Write the data.

        Raises
        ------
        DatasetError
            If it holds NaN, infinity, or what JSON has no word for; with its place.
        """
        text = json.dumps(plain(data), indent=2, sort_keys=True, ensure_ascii=False)
        with self._file.replaced() as path:
            path.write_text(text + "\n", encoding="utf-8")

    def preview(self) -> JSONPreview:
        """Return the document for Kedro-Viz."""
        return JSONPreview(json.dumps(self.load()))


class TextDataset(StoredDataset[str, str]):
    """Text in UTF-8, such as an HTML report."""

    def load(self) -> str:
        """Return the text."""
        copy = self._file.fetch()
        return copy.path.read_text(encoding="utf-8")

    def save(self, data: str) -> None:
        """Write the text."""
        with self._file.replaced() as path:
            path.write_text(data, encoding="utf-8")

    def preview(self) -> HTMLPreview:
        """Return the text for Kedro-Viz."""
        return HTMLPreview(self.load())


class BinaryDataset(StoredDataset[bytes, bytes]):
    """A file whose bytes another program understands, such as a QGIS project."""

    def load(self) -> bytes:
        """Return the bytes."""
        copy = self._file.fetch()
        return copy.path.read_bytes()

    def save(self, data: bytes) -> None:
        """Write the bytes."""
        with self._file.replaced() as path:
            path.write_bytes(data)


def plain(value: Any, place: str = "") -> Any:
    """Return a value as what JSON knows: numbers of NumPy become Python's.

    Parameters
    ----------
    place
        Where in the document the value stands, for messages.

    Raises
    ------
    ValueError
        If it is NaN or infinite, or of a type that JSON does not know.

    Examples
    --------
    >>> plain({"auc": np.float64(0.75), "cells": np.arange(2)})
    {'auc': 0.75, 'cells': [0, 1]}
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(own, f"{place}.{key}".lstrip(".")) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [plain(own, f"{place}[{number}]") for number, own in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"{place or 'the document'} is {value}, which is no JSON. Leave it out, with a reason"
        raise ValueError(msg)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    msg = f"{place or 'the document'} is a {type(value).__name__}, which is no JSON"
    raise ValueError(msg)
