import numpy as np
import pytest
from esda import G_Local
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.weights import W
from scipy.spatial import KDTree
from scipy.stats import false_discovery_control, norm

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.focal import disc_of_cells
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.targeting.getis_ord import (
    Moments,
    gi_star,
    hot_spots,
    map_moments,
)


def surface_of(values, resolution=100.0):
    rows, cols = values.shape
    grid = make_grid("EPSG:32633", resolution, (0, 0, cols * resolution, rows * resolution))
    return Raster(grid, (Band("log_odds"),), lambda window: values[None, *window.slices])


def esda_scores(values, reach):
    """Gi* of the finite cells by esda: binary weights, neighbours within reach (cells)."""
    place = np.argwhere(np.isfinite(values))
    near = KDTree(place).query_ball_point(place, reach + 1e-9)
    weights = W({i: [j for j in js if j != i] for i, js in enumerate(near)}, silence_warnings=True)
    reference = G_Local(
        values[np.isfinite(values)], weights, transform="B", star=True, permutations=0
    )
    scores = np.full(values.shape, np.nan)
    scores[np.isfinite(values)] = reference.Zs
    return scores


def map_with_gaps(seed=0, shape=(17, 23)):
    rng = np.random.default_rng(seed)
    values = rng.gamma(2.0, size=shape)
    values[rng.random(shape) < 0.15] = np.nan
    return values


@pytest.mark.parametrize("radius", [50.0, 100.0, 150.0, 250.0, 500.0])
def test_gi_star_equals_esda(radius):
    values = map_with_gaps()
    surface = surface_of(values)
    found = gi_star(values, disc_of_cells(surface.grid, radius, least=0.0), map_moments(surface))
    np.testing.assert_allclose(found, esda_scores(values, radius / 100), rtol=0, atol=1e-10)


def test_moments_are_those_of_the_whole_map():
    values = np.random.default_rng(1).normal(50, 3, (700, 600)).astype(np.float32)
    values[100:300] = np.nan
    moments = map_moments(surface_of(values))
    known = values[np.isfinite(values)].astype(float)
    assert moments.cells == known.size
    assert moments.mean == pytest.approx(known.mean(), rel=1e-13)
    assert moments.sd == pytest.approx(known.std(), rel=1e-12)


def test_significance_is_the_benjamini_hochberg_rule(maps):
    spots = hot_spots(maps.select(["log_odds_mean"]), radius=500, significance=0.05)
    z, p, high = spots.map.array().astype(float)
    known = np.isfinite(z)
    expected = false_discovery_control(norm.sf(z[known])) <= 0.05
    np.testing.assert_array_equal(high[known], expected)
    assert spots.significant == expected.sum() > 0
    assert spots.cells == known.sum()
    assert p[known & (high == 1)].max() == pytest.approx(spots.critical_p, rel=1e-6)
    assert np.isnan(high[~known]).all()


@given(size=st.integers(1, 40), seed=st.integers(0, 5))
@settings(deadline=None, max_examples=15)
def test_windows_of_any_size_give_the_same_map(size, seed):
    values = map_with_gaps(seed, (31, 37))
    spots = hot_spots(surface_of(values), radius=300, significance=0.3)
    whole = spots.map.array()
    for window, block in spots.map.blocks(size):
        np.testing.assert_allclose(block[:2], whole[:2, *window.slices], rtol=1e-6, atol=1e-6)
        np.testing.assert_array_equal(block[2], whole[2, *window.slices])


@given(
    scale=st.floats(0.01, 100),
    shift=st.floats(-50, 50),
    turns=st.integers(0, 3),
)
@settings(deadline=None, max_examples=25)
def test_gi_star_ignores_units_and_turns_with_the_map(scale, shift, turns):
    values = map_with_gaps(3)
    disc = disc_of_cells(surface_of(values).grid, 250)
    base = gi_star(values, disc, map_moments(surface_of(values)))
    other = np.rot90(values * scale + shift, turns)
    turned = gi_star(other, disc, map_moments(surface_of(np.ascontiguousarray(other))))
    np.testing.assert_allclose(turned, np.rot90(base, turns), rtol=0, atol=1e-8)


def test_no_hot_spot_in_noise_at_a_strict_rate():
    values = np.random.default_rng(2).random((30, 30))
    spots = hot_spots(surface_of(values), radius=100, significance=1e-6)
    assert (spots.significant, spots.critical_p) == (0, 0.0)
    assert np.nansum(spots.map.array()[2]) == 0


def test_a_constant_map_is_refused():
    with pytest.raises(ConfigurationError) as error:
        hot_spots(surface_of(np.full((5, 5), 3.0)), radius=100, significance=0.05)
    assert str(error.value) == (
        "surface 'log_odds': 25 cells without any spread; there is no hot spot"
    )


def test_a_neighbourhood_of_the_whole_map_is_refused():
    values = np.random.default_rng(2).random((3, 3))
    with pytest.raises(ConfigurationError) as error:
        hot_spots(surface_of(values), radius=1000, significance=0.05)
    assert str(error.value) == (
        "risk.hot_spots.radius: the neighbourhood of a cell (21 cells across) holds all 9 cells of "
        "the map, so nothing stands out; take a smaller radius"
    )


def test_several_bands_are_refused(maps):
    with pytest.raises(ConfigurationError, match=r"2 bands \('probability', 'total'\); select"):
        hot_spots(maps.select(["probability", "total"]), radius=500, significance=0.05)


def test_a_lone_cell_scores_its_own_deviation():
    values = np.array([[0.0, 1.0, 2.0, 5.0]])
    moments = Moments(4, 2.0, float(values.std()))
    found = gi_star(values, np.ones((1, 1), dtype=bool), moments)
    np.testing.assert_allclose(found, (values - 2) / values.std(), atol=1e-14)
