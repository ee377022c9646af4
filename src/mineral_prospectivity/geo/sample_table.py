"""Values at points, with what a file says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import shapely

from mineral_prospectivity.errors import LayerError
from mineral_prospectivity.geo.layers import name_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class SampleTable:
    """Values at points.

    Parameters
    ----------
    x, y
        Coordinates, shape (samples,).
    values
        One column a variable.
    units
        Unit of each column, where known.
    crs
        CRS of the coordinates, where the file names it.
    labels
        0 or 1 a sample, where the file holds them.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    values: pd.DataFrame
    units: Mapping[str, str]
    crs: str | None = None
    labels: NDArray[np.int8] | None = None

    def deposits(self) -> Any:
        """Return the samples labelled 1 as a GeoDataFrame of points; none without labels."""
        found = np.zeros(len(self.x), bool) if self.labels is None else self.labels == 1
        points = geopandas.points_from_xy(self.x[found], self.y[found])
        rows = self.values[found].reset_index(drop=True)
        return geopandas.GeoDataFrame(rows, geometry=points, crs=self.crs)


def table_points(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the points of a table's rows, shape (rows,); empty where a coordinate is missing."""
    return np.asarray(shapely.points(x, y, handle_nan="skip"))


def require_finite(label: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Refuse samples without coordinates.

    Raises
    ------
    LayerError
        If there are any.
    """
    wrong = np.flatnonzero(~(np.isfinite(x) & np.isfinite(y)))
    if wrong.size:
        msg = (
            f"{label}: {wrong.size} of {len(x)} samples have coordinates that are not finite "
            f"({name_rows(wrong)}). Repair or remove them"
        )
        raise LayerError(msg)
