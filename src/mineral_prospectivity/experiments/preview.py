"""A sheet with a picture of every layer, and the deposits on it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from odc.geo import CRS
from pandas.api.types import is_numeric_dtype

from mineral_prospectivity.reporting.style import (
    INK,
    PROBABILITY_MAP,
    QUIET,
    png_bytes,
    report_style,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from mineral_prospectivity.experiments.draft import Draft
    from mineral_prospectivity.experiments.found import Found

COLUMNS = 4
SIDE = 2.6
"""Width of a picture, inches."""

CLASSES_MAP = "tab20"
MOST_FEATURES = 5000
STRETCH = (2, 98)
"""Percentiles between which the colours are spread."""


def preview(draft: Draft) -> bytes:
    """Return a PNG with all layers as they lie in their files, and the deposits as circles."""
    crs = CRS(str(draft.crs.value))
    deposits = draft.deposits.frame
    deposits = deposits if deposits.crs is not None else deposits.set_crs(crs.wkt)
    columns = min(COLUMNS, len(draft.layers))
    rows = math.ceil(len(draft.layers) / columns)
    with report_style():
        figure, axes = plt.subplots(
            rows,
            columns,
            figsize=(columns * SIDE, rows * (SIDE + 0.5)),
            squeeze=False,
            layout="constrained",
        )
        for axis in axes.flat[len(draft.layers) :]:
            axis.set_axis_off()
        for axis, found in zip(axes.flat, draft.layers, strict=False):
            _panel(axis, found, deposits.to_crs((found.crs or crs).wkt))
        figure.suptitle(f"{draft.name}: layers and {len(deposits)} deposits", x=0.01, ha="left")
        try:
            return png_bytes(figure, dpi=110)
        finally:
            plt.close(figure)


def _panel(axis: Axes, found: Found, deposits: gpd.GeoDataFrame) -> None:
    west, south, east, north = found.bounds
    if isinstance(found.picture, np.ndarray):
        _raster(axis, found)
    else:
        _features(axis, found)
    points = deposits.geometry.representative_point()
    axis.scatter(points.x, points.y, s=9, facecolors="none", edgecolors="#D40000", linewidths=0.7)
    axis.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], ylabel="")
    axis.set_aspect("equal" if found.crs is None or found.crs.projected else _degrees(found))
    axis.set_title(found.name, color=INK)
    doubts = f"  {len(found.doubts)} to look at" if found.doubts else ""
    axis.set_xlabel(f"{found.fields['kind']}{doubts}", color=QUIET, fontsize=8)
    axis.grid(visible=False)


def _degrees(found: Found) -> float:
    """Return how much longer a degree of latitude is than one of longitude."""
    middle = math.radians((found.bounds[1] + found.bounds[3]) / 2)
    return 1 / max(math.cos(middle), 0.1)


def _raster(axis: Axes, found: Found) -> None:
    west, south, east, north = found.bounds
    values = np.asarray(found.picture)
    options: dict[str, Any] = {"extent": (west, east, south, north), "interpolation": "nearest"}
    if found.fields["kind"] == "categorical":
        codes = np.searchsorted(np.unique(values[np.isfinite(values)]), values) % 20
        axis.imshow(
            np.ma.masked_invalid(np.where(np.isfinite(values), codes, np.nan)),
            cmap=CLASSES_MAP,
            vmin=0,
            vmax=19,
            **options,
        )
        return
    low, high = np.nanpercentile(values, STRETCH)
    axis.imshow(values, cmap=PROBABILITY_MAP, vmin=low, vmax=high, **options)


def _features(axis: Axes, found: Found) -> None:
    frame: Any = found.picture
    few = frame if len(frame) <= MOST_FEATURES else frame.sample(MOST_FEATURES, random_state=0)
    column = found.fields.get("column")
    options: dict[str, Any] = {"color": "#555555"}
    if isinstance(column, str) and column in few:  # a table may have a list of them
        number = is_numeric_dtype(few[column])
        options = {"column": column, "cmap": PROBABILITY_MAP if number else CLASSES_MAP}
        if number:
            low, high = np.nanpercentile(few[column].astype(float), STRETCH)
            options |= {"vmin": low, "vmax": high}
    size = (
        {"linewidth": 0.6} if found.fields["kind"] in ("lines", "polygons") else {"markersize": 2}
    )
    few.plot(ax=axis, aspect=None, **options, **size)
