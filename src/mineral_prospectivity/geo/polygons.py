"""From zones of a raster to polygons."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from rasterio.features import shapes
from shapely.geometry import shape

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox


def zone_polygons(zones: NDArray[np.int32], grid: GeoBox) -> NDArray[np.object_]:
    """Return the outline of each zone along the edges of its cells.

    Parameters
    ----------
    zones
        Number of the zone of each cell, 1 to n, 0 where there is none; shape of the grid. Cells
        of a zone that touch at a corner alone give parts of one multipolygon.

    Returns
    -------
    numpy.ndarray
        Polygons and multipolygons of the zones 1 to n, in that order.
    """
    parts: dict[int, list[Any]] = defaultdict(list)
    outlines = shapes(zones.astype(np.int32), zones > 0, connectivity=4, transform=grid.transform)
    for outline, number in outlines:
        parts[int(number)].append(shape(outline))
    merged = [
        own[0] if len(own) == 1 else shapely.multipolygons(own)
        for own in (parts[number] for number in range(1, int(zones.max(initial=0)) + 1))
    ]
    return np.array(merged, dtype=object)
