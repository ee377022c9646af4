"""What all layers share: the bounds of a grid that nobody declared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.grid import projected_crs
from mineral_prospectivity.geo.misplaced import likely_cause, meet
from mineral_prospectivity.geo.place import bounds_in, layer_crs, require_place, sides
from mineral_prospectivity.geo.sources import raster_bounds
from mineral_prospectivity.geo.tables import read_table
from mineral_prospectivity.geo.vectors import limits_the_map, vector_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from odc.geo import CRS

    from mineral_prospectivity.geo.layers import EvidenceLayer
    from mineral_prospectivity.geo.place import Bounds


def common_bounds(layers: Sequence[EvidenceLayer], crs: str, resolution: float) -> Bounds:
    """Return the bounds of the area that all layers share, in whole cells.

    Distances to lines and points, and the share that polygons cover, are known everywhere, so such
    layers limit the area only when there are no others.

    Parameters
    ----------
    crs
        CRS of the grid.
    resolution
        Side of a cell, m; the bounds are drawn inwards to its multiples.

    Returns
    -------
    west, south, east, north
        In the grid's CRS, m.

    Raises
    ------
    ConfigurationError
        If the CRS cannot be used, there are no layers, or they share not even one cell.
    """
    limiting = [layer for layer in layers if limits_the_map(layer)] or list(layers)
    if not limiting:
        msg = "there is no evidence layer. Declare at least one in the catalog"
        raise ConfigurationError(msg)
    reference = projected_crs(crs)
    bounds = {layer.label: layer_bounds(layer, reference) for layer in limiting}
    west, south, *_ = np.max(list(bounds.values()), axis=0)
    *_, east, north = np.min(list(bounds.values()), axis=0)
    low = [math.ceil(limit / resolution - 1e-6) * resolution for limit in (west, south)]
    high = [math.floor(limit / resolution + 1e-6) * resolution for limit in (east, north)]
    if low[0] >= high[0] or low[1] >= high[1]:
        lines = [
            f"  - {label}: {sides(own)}{_cause(own, bounds.values(), reference)}"
            for label, own in bounds.items()
        ]
        msg = (
            "the layers share no cell; check their CRS, or set grid.bounds. "
            f"In {crs} they cover, m:\n"
        )
        raise ConfigurationError(msg + "\n".join(lines))
    return low[0], low[1], high[0], high[1]


def _cause(bounds: Bounds, every: Iterable[Bounds], crs: CRS) -> str:
    """Return what may have put a layer elsewhere than most of the others; empty where nothing."""
    others = [other for other in every if other is not bounds]
    missed = [other for other in others if not meet(bounds, other)]
    causes = [likely_cause(bounds, other, crs) for other in missed]
    known = [cause for cause in causes if cause]
    return f". {known[0]}" if known and 2 * len(missed) > len(others) else ""


def layer_bounds(layer: EvidenceLayer, crs: CRS) -> Bounds:
    """Return the bounds of a layer in a CRS: west, south, east, north.

    Raises
    ------
    LayerError
        If it has no place there, or cannot be read.
    """
    bounds = _own_bounds(layer, crs)
    require_place(layer, bounds, crs)
    return bounds


def _own_bounds(layer: EvidenceLayer, crs: CRS) -> Bounds:
    if layer.spec.kind in ("continuous", "categorical"):
        return raster_bounds(layer, crs)
    if layer.spec.kind == "table":
        table = read_table(layer)
        own = (table.x.min(), table.y.min(), table.x.max(), table.y.max())
        west, south, east, north = bounds_in(layer_crs(layer, table.crs), own, crs)
    else:
        west, south, east, north = vector_bounds(layer, crs)
    reach = layer.spec.max_distance or 0.0
    return west - reach, south - reach, east + reach, north + reach
