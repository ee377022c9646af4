"""Layers that are the deposits themselves, and would tell the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.spatial import KDTree

if TYPE_CHECKING:
    import geopandas as gpd
    from odc.geo import CRS

    from mineral_prospectivity.experiments.found import Found

LEAK_SHARE = 0.3
"""Of the deposits, that a layer of points must repeat to be taken for deposits itself."""

SAME_PLACE = 1.0
"""Distance, m, within which a point repeats a deposit."""

EVEN = 0.05
"""Relative difference of the distances of neighbours that are evenly spaced."""

LATTICE_SHARE = 0.8
FEWEST_ON_LATTICE = 50
"""Points from which an even spacing is no chance."""


def without_leaks(found: list[Found], deposits: gpd.GeoDataFrame, crs: CRS) -> list[Found]:
    """Switch layers of points off that are the deposits themselves.

    A band of such points, or of a table, has values near the deposits and nowhere else.

    Parameters
    ----------
    deposits
        With a CRS.
    crs
        Of the grid, and of layers that name none.
    """
    sites = deposits.to_crs(crs.wkt)
    return [_without_leak(one, sites, crs) for one in found]


def _without_leak(found: Found, sites: gpd.GeoDataFrame, crs: CRS) -> Found:
    if found.fields["kind"] not in ("points", "table"):
        return found
    features: Any = found.picture
    points = features.set_crs((found.crs or crs).wkt, allow_override=True).to_crs(crs.wkt)
    share = _repeated(points, sites)
    if share < LEAK_SHARE or _on_a_lattice(points):
        return found
    doubt = (
        f"{share:.0%} of the deposits lie on its points, so it would tell the answer: switched off"
    )
    return replace(found, doubts=(doubt, *found.doubts), use="off")


def _repeated(points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> float:
    """Return the share of the deposits that lie on points."""
    tree = shapely.STRtree(points.geometry.values)
    near = tree.query(sites.geometry.values, predicate="dwithin", distance=SAME_PLACE)[0]
    return np.unique(near).size / len(sites)


def _on_a_lattice(points: gpd.GeoDataFrame) -> bool:
    """Tell whether points are evenly spaced: where such points lie says nothing of deposits.

    Deposits lie on them when they were moved to the centres of cells.
    """
    places = np.unique(points.get_coordinates().to_numpy(), axis=0)
    places = places[np.isfinite(places).all(axis=1)]
    if len(places) < FEWEST_ON_LATTICE:
        return False
    nearest = np.asarray(KDTree(places).query(places, k=2)[0])[:, 1]
    even = np.isclose(nearest, np.median(nearest), rtol=EVEN)
    return bool(even.mean() >= LATTICE_SHARE)
