"""Gradients, neighbourhoods, distances and densities against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.context import with_context, without_context
from mineral_prospectivity.geo.density import amounts_of_lines, amounts_of_points, density
from mineral_prospectivity.geo.evidence import layer_evidence
from mineral_prospectivity.geo.focal import disc_of_cells, gradient, neighbourhood, with_focal
from mineral_prospectivity.geo.grid import Window, cell_centres, make_grid, window_cells
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec
from mineral_prospectivity.geo.proximity import distance_to_geometries, segments_of
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tabulate import valid_cells

from .conftest import CRS, NORTH, WEST

WIDE = make_grid(CRS, 100.0, (WEST, NORTH - 3000, WEST + 4000, NORTH))


def raster_of(values) -> Raster:
    values = np.asarray(values, dtype=np.float32)
    return Raster(WIDE, (Band("g", "g", unit="mGal"),), lambda w: values[w.slices][None])


def brute_force(values, radius):
    """Mean and deviation over the known cells whose centre is within the radius."""
    row, col = np.mgrid[: values.shape[0], : values.shape[1]]
    mean, deviation = np.full((2, *values.shape), np.nan)
    for r, c in np.ndindex(values.shape):
        near = values[np.hypot(row - r, col - c) * 100 <= radius]
        near = near[np.isfinite(near)].astype(float)
        if near.size:
            mean[r, c], deviation[r, c] = near.mean(), near.std()
    return mean, deviation


def test_gradient_of_a_plane():
    row, col = np.mgrid[:30, :40]
    made = with_focal(raster_of(3.0 * col - 4.0 * row), [gradient(WIDE)])
    assert made.names == ("g", "g_gradient")
    assert made.bands[1].unit == "mGal/m"
    assert np.allclose(made.array()[1], 0.05, rtol=1e-5)


def test_gradient_beside_missing_cells_is_one_sided():
    row, col = np.mgrid[:30, :40]
    values = 3.0 * col - 4.0 * row
    values[10, 10] = np.nan
    slope = with_focal(raster_of(values), [gradient(WIDE)]).array()[1]
    assert np.isnan(slope[10, 10])
    slope[10, 10] = 0.05
    assert np.allclose(slope, 0.05, rtol=1e-5)


def test_neighbourhood_by_brute_force():
    rng = np.random.default_rng(0)
    values = 50_000 + rng.normal(size=(30, 40))
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:12, :12] = np.nan
    made = with_focal(raster_of(values), [neighbourhood(WIDE, 300), neighbourhood(WIDE, 500)])
    assert made.names == ("g", "g_mean_300m", "g_sd_300m", "g_mean_500m", "g_sd_500m")
    array = made.array()
    for radius, (mean, deviation) in {300: array[1:3], 500: array[3:5]}.items():
        expected = brute_force(np.float32(values), radius)
        assert np.allclose(mean, expected[0], equal_nan=True, rtol=1e-7)
        assert np.allclose(deviation, expected[1], equal_nan=True, rtol=1e-4, atol=1e-5)


def test_a_constant_neighbourhood_has_no_deviation():
    values = np.zeros((30, 40))
    values[:, 20:] = 1e4 + np.random.default_rng(0).normal(size=(30, 20))
    values[:, :10] = -7.5
    made = with_focal(raster_of(values), [neighbourhood(WIDE, 300)]).array()
    assert (made[2][:, :7] == 0).all()
    assert (made[1][:, 13:17] == 0).all()
    assert (made[1][:, :7] == np.float32(-7.5)).all()


def test_surroundings_do_not_depend_on_windows():
    values = np.random.default_rng(0).normal(size=(30, 40))
    made = with_focal(raster_of(values), [gradient(WIDE), neighbourhood(WIDE, 700)])
    whole = made.array()
    for window, block in made.blocks(size=7):
        assert np.allclose(block, whole[(slice(None), *window.slices)], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("radius", "cells"), [(1, 5), (100, 5), (150, 9), (200, 13), (300, 29)])
def test_discs_hold_the_cells_within_the_radius(radius, cells):
    assert disc_of_cells(WIDE, radius).sum() == cells


def test_a_disc_may_be_the_cell_alone():
    assert disc_of_cells(WIDE, 99, least=0.0).tolist() == [[1]]
    assert disc_of_cells(WIDE, 100, least=0.0).tolist() == [[0, 1, 0], [1, 1, 1], [0, 1, 0]]


lines = st.lists(
    st.lists(
        st.tuples(st.integers(-900, 4900), st.integers(-900, 3900)),
        min_size=2,
        max_size=5,
        unique=True,
    ),
    min_size=1,
    max_size=5,
)


def geometry_of(parts):
    shifted = [[(WEST + x, NORTH - 3000 + y) for x, y in part] for part in parts]
    return np.array([shapely.LineString(part) for part in shifted], dtype=object)


def centres():
    return cell_centres(WIDE, window_cells(WIDE, Window(0, 0, *WIDE.shape)))


@settings(max_examples=25, deadline=None)
@given(parts=lines)
def test_distance_to_lines_is_that_of_geometry(parts):
    layer = EvidenceLayer(LayerSpec.declare("faults", kind="lines"), None)
    made = distance_to_geometries(layer, WIDE, geometry_of(parts), "fault").array()[0]
    union = shapely.union_all(geometry_of(parts))
    expected = shapely.distance(shapely.points(*centres()), union)
    assert np.allclose(made, expected, rtol=1e-6, atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(parts=lines)
def test_lengths_in_cells_are_those_of_geometry(parts):
    amounts = amounts_of_lines(WIDE, segments_of(geometry_of(parts)))
    inside = amounts.around(Window(0, 0, *WIDE.shape), 0)
    x, y = centres()
    cells = shapely.box(x - 50, y - 50, x + 50, y + 50)
    exact = sum(shapely.length(shapely.intersection(cells, line)) for line in geometry_of(parts))
    # A line along the edge of two cells counts for one of them, and intersects both.
    along = np.isclose(inside, exact, atol=1e-6) | (inside < exact)
    assert along.all()
    everywhere = amounts.around(Window(0, 0, *WIDE.shape), 20).sum()
    assert everywhere == pytest.approx(shapely.length(geometry_of(parts)).sum(), abs=1e-6)


def test_density_of_one_straight_line():
    line = shapely.LineString([(WEST - 5000, NORTH - 1550), (WEST + 9000, NORTH - 1550)])
    layer = EvidenceLayer(LayerSpec.declare("faults", kind="lines"), None)
    amounts = amounts_of_lines(WIDE, segments_of(np.array([line], dtype=object)))
    made = density(layer, WIDE, amounts, 300.0, "km/km2")
    assert made.names == ("faults_density_300m",)
    values = made.array()[0]
    # Within 300 m of a cell on the line lie 7 cells of it, 700 m, in 29 cells, 0.29 km2: the
    # line goes on beyond the map, and so does its density.
    assert np.allclose(values[15], 0.7 / 0.29)
    assert np.allclose(values[18], 0.1 / 0.29)
    assert (values[19:] == 0).all()
    assert (values[:12] == 0).all()


def test_density_does_not_depend_on_windows():
    rng = np.random.default_rng(0)
    points = rng.uniform((WEST, NORTH - 3000), (WEST + 4000, NORTH), size=(200, 2))
    layer = EvidenceLayer(LayerSpec.declare("vents", kind="points"), None)
    made = density(layer, WIDE, amounts_of_points(WIDE, points), 500.0, "1/km2")
    whole = made.array()
    for window, block in made.blocks(size=7):
        assert np.allclose(block, whole[(slice(None), *window.slices)], rtol=1e-6)
    own = np.floor((points - (WEST, NORTH - 3000)) / 100).astype(int)
    near = np.hypot(29 - own[:, 1] - 15, own[:, 0] - 20) <= 5
    assert whole[0, 15, 20] == pytest.approx(near.sum() / (disc_of_cells(WIDE, 500).sum() * 0.01))


def test_line_layer_bands(grid, vector_layer):
    line = shapely.LineString([(WEST, NORTH - 50), (WEST + 500, NORTH - 50)])
    raster = layer_evidence(vector_layer([line], kind="lines", derive=[{"density": [150]}]), grid)
    assert raster.names == ("faults_distance", "faults_density_150m")
    assert [band.unit for band in raster.bands] == ["m", "km/km2"]
    assert np.allclose(raster.array()[0], np.array([0, 100, 200, 300])[:, None] * np.ones(5))


def test_lines_of_another_crs_are_reprojected(grid, vector_layer):
    back = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    ends = [back.transform(WEST, NORTH - 50), back.transform(WEST + 500, NORTH - 50)]
    layer = vector_layer([shapely.LineString(ends)], kind="lines", crs="EPSG:4326")
    distance = layer_evidence(layer, grid).array()[0]
    assert np.allclose(distance, np.array([0, 100, 200, 300])[:, None] * np.ones(5), atol=0.01)


def test_point_layers(grid, vector_layer):
    points = [shapely.Point(WEST + 50, NORTH - 50), shapely.Point(WEST + 450, NORTH - 350)]
    layer = vector_layer(points, kind="points", name="vents", derive=[{"density": [100]}])
    raster = layer_evidence(layer, grid)
    assert raster.names == ("vents_distance", "vents_density_100m")
    row, col = np.mgrid[:4, :5] * 100.0
    expected = np.minimum(np.hypot(row, col), np.hypot(row - 300, col - 400))
    assert np.allclose(raster.array()[0], expected)


def test_every_part_of_several_points_has_their_value(grid, vector_layer):
    parts = shapely.MultiPoint([(WEST + 50, NORTH - 50), (WEST + 450, NORTH - 350)])
    layer = vector_layer(
        [parts, shapely.Point(WEST + 250, NORTH - 50)],
        kind="points",
        attributes={"Au": [1.0, 2.0]},
        column="Au",
        max_distance=60.0,
        neighbours=1,
    )
    values = layer_evidence(layer, grid).array()[0]
    assert (values[0, 0], values[3, 4], values[0, 2]) == (1.0, 1.0, 2.0)
    assert np.isfinite(values).sum() == 3


def test_values_are_spread_between_points_and_no_farther(grid, vector_layer):
    points = [shapely.Point(WEST + 50, NORTH - 50), shapely.Point(WEST + 250, NORTH - 50)]
    layer = vector_layer(
        points,
        kind="points",
        name="gold",
        attributes={"au": [1.0, 3.0]},
        column="au",
        neighbours=1,
        max_distance=101.0,
        unit="ppb",
        derive=["gradient"],
    )
    raster = layer_evidence(layer, grid)
    assert raster.names == ("gold", "gold_gradient")
    values = raster.array()[0]
    assert values[0, [0, 2, 3]].tolist() == [1, 3, 3]
    assert values[1, [0, 2]].tolist() == [1, 3]
    assert np.isnan(values[2:]).all()
    assert np.isnan(values[0, 4])


def test_context_is_the_mean_around_cells_that_have_a_value():
    values = np.float32(50_000 + np.random.default_rng(4).normal(size=(30, 40)))
    values[:12, :12] = np.nan
    layers = raster_of(values)
    evidence = with_context(layers, 500)
    assert evidence.names == ("g", "g_within_500m")
    made = evidence.bands[1]
    assert (made.context, made.layer, made.unit, made.kind) == (True, "g", "mGal", "continuous")
    expected = np.where(np.isfinite(values), brute_force(values, 500)[0], np.nan)
    assert np.allclose(evidence.array()[1], expected, equal_nan=True, rtol=1e-7)
    assert without_context(evidence).bands == layers.bands


def test_context_does_not_depend_on_windows():
    values = np.float32(np.random.default_rng(6).normal(size=(30, 40)))
    values[5:9, 3:20] = np.nan
    made = with_context(raster_of(values), 500)
    whole = made.array()
    for window, block in made.blocks(size=7):
        expected = whole[(slice(None), *window.slices)]
        assert np.allclose(block, expected, rtol=1e-5, atol=1e-6, equal_nan=True)


def test_a_layer_may_not_have_the_name_of_a_context():
    bands = (Band("g", "gravity"), Band("g_within_500m", "slope"))
    layers = Raster(WIDE, bands, lambda window: np.zeros((2, window.height, window.width), "f4"))
    with pytest.raises(ConfigurationError, match=r"'g_within_500m' comes from layer 'slope' and"):
        with_context(layers, 500)


def test_context_makes_no_cell_one_more_to_predict():
    rng = np.random.default_rng(5)
    values = np.where(rng.random((3, 30, 40)) < 0.5, np.nan, 1.0).astype(np.float32)
    bands = tuple(Band(name) for name in "abc")
    layers = Raster(WIDE, bands, lambda window: values[(slice(None), *window.slices)])
    evidence = with_context(layers, 400)
    for share in (0.0, 0.3, 0.5, 0.7, 1.0):
        assert np.array_equal(valid_cells(evidence, share), valid_cells(layers, share))
