"""Square blocks of ground."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mineral_prospectivity.geo.blocks import square_blocks

COORDINATE = st.floats(-1e6, 1e6)


@settings(deadline=None)
@given(st.lists(st.tuples(COORDINATE, COORDINATE), max_size=60), st.floats(1e4, 1e6))
def test_blocks_are_the_squares_between_multiples_of_the_side(places, size):
    found = np.array(places, dtype=np.float64).reshape(-1, 2)
    block = square_blocks(found, size)
    _, expected = np.unique(np.floor(found / size), axis=0, return_inverse=True)
    assert np.array_equal(block, expected.ravel())


def test_parameters_may_use_blocks_without_waiting_for_the_libraries_of_maps():
    code = (
        "import sys, mineral_prospectivity.geo.blocks; "
        "print([name for name in ('geopandas', 'rasterio', 'scipy') if name in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"
