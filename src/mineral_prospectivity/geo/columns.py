"""Columns of tables and of attributes: their numbers, and text where numbers should be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype, is_object_dtype, is_string_dtype

from mineral_prospectivity.errors import LayerError
from mineral_prospectivity.geo.nodata import known_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

EMPTY = ("", "na", "n/a", "nan", "null", "none")
"""Text that means no value, in small letters."""

LEAST = 0.25
"""Share of a column's text that must be meant as numbers for it to be taken for measured."""

_BELOW = re.compile(r"\s*[<≤]")
_DECIMAL = r"^\s*([-+]?\d*),(\d+(?:[eE][-+]?\d+)?)\s*$"
_COMMA = re.compile(r"[>≥~\s]*[-+]?\d+,\d+\s*")


def require_column(label: str, frame: Any, name: str) -> Any:
    """Return a column of a table or of attributes.

    Parameters
    ----------
    label
        How messages call the file.

    Raises
    ------
    LayerError
        If there is no such column.
    """
    if name not in frame.columns:
        columns = ", ".join(map(str, frame.columns[frame.dtypes != "geometry"]))
        msg = f"{label}: has no column {name!r}. It has {columns}"
        raise LayerError(msg)
    return frame[name]


def numbers(label: str, frame: Any, name: str, nodata: float | None = None) -> NDArray[np.float64]:
    """Return the numbers of a column, shape (rows,), NaN where it has none.

    Parameters
    ----------
    label
        How messages call the file.
    nodata
        The number that means none.

    Raises
    ------
    LayerError
        If there is no such column, or it holds something else than numbers: a value that is
        dropped, such as ``<0.5``, would make the others look richer.
    """
    column = require_column(label, frame, name)
    problem = not_numbers(column)
    if problem:
        msg = f"{label}: column {name!r} {problem}"
        raise LayerError(msg)
    found = pd.to_numeric(column, errors="coerce")
    dtype = found.dtype if isinstance(found.dtype, np.dtype) else np.float64
    return known_values(found.to_numpy(np.float64, na_value=np.nan), dtype, nodata)


def not_numbers(column: Any) -> str | None:
    """Return what keeps a column from being one of numbers, and the remedy; None where nothing.

    Examples
    --------
    >>> not_numbers(pd.Series(["1.5", "0,7", ""]))
    "holds text in 1 of 3 rows, e.g. '0,7'. Write numbers with a decimal point, and without commas"
    """
    if is_numeric_dtype(column):
        return None
    if not _is_text(column):
        return f"holds {column.dtype}, not numbers. Name another column"
    filled = _filled(column)
    words = filled[pd.to_numeric(filled, errors="coerce").isna()]
    if words.empty:
        return None
    example = words.iloc[0]
    if len(words) == len(filled) and not is_measured(column):
        return f"holds text, such as {example!r}, not numbers. Name another column"
    return f"holds text in {len(words)} of {len(column)} rows, e.g. {example!r}. {_remedy(example)}"


def with_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with decimal points for the decimal commas of numbers among text.

    pandas reads decimal commas only where a column holds nothing but numbers.

    Examples
    --------
    >>> with_points(pd.DataFrame({"As": ["1,40", "<0,5", "7"]}))["As"].tolist()
    ['1.40', '<0,5', '7']
    """
    text = [name for name in frame if _is_text(frame[name]) and is_measured(frame[name])]
    return frame.assign(
        **{str(name): frame[name].replace(_DECIMAL, r"\1.\2", regex=True) for name in text}
    )


def is_measured(column: Any) -> bool:
    """Tell whether a column is meant to hold numbers, also with text such as ``<0.5`` in it."""
    if is_numeric_dtype(column):
        return not is_bool_dtype(column)
    if not _is_text(column):
        return False
    bare = _filled(column).str.lstrip("<≤>≥~ ").str.replace(",", ".", regex=False)
    return bool(pd.to_numeric(bare, errors="coerce").notna().sum() > LEAST * len(bare))


def _is_text(column: Any) -> bool:
    categories = isinstance(column.dtype, pd.CategoricalDtype)
    return categories or is_object_dtype(column) or is_string_dtype(column)


def _filled(column: Any) -> Any:
    text = column.dropna().astype(str).str.strip()
    return text[~text.str.lower().isin(EMPTY)]


def _remedy(text: str) -> str:
    if _BELOW.match(text):
        return "Replace it by a number (half the detection limit is usual)"
    if _COMMA.fullmatch(text):
        return "Write numbers with a decimal point, and without commas"
    return "Replace it by a number, leave it empty, or take other columns with column:"
