import numpy as np
import pytest

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.false_colours import false_colours
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.raster import Raster


def bands(*values):
    stack = np.array(values, dtype=np.float32).reshape(len(values), 2, 3)
    grid = make_grid("EPSG:32633", 100.0, (0, 0, 300, 200))
    names = tuple(Band(f"latent_{n}") for n in range(1, len(values) + 1))
    return Raster(grid, names, lambda window: stack[:, *window.slices])


def test_each_band_is_stretched_between_its_quantiles():
    ramp = [0.0, 1.0, 2.0, 3.0, 4.0, np.nan]
    sample = np.column_stack([np.linspace(1, 3, 101)] * 3)
    found = false_colours(bands(ramp, ramp, ramp, ramp), sample).array()
    low, high = np.quantile(sample[:, 0], (0.02, 0.98))
    assert found.shape == (3, 2, 3)
    expected = 255 * np.clip((np.array(ramp[:5]) - low) / (high - low), 0, 1)
    np.testing.assert_allclose(found[0].ravel()[:5], expected, rtol=1e-6)
    assert np.isnan(found[:, 1, 2]).all()


@pytest.mark.parametrize("count", [1, 2])
def test_a_colour_without_a_band_stays_black(count):
    found = false_colours(bands(*[range(6)] * count), np.zeros((4, count))).array()
    assert (found[count:] == 0).all()
    assert found.shape[0] == 3
