"""Polygons seen from the grid: covered shares, classes and values of an attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from affine import Affine
from rasterio.features import rasterize

from mineral_prospectivity.geo.columns import not_numbers, numbers, require_column
from mineral_prospectivity.geo.derive import OF_CLASSES, OF_VALUES
from mineral_prospectivity.geo.nodata import number
from mineral_prospectivity.geo.samples import Samples, block_shares

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.grid import Window
    from mineral_prospectivity.geo.layers import EvidenceLayer

PARTS = 10
"""Sample points along the side of a cell: shares come in hundredths."""


@dataclass(frozen=True)
class PolygonSource:
    """Values of polygons, sampled at 10 by 10 points a cell; of overlapping ones the last counts.

    Parameters
    ----------
    layer
        The declared layer.
    grid
        The grid, whose CRS the polygons have.
    tree
        Index of the polygons.
    values
        Value of each polygon, shape (polygons,).
    outside
        Value where no polygon lies.
    """

    layer: EvidenceLayer
    grid: GeoBox
    tree: shapely.STRtree
    values: NDArray[np.float64]
    outside: float

    @property
    def pixels_per_cell(self) -> float:
        """Samples along the side of a cell."""
        return float(PARTS)

    @property
    def sample_size(self) -> tuple[float, float]:
        """Distance of samples along columns and rows, m."""
        return abs(self.grid.resolution.y) / PARTS, abs(self.grid.resolution.x) / PARTS

    def samples(self, window: Window) -> Samples:
        """Return the values under a window."""
        transform = self.grid.transform @ Affine.translation(window.col, window.row)
        west, north = transform @ (0, 0)
        east, south = transform @ (window.width, window.height)
        near = np.sort(self.tree.query(shapely.box(west, south, east, north)))
        shape = (window.height * PARTS, window.width * PARTS)
        values = np.full(shape, self.outside)
        if near.size:
            rasterize(
                zip(self.tree.geometries[near], self.values[near], strict=True),
                out=values,
                transform=transform @ Affine.scale(1 / PARTS),
            )
        return Samples(
            values, block_shares(window.height, PARTS), block_shares(window.width, PARTS)
        )


def covered(layer: EvidenceLayer, grid: GeoBox, frame: Any) -> PolygonSource:
    """Return 1 inside polygons and 0 outside."""
    tree = shapely.STRtree(frame.geometry.values)
    return PolygonSource(layer, grid, tree, np.ones(len(frame)), outside=0.0)


def attribute(
    layer: EvidenceLayer, grid: GeoBox, frame: Any
) -> tuple[PolygonSource, Mapping[int, str] | None]:
    """Return the values of the declared column, and the names of classes if these are classes.

    A column of text holds classes, and so does one of integers, written as text or not, when
    ``classes`` names them.

    Raises
    ------
    LayerError
        If there is no such column, or the entry has keys that mean nothing for what it holds.
    """
    (name,) = layer.spec.column
    column = require_column(layer.label, frame, name)
    codes_as_text = bool(layer.spec.classes) and not_numbers(column) is None
    text = not (pd.api.types.is_numeric_dtype(column) or codes_as_text)
    _refuse_unused(layer, text=text)
    if not text:
        values = numbers(layer.label, frame, name, layer.spec.nodata)
        return _valued(layer, grid, frame, values), layer.spec.classes or None
    codes, classes = pd.factorize(column.astype(str).where(column.notna()), sort=True)
    values = np.where(codes < 0, np.nan, codes)
    return _valued(layer, grid, frame, values), dict(enumerate(classes))


def _valued(
    layer: EvidenceLayer, grid: GeoBox, frame: Any, values: NDArray[np.float64]
) -> PolygonSource:
    """Return the polygons that have a value."""
    known = np.isfinite(values)
    tree = shapely.STRtree(frame.geometry.values[known])
    return PolygonSource(layer, grid, tree, values[known], np.nan)


def _refuse_unused(layer: EvidenceLayer, *, text: bool) -> None:
    """Raise a LayerError for what the entry asks of classes or values that the column lacks."""
    spec = layer.spec
    name = spec.column[0]
    if text and spec.nodata is not None:
        msg = (
            f"nodata: {number(spec.nodata)} is a number, and column {name!r} holds text. Remove it"
        )
        raise layer.error(msg)
    if text and spec.classes:
        msg = (
            f"classes: names codes, and column {name!r} holds names already. Remove classes, or "
            "rename them in the file"
        )
        raise layer.error(msg)
    if text or spec.classes:
        lacking, unused = OF_VALUES, []
        why = f"column {name!r} holds classes. Remove it, or take a column of numbers"
    else:
        lacking, unused = OF_CLASSES, sorted(spec.model_fields_set & {"min_fraction"})
        why = f"column {name!r} holds numbers. Name them with classes:, or take a column of text"
    unused += [f"derive: {key}" for key in spec.derive.wanted() if key in lacking]
    if unused:
        msg = f"{', '.join(unused)} cannot be had: {why}"
        raise layer.error(msg)
