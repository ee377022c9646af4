"""What may have put something elsewhere than the map: exchanged coordinates, or degrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pyproj import Transformer
from pyproj.exceptions import ProjError

from mineral_prospectivity.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from odc.geo import CRS

    Bounds = tuple[float, float, float, float]

DEGREES = "EPSG:4326"
EXCHANGED = "Exchanged x and y would explain it: correct them"
IN_DEGREES = f"Degrees ({DEGREES}) would explain it: correct the CRS"
BOTH = f"Degrees ({DEGREES}), latitude first, would explain it: correct x, y and the CRS"


def are_degrees(bounds: Bounds) -> bool:
    """Tell whether bounds can be longitudes and latitudes.

    Examples
    --------
    >>> are_degrees((139.0, -22.0, 141.0, -20.0)), are_degrees((-22.0, 139.0, -20.0, 141.0))
    (True, False)
    """
    west, south, east, north = np.abs(bounds)
    return bool(max(west, east) <= 180 and max(south, north) <= 90)  # noqa: PLR2004


def refuse_degrees(bounds: Bounds, crs: str) -> None:
    """Refuse bounds of a grid that are degrees, whose CRS is in metres.

    Raises
    ------
    ConfigurationError
        With the bounds in metres.
    """
    for numbers in (bounds, _exchanged(bounds)):
        if are_degrees(numbers):
            metres = " ".join(f"{side:.0f}" for side in _moved(numbers, DEGREES, crs))
            msg = (
                f"grid.bounds: {bounds} look like degrees. Give west, south, east, north in the "
                f"metres of {crs}: {metres}"
            )
            raise ConfigurationError(msg)


def likely_cause(bounds: Bounds, ground: Bounds, crs: CRS) -> str | None:
    """Return what would explain that bounds lie elsewhere than the ground, None where nothing does.

    Parameters
    ----------
    bounds, ground
        West, south, east, north in one projected CRS, m.
    crs
        That CRS.
    """
    if not np.isfinite(bounds).all():
        return EXCHANGED
    return next((cause for cause, there in _tried(bounds, str(crs)) if meet(there, ground)), None)


def _tried(bounds: Bounds, crs: str) -> Iterator[tuple[str, Bounds]]:
    """Yield every cause, and where it would put the bounds."""
    swapped = _exchanged(bounds)
    yield EXCHANGED, swapped
    if are_degrees(bounds):
        yield IN_DEGREES, _moved(bounds, DEGREES, crs)
    if are_degrees(swapped):
        yield BOTH, _moved(swapped, DEGREES, crs)
    yield EXCHANGED, _moved(_exchanged(_moved(bounds, crs, DEGREES)), DEGREES, crs)


def _exchanged(bounds: Bounds) -> Bounds:
    west, south, east, north = bounds
    return south, west, north, east


def _moved(bounds: Bounds, source: str, target: str) -> Bounds:
    """Return bounds in another CRS; infinite where it has no place for them."""
    to_target = Transformer.from_crs(source, target, always_xy=True)
    try:
        moved: Bounds = to_target.transform_bounds(*bounds)
    except ProjError:
        return np.inf, np.inf, np.inf, np.inf
    return moved


def meet(one: Bounds, other: Bounds) -> bool:
    """Tell whether bounds share any ground."""
    west, south, east, north = one
    return west < other[2] and east > other[0] and south < other[3] and north > other[1]
