"""Values that mean none: what a file says and what its layer declares, together."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np
import rasterio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

LARGEST = float(np.finfo(np.float32).max)
"""Largest value that evidence can hold; what lies beyond, such as -1.8e308, nobody measured."""

_VIRTUAL = """\
<VRTDataset rasterXSize="{dataset.width}" rasterYSize="{dataset.height}">
<GeoTransform>{transform}</GeoTransform>
<VRTRasterBand dataType="Float64" band="1"><NoDataValue>nan</NoDataValue>
<ComplexSource><SourceFilename relativeToVRT="0">{source}</SourceFilename>
<SourceBand>{band}</SourceBand>{missing}</ComplexSource>
</VRTRasterBand></VRTDataset>"""


def as_held(value: float, dtype: DTypeLike) -> float:
    """Return a declared value as a band or a column of a type holds it.

    Examples
    --------
    >>> as_held(-9999.9, "float32"), as_held(-9999.9, "float64")
    (-9999.900390625, -9999.9)
    """
    if not np.issubdtype(dtype, np.floating):
        return value
    with np.errstate(over="ignore"):
        return float(np.asarray(value).astype(dtype))


def as_declared(value: float, dtype: DTypeLike) -> float:
    """Return a value that a type holds as people write it; the inverse of `as_held`.

    Examples
    --------
    >>> as_declared(-9999.900390625, "float32"), as_declared(-3.4028234663852886e38, "float32")
    (-9999.9, -3.4028235e+38)
    """
    if not np.issubdtype(dtype, np.floating):
        return value
    return float(str(np.asarray(value).astype(dtype)))


def can_hold(dtype: DTypeLike, value: float) -> bool:
    """Tell whether a type can hold a declared value.

    Examples
    --------
    >>> can_hold("uint8", -9999.0), can_hold("uint8", 255.0), can_hold("float32", 1e300)
    (False, True, False)
    """
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        return float(value).is_integer() and limits.min <= value <= limits.max
    return bool(np.isinf(value) or not np.isinf(as_held(value, dtype)))


def number(value: float) -> str:
    """Return a number as short as it can be to read back exactly.

    Examples
    --------
    >>> number(-9999.0), number(-9999.9), number(-3.4028235e38)
    ('-9999', '-9999.9', '-3.4028235e+38')
    """
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))


def known_values(
    values: NDArray[np.float64], dtype: DTypeLike, nodata: float | None
) -> NDArray[np.float64]:
    """Return values with NaN where they are infinite, beyond `LARGEST`, or the declared one.

    Parameters
    ----------
    dtype
        In which the file holds them: in float32 -9999.9 is another number than in float64.
    """
    missing = ~(np.abs(values) <= LARGEST)
    if nodata is not None:
        missing |= values == as_held(nodata, dtype)
    return np.where(missing, np.nan, values)


@contextmanager
def known_band(dataset: Any, band: int, nodata: float | None) -> Iterator[Any]:
    """Open a band of a raster as one of float64 with NaN where it has no value.

    It is read as its windows are. GDAL takes the file's own nodata value, mask or transparency
    from one virtual raster, the declared value from another around it.

    Parameters
    ----------
    nodata
        The declared value, missing as well; None where there is none.
    """
    raster = _virtual(dataset, dataset.name, band, "<UseMaskBand>true</UseMaskBand>")
    if nodata is not None:
        held = as_held(nodata, dataset.dtypes[band - 1])
        raster = _virtual(dataset, raster, 1, f"<NODATA>{held!r}</NODATA>")
    with rasterio.open(raster) as known:
        yield known


def _virtual(dataset: Any, source: str, band: int, missing: str) -> str:
    transform = ", ".join(repr(value) for value in dataset.transform.to_gdal())
    return _VIRTUAL.format(
        dataset=dataset, transform=transform, source=escape(source), band=band, missing=missing
    )
