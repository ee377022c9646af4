"""Attribute tables: the names of the class codes of a raster, in a file beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio

from mineral_prospectivity.errors import LayerError, own_words
from mineral_prospectivity.geo.columns import numbers, require_column

if TYPE_CHECKING:
    from pathlib import Path

    from mineral_prospectivity.geo.layers import EvidenceLayer

CODES = "value"
"""The column that holds the codes, in small letters."""


def attribute_table(path: Path) -> Path:
    """Return where the attribute table of a raster would lie."""
    return path.with_name(path.name + ".vat.dbf")


def read_attribute_table(label: str, table: Path) -> Any:
    """Return the rows of an attribute table as a DataFrame.

    Parameters
    ----------
    label
        How messages call the raster.

    Raises
    ------
    LayerError
        If it is damaged.
    """
    try:
        return pyogrio.read_dataframe(table, read_geometry=False)
    except Exception as error:  # GDAL and pyogrio raise many kinds
        msg = (
            f"{label}: its attribute table, {table.name}, cannot be read: {own_words(error)}. "
            "Write it anew with the program that made it, or remove it and name the codes with "
            "classes:"
        )
        raise LayerError(msg) from error


def attribute_table_names(layer: EvidenceLayer) -> dict[int, str]:
    """Return the names of the class codes of a categorical raster.

    Those declared under ``classes``, else those in the declared column of the attribute table
    beside the raster (``<raster>.vat.dbf``); codes without a name are left out.

    Raises
    ------
    LayerError
        If a column is declared and there is no attribute table, it is damaged, it lacks the column
        or the one of codes, or it does not give each code, a whole number, one name.
    """
    if layer.spec.classes or not layer.spec.column:
        return dict(layer.spec.classes)
    path, (name,) = attribute_table(layer.path), layer.spec.column
    if not path.exists():
        msg = f"column: {name} needs an attribute table, {path.name}, beside it"
        raise layer.error(msg)
    label = f"{layer.label}, attribute table {path.name}"
    table = read_attribute_table(layer.label, path)
    names = require_column(label, table, name)
    codes = numbers(label, table, _codes_column(label, table))
    named = names.notna().to_numpy() & np.isfinite(codes)
    pairs = {(code, str(text)) for code, text in zip(codes[named], names[named], strict=True)}
    return _one_name_each(label, sorted(pairs))


def _codes_column(label: str, table: Any) -> str:
    for name in table.columns:
        if name.lower() == CODES:
            return str(name)
    columns = ", ".join(map(str, table.columns))
    msg = f"{label}: has no column Value, of the codes. It has {columns}. Name them with classes:"
    raise LayerError(msg)


def _one_name_each(label: str, pairs: list[tuple[float, str]]) -> dict[int, str]:
    names: dict[int, str] = {}
    for code, name in pairs:
        if not code.is_integer():
            msg = f"{label}: Value holds {code:g}, which is no class code. Name them with classes:"
            raise LayerError(msg)
        if code in names:
            msg = f"{label}: code {code:g} is both {names[int(code)]!r} and {name!r}. Keep one"
            raise LayerError(msg)
        names[int(code)] = name
    return names
