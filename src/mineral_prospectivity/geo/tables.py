"""Layers of samples with coordinates: Parquet, CSV, or a folder of NumPy arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from mineral_prospectivity.geo.array_folder import read_array_folder
from mineral_prospectivity.geo.columns import is_measured, numbers
from mineral_prospectivity.geo.formats import read_table_file
from mineral_prospectivity.geo.sample_table import SampleTable, require_finite

if TYPE_CHECKING:
    from mineral_prospectivity.geo.layers import EvidenceLayer


def read_table(layer: EvidenceLayer) -> SampleTable:
    """Return the samples of a table layer.

    Raises
    ------
    LayerError
        If the file is missing or damaged, has no samples, lacks a column, holds text among
        numbers, or has coordinates that are not finite.
    """
    layer.require_file()
    spec = layer.spec
    if layer.path.is_dir():
        table = read_array_folder(layer.path, layer.label, x=spec.x, y=spec.y)
    else:
        table = _read_samples(layer)
    if not len(table.x):
        msg = "has no samples. Give a row for each, or remove the layer"
        raise layer.error(msg)
    frame: Any = table.values
    names = spec.column or [name for name in frame if _has_numbers(frame[name])]
    columns = {name: numbers(layer.label, frame, name, spec.nodata) for name in names}
    return replace(table, values=pd.DataFrame(columns))


def _has_numbers(column: Any) -> bool:
    return is_measured(column) and bool(column.notna().any())


def _read_samples(layer: EvidenceLayer) -> SampleTable:
    frame, (east, north) = _read_frame(layer), (layer.spec.x, layer.spec.y)
    x, y = (numbers(layer.label, frame, name) for name in (east, north))
    require_finite(layer.label, x, y)
    return SampleTable(x, y, frame.drop(columns=[east, north]), {})


def _read_frame(layer: EvidenceLayer) -> pd.DataFrame:
    try:
        return read_table_file(layer.path)
    except Exception as error:
        msg = f"cannot be read as a table: {error}. Give Parquet, CSV or a folder of arrays"
        raise layer.error(msg) from error
