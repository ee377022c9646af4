"""Folders of NumPy arrays: samples with their features, coordinates and labels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mineral_prospectivity.errors import LayerError
from mineral_prospectivity.geo.grid import named_crs
from mineral_prospectivity.geo.layers import name_rows
from mineral_prospectivity.geo.sample_table import SampleTable, require_finite

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FEATURES = "features.npy"
"""A folder that holds this file is a folder of arrays."""


def read_array_folder(folder: Path, label: str = "", *, x: str = "x", y: str = "y") -> SampleTable:
    """Return the samples in a folder of NumPy arrays.

    The folder holds

    - ``features.npy``: numbers, shape (samples, features);
    - ``features_metadata.json``: ``feature_names`` in the order of the columns; optionally
      ``n_samples``, ``units`` (a list in that order, or by name), ``ranges`` (name: [least,
      largest], which shows when columns were swapped), ``crs``, and ``coordinates``, the name of
      an array of shape (samples, 2) with eastings and northings;
    - optionally ``labels.npy``: 0 or 1 a sample, shape (samples,).

    Without ``coordinates`` two of the features are the coordinates.

    Parameters
    ----------
    label
        How messages call it; by default the folder.
    x, y
        Features that are the coordinates, where no array of coordinates is named.

    Raises
    ------
    LayerError
        If a file is missing or damaged, counts or names disagree, a label is neither 0 nor 1, the
        CRS is none, or coordinates are missing or not finite.
    """
    label = label or str(folder)
    metadata = _metadata(folder / "features_metadata.json", label)
    names = [str(name) for name in metadata["feature_names"]]
    features = _array(folder / FEATURES, label)
    _check_features(label, features, names, metadata)
    frame = pd.DataFrame(features, columns=names)
    _check_ranges(label, frame, metadata.get("ranges", {}))
    if "coordinates" in metadata:
        coordinates = _array(folder / str(metadata["coordinates"]), label)
        if coordinates.shape != (len(frame), 2):
            msg = (
                f"{label}: {metadata['coordinates']} has shape {coordinates.shape}; features.npy "
                f"has {len(frame)} samples, so it must be ({len(frame)}, 2)"
            )
            raise LayerError(msg)
        east, north = coordinates.astype(np.float64).T
    else:
        east, north = _coordinate_features(label, frame, x, y)
        frame = frame.drop(columns=[x, y])
    require_finite(label, east, north)
    units = _units(label, metadata.get("units", {}), names)
    labels = _labels(folder / "labels.npy", label, len(frame))
    return SampleTable(east, north, frame, units, _crs(label, metadata.get("crs")), labels)


def _metadata(path: Path, label: str) -> dict[str, Any]:
    if not path.exists():
        msg = f"{label}: there is no {path.name}. It names the columns of features.npy"
        raise LayerError(msg)
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{label}: {path.name} is no JSON: {error}"
        raise LayerError(msg) from error
    if not isinstance(metadata, dict) or not isinstance(metadata.get("feature_names"), list):
        msg = f"{label}: {path.name} has no list feature_names, the columns of features.npy"
        raise LayerError(msg)
    return {key: value for key, value in metadata.items() if value is not None}


def _array(path: Path, label: str) -> NDArray[Any]:
    if not path.exists():
        msg = f"{label}: there is no {path.name}"
        raise LayerError(msg)
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        msg = f"{label}: {path.name} cannot be read as an array of numbers: {error}"
        raise LayerError(msg) from error
    if not np.issubdtype(array.dtype, np.number) and array.dtype != np.bool_:
        msg = f"{label}: {path.name} holds {array.dtype}, not numbers"
        raise LayerError(msg)
    return np.asarray(array)


def _check_features(
    label: str, features: NDArray[Any], names: list[str], metadata: Mapping[str, Any]
) -> None:
    if features.shape[1:] != (len(names),):
        msg = (
            f"{label}: features.npy has shape {features.shape}; features_metadata.json names "
            f"{len(names)} features, so it must be (samples, {len(names)})"
        )
        raise LayerError(msg)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"{label}: features_metadata.json names {twice[0]!r} more than once"
        raise LayerError(msg)
    declared = metadata.get("n_samples", len(features))
    if declared != len(features):
        msg = (
            f"{label}: features.npy has {len(features)} samples; features_metadata.json says "
            f"n_samples: {declared}"
        )
        raise LayerError(msg)


def _check_ranges(label: str, frame: pd.DataFrame, ranges: Any) -> None:
    if not isinstance(ranges, dict):
        msg = f"{label}: features_metadata.json has ranges that are no {{name: [least, largest]}}"
        raise LayerError(msg)
    for name, limits in ranges.items():
        if name not in frame.columns:
            msg = f"{label}: features_metadata.json gives a range of {name!r}, no feature"
            raise LayerError(msg)
        try:
            least, largest = map(float, limits)
        except (TypeError, ValueError):
            msg = (
                f"{label}: features_metadata.json gives {limits!r} as the range of {name!r}, not "
                "[least, largest]"
            )
            raise LayerError(msg) from None
        low, high = frame[name].min(), frame[name].max()
        if not np.allclose([low, high], [least, largest], rtol=1e-4):
            msg = (
                f"{label}: feature {name!r} lies in {low:g}..{high:g}; features_metadata.json says "
                f"{least:g}..{largest:g}. Are the columns in the order of feature_names?"
            )
            raise LayerError(msg)


def _coordinate_features(
    label: str, frame: pd.DataFrame, x: str, y: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    missing = [name for name in (x, y) if name not in frame.columns]
    if missing:
        msg = (
            f"{label}: has no coordinates: features_metadata.json names no coordinates array and "
            f"no feature {missing[0]!r}"
        )
        raise LayerError(msg)
    return frame[x].to_numpy(np.float64), frame[y].to_numpy(np.float64)


def _units(label: str, units: Any, names: list[str]) -> dict[str, str]:
    if isinstance(units, list):
        if len(units) != len(names):
            msg = (
                f"{label}: features_metadata.json gives {len(units)} units for {len(names)} "
                "features"
            )
            raise LayerError(msg)
        return dict(zip(names, map(str, units), strict=True))
    if not isinstance(units, dict):
        msg = f"{label}: features_metadata.json has units that are no list, and no {{name: unit}}"
        raise LayerError(msg)
    unknown = sorted(set(units) - set(names))
    if unknown:
        msg = f"{label}: features_metadata.json gives a unit of {unknown[0]!r}, no feature"
        raise LayerError(msg)
    return {name: str(unit) for name, unit in units.items()}


def _crs(label: str, crs: Any) -> str | None:
    if crs is None:
        return None
    try:
        return str(named_crs(crs))
    except Exception as error:
        msg = (
            f"{label}: features_metadata.json says crs: {crs!r}, which is no coordinate reference "
            "system. Correct it there, for example to EPSG:7845"
        )
        raise LayerError(msg) from error


def _labels(path: Path, label: str, samples: int) -> NDArray[np.int8] | None:
    if not path.exists():
        return None
    labels = _array(path, label)
    if labels.shape != (samples,):
        msg = (
            f"{label}: labels.npy has shape {labels.shape}; features.npy has {samples} samples, "
            f"so it must be ({samples},)"
        )
        raise LayerError(msg)
    wrong = np.flatnonzero((labels != 0) & (labels != 1))
    if wrong.size:
        msg = (
            f"{label}: labels.npy holds 1 for a known deposit, else 0; {wrong.size} of {samples} "
            f"are neither (first: {labels[wrong[0]]} in {name_rows(wrong[:1])})"
        )
        raise LayerError(msg)
    return labels.astype(np.int8)
