"""The bounds of the grid: those given, or what all layers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from odc.geo import CRS

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.experiments.place import Choice
from mineral_prospectivity.geo.extent import common_bounds
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec
from mineral_prospectivity.geo.misplaced import likely_cause, meet, refuse_degrees
from mineral_prospectivity.geo.place import Bounds, bounds_in, sides
from mineral_prospectivity.geo.vectors import limits_the_map

if TYPE_CHECKING:
    from mineral_prospectivity.experiments.found import Found

LITTLE_COVERED = 0.1
"""Share of the bounds given below which they seem to be others than was meant."""

NEARLY_ALL = 0.95
"""Share of the largest layer below which one asks which layer limits the map."""

LITTLE_SHARED = 0.5
"""Share of the largest layer below which the area that all share is doubtful."""


def given_area(bounds: Bounds, used: list[Found], crs: CRS) -> Choice:
    """Return the bounds given, which some layer must meet.

    Raises
    ------
    ConfigurationError
        If they are degrees, or no layer meets them.
    """
    refuse_degrees(bounds, str(crs))
    covered = [bounds_in(one.crs or crs, one.bounds, crs) for one in used if one.use == "layer"]
    low, high = np.min(covered, axis=0), np.max(covered, axis=0)
    every: Bounds = (*low[:2].tolist(), *high[2:].tolist())
    if not any(meet(bounds, own) for own in covered):
        cause = likely_cause(bounds, every, crs) or "Are they in another CRS?"
        msg = (
            f"grid.bounds: {sides(bounds)} meet no layer; in {crs} the layers cover "
            f"{sides(every)}. {cause}"
        )
        raise ConfigurationError(msg)
    share = size_of(every) / size_of(bounds)
    doubt = f"layers reach over {share:.1%} of them: are they west, south, east, north, in {crs}?"
    return Choice(bounds, "given", doubt if share < LITTLE_COVERED else None)


def common_area(used: list[Found], crs: Choice) -> Choice:
    """Return the bounds of the grid: null, which takes what all layers share."""
    reference = CRS(str(crs.value))
    shared = shared_bounds(used, str(crs.value))
    sizes = {
        one.name: size_of(bounds_in(one.crs or reference, one.bounds, reference))
        for one in used
        if one.use == "layer" and limits_the_map(as_layer(one, str(crs.value)))
    }
    doubt, smallest = None, min(sizes, key=lambda name: sizes[name], default="")
    share = size_of(shared) / max(sizes.values(), default=size_of(shared))
    why = "null takes what all layers share"
    if share < NEARLY_ALL:
        why += f", {share:.0%} of the largest; the smallest is {smallest}"
    if share < LITTLE_SHARED:
        doubt = (
            f"all layers share only {share:.0%} of the largest; the smallest is {smallest}: leave "
            "it out, or give bounds, for a larger map"
        )
    return Choice(None, why, doubt)


def size_of(bounds: Bounds) -> float:
    """Return the area that bounds enclose, m2."""
    west, south, east, north = bounds
    return (east - west) * (north - south)


def shared_bounds(used: list[Found], crs: str, resolution: float = 1.0) -> Bounds:
    """Return the bounds of what all layers share, in a CRS and in whole cells.

    Raises
    ------
    ConfigurationError
        If they share nothing; those that name no CRS are told.
    """
    layers = [as_layer(one, crs) for one in used if one.use == "layer"]
    try:
        return common_bounds(layers, crs, resolution)
    except ConfigurationError as error:
        unnamed = [one for one in used if one.use == "layer" and one.crs is None]
        raise ConfigurationError("\n".join([str(error), *map(_without_crs, unnamed)])) from None


def _without_crs(found: Found) -> str:
    table = found.fields["kind"] == "table"
    remedy = "save it as GeoPackage" if table else "add one, such as a .prj beside it"
    return f"{found.path.name} names no CRS (the grid's is assumed): {remedy}, or leave it out"


def as_layer(found: Found, crs: str) -> EvidenceLayer:
    """Return a layer as its catalog entry would declare it."""
    fields = found.fields if found.crs or "crs" in found.fields else {**found.fields, "crs": crs}
    return EvidenceLayer(LayerSpec.declare(found.name, **fields), found.path)
