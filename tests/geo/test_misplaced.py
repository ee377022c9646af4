"""What would explain that something lies elsewhere than the map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odc.geo import CRS
from pyproj import Transformer

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.misplaced import (
    BOTH,
    EXCHANGED,
    IN_DEGREES,
    likely_cause,
    refuse_degrees,
)

UTM = CRS("EPSG:32633")
GROUND = (500_000.0, 5_200_000.0, 540_000.0, 5_236_000.0)
IN_THE_REGION = (15.1, 46.97, 15.4, 47.2)


def exchanged(bounds):
    west, south, east, north = bounds
    return south, west, north, east


def in_metres(degrees):
    to_utm = Transformer.from_crs("EPSG:4326", "EPSG:32633", always_xy=True)
    return to_utm.transform_bounds(*degrees)


@pytest.mark.parametrize(
    ("bounds", "cause"),
    [
        (exchanged(GROUND), EXCHANGED),
        (IN_THE_REGION, IN_DEGREES),
        (exchanged(IN_THE_REGION), BOTH),
        (in_metres(exchanged(IN_THE_REGION)), EXCHANGED),
        ((np.inf, np.inf, np.inf, np.inf), EXCHANGED),
        ((1_750_000.0, 5_200_000.0, 1_790_000.0, 5_236_000.0), None),
        ((1e30, 1e30, 2e30, 2e30), None),
    ],
)
def test_causes(bounds, cause):
    assert likely_cause(bounds, GROUND, UTM) == cause


@given(
    west=st.floats(5e5, 5.3e5),
    south=st.floats(5.2e6, 5.23e6),
    width=st.floats(1e2, 1e5),
    height=st.floats(1e2, 1e5),
)
def test_whatever_meets_the_ground_is_found_when_it_is_exchanged(west, south, width, height):
    bounds = exchanged((west, south, west + width, south + height))
    assert likely_cause(bounds, GROUND, UTM) == EXCHANGED


@pytest.mark.parametrize("bounds", [(139, -22, 141, -20), (-22, 139, -20, 141)])
def test_bounds_in_degrees_are_told_in_metres(bounds):
    with pytest.raises(ConfigurationError) as caught:
        refuse_degrees(bounds, "EPSG:7845")
    assert str(caught.value) == (
        f"grid.bounds: {bounds} look like degrees. Give west, south, east, north in the metres of "
        "EPSG:7845: 511852 -2532950 728657 -2303393"
    )
    refuse_degrees((511852, -2532950, 728657, -2303393), "EPSG:7845")
