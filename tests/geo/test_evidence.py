"""Stacks, shared bounds, cells with evidence and their table."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from mineral_prospectivity.errors import ConfigurationError, LayerError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.evidence import common_bounds, layer_evidence, stack
from mineral_prospectivity.geo.grid import Window, make_grid, window_cells
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec
from mineral_prospectivity.geo.polygons import zone_polygons
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tabulate import cells_by_window, evidence_table, valid_cells

from .conftest import CRS, NORTH, WEST


def raster_of(grid, values, layer="g") -> Raster:
    values = np.asarray(values, dtype=np.float32)
    bands = tuple(Band(f"{layer}_{number}", layer) for number in range(len(values)))
    return Raster(grid, bands, lambda window: values[(slice(None), *window.slices)])


def test_stack_keeps_the_order(grid):
    one, two = np.zeros((2, 4, 5)), np.ones((1, 4, 5))
    made = stack([raster_of(grid, one), raster_of(grid, two, "m")])
    assert made.names == ("g_0", "g_1", "m_0")
    assert np.array_equal(made.array(), np.concatenate([one, two]))
    assert made.array().dtype == np.float32


def test_stack_refuses_bands_of_one_name(grid):
    one, other = (Raster(grid, (Band("g_0", layer),), None) for layer in ("g", "g_0"))
    with pytest.raises(ConfigurationError) as caught:
        stack([one, other])
    assert str(caught.value) == (
        "band 'g_0' comes from layer 'g' and from layer 'g_0'. Rename one of the layers"
    )


def test_bands_of_one_layer_that_end_in_one_name(grid, tmp_path):
    path = tmp_path / "soil.csv"
    path.write_text(f"x,y,As,As_gradient\n{WEST + 50},{NORTH - 50},1,2\n")
    spec = LayerSpec.declare("soil", kind="table", crs=CRS, derive=["gradient"])
    with pytest.raises(ConfigurationError) as caught:
        layer_evidence(EvidenceLayer(spec, path), grid)
    assert str(caught.value) == (
        "layer 'soil' has two bands 'soil_As_gradient' (Mean of As_gradient of soil over the "
        "samples in the cell; Gradient magnitude of soil_As). Rename a column or class of it, or "
        "derive less"
    )


def test_stack_refuses_different_grids(grid):
    other = make_grid(CRS, 50.0, (WEST, NORTH - 400, WEST + 500, NORTH))
    with pytest.raises(ConfigurationError) as caught:
        stack([raster_of(grid, np.zeros((1, 4, 5))), raster_of(other, np.zeros((1, 8, 10)), "m")])
    assert str(caught.value) == "bands 'm_0' and 'g_0' lie on different grids"


def test_bands_are_selected_by_name(grid):
    raster = raster_of(grid, np.arange(60.0).reshape(3, 4, 5))
    assert np.array_equal(raster.select(["g_2", "g_0"]).array(), raster.array()[[2, 0]])


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["g_0", "copper"], "there is no band 'copper', only g_0, g_1"),
        (["copper", "gold"], "there are no bands 'copper', 'gold', only g_0, g_1"),
    ],
)
def test_bands_that_there_are_not(grid, names, problem):
    with pytest.raises(ConfigurationError) as caught:
        raster_of(grid, np.zeros((2, 4, 5))).select(names)
    assert str(caught.value) == problem


def test_stack_of_nothing():
    with pytest.raises(ConfigurationError) as caught:
        stack([])
    expected = "there is no evidence layer. Declare at least one in the catalog"
    assert str(caught.value) == expected


def test_layers_share_the_intersection_drawn_inwards(raster_layer, vector_layer):
    values = np.arange(100.0).reshape(10, 10)
    layers = [
        raster_layer(values, name="a", west=WEST + 30, north=NORTH - 30),
        raster_layer(values, name="b", west=WEST + 210, north=NORTH),
        vector_layer([shapely.Point(WEST, NORTH - 50)], kind="points", name="vents"),
        vector_layer([shapely.box(WEST, NORTH - 500, WEST + 430, NORTH - 310)], kind="polygons",
                     name="intrusion"),
    ]  # fmt: skip
    assert common_bounds(layers, CRS, 100.0) == (WEST + 300, NORTH - 1000, WEST + 1000, NORTH - 100)
    grid = make_grid(CRS, 100.0, common_bounds(layers, CRS, 100.0))
    assert grid.shape == (9, 7)
    for layer in layers:
        assert np.isfinite(layer_evidence(layer, grid).array()).all()


def test_bounds_of_whole_cells_are_kept(raster_layer):
    layer = raster_layer(np.arange(20.0).reshape(4, 5))
    assert common_bounds([layer], CRS, 100.0) == (WEST, NORTH - 400, WEST + 500, NORTH)


def test_polygons_with_a_column_are_known_only_where_they_lie(raster_layer, vector_layer):
    box = shapely.box(WEST + 100, NORTH - 300, WEST + 400, NORTH)
    rocks = {"attributes": {"rock": ["shale"]}, "column": "rock"}
    mapped = vector_layer([box], kind="polygons", **rocks)
    layers = [raster_layer(np.arange(20.0).reshape(4, 5)), mapped]
    assert common_bounds(layers, CRS, 100.0) == (WEST + 100, NORTH - 300, WEST + 400, NORTH)


def test_only_distances_take_their_own_extent(vector_layer):
    line = shapely.LineString([(WEST + 10, NORTH - 390), (WEST + 490, NORTH - 10)])
    layers = [vector_layer([line], kind="lines")]
    assert common_bounds(layers, CRS, 100.0) == (WEST + 100, NORTH - 300, WEST + 400, NORTH - 100)


@pytest.mark.parametrize(
    ("kind", "bands"), [("polygons", ("faults",)), ("lines", ("faults_distance",))]
)
def test_collections_count_with_their_parts_of_the_kind(vector_layer, grid, kind, bands):
    """Clipping leaves polygons together with the lines at which they touch."""
    line = shapely.LineString([(WEST, NORTH), (WEST, NORTH - 400)])
    boxes = [shapely.box(WEST, NORTH - 200, WEST + 100, NORTH),
             shapely.box(WEST + 300, NORTH - 100, WEST + 400, NORTH)]  # fmt: skip
    clipped = [shapely.GeometryCollection([line, *boxes])]
    plain = {"polygons": [shapely.MultiPolygon(boxes)], "lines": [line]}[kind]
    found = layer_evidence(vector_layer(clipped, kind=kind), grid)
    assert found.names == bands
    expected = layer_evidence(vector_layer(plain, kind=kind), grid)
    np.testing.assert_array_equal(found.array(), expected.array())


def test_collections_without_a_part_of_the_kind_are_no_features(vector_layer, grid):
    line = shapely.LineString([(WEST, NORTH), (WEST, NORTH - 400)])
    layer = vector_layer([shapely.GeometryCollection([line])], kind="polygons")
    with pytest.raises(LayerError, match="has no features"):
        layer_evidence(layer, grid)


def test_spread_points_reach_as_far_as_they_count(vector_layer):
    points = [shapely.Point(WEST, NORTH), shapely.Point(WEST + 500, NORTH - 400)]
    layer = vector_layer(
        points, kind="points", attributes={"au": [1.0, 2.0]}, column="au", max_distance=200.0
    )
    expected = (WEST - 200, NORTH - 600, WEST + 700, NORTH + 200)
    assert common_bounds([layer], CRS, 100.0) == expected


@pytest.mark.parametrize("first", [-180, 0])
def test_what_covers_the_globe_cuts_nothing_off(raster_layer, first):
    globe = raster_layer(
        np.arange(162.0).reshape(9, 18), crs="EPSG:4326", pixel=20.0, west=first, north=90, name="g"
    )
    west = raster_layer(np.arange(20.0).reshape(4, 5), west=WEST - 200_000)
    own = (WEST - 200_000, NORTH - 400, WEST - 199_500, NORTH)
    assert common_bounds([globe, west], CRS, 100.0) == own
    assert np.isfinite(layer_evidence(globe, make_grid(CRS, 100.0, own)).array()).all()


def test_layers_that_share_nothing(raster_layer):
    values = np.arange(20.0).reshape(4, 5)
    layers = [raster_layer(values, name="a"), raster_layer(values, name="b", west=WEST + 450)]
    with pytest.raises(ConfigurationError) as caught:
        common_bounds(layers, CRS, 100.0)
    assert str(caught.value) == (
        "the layers share no cell; check their CRS, or set grid.bounds. "
        "In EPSG:32633 they cover, m:\n"
        f"  - layer 'a' ({layers[0].path}): 500000..500500 by 4999600..5000000\n"
        f"  - layer 'b' ({layers[1].path}): 500450..500950 by 4999600..5000000"
    )


def test_bounds_without_layers():
    with pytest.raises(ConfigurationError, match="there is no evidence layer"):
        common_bounds([], CRS, 100.0)


def test_cells_with_enough_bands(grid):
    values = np.ones((3, 4, 5))
    values[0, 0, 0] = np.nan
    values[:2, 1, 1] = np.nan
    values[:, 2, 2] = np.nan
    raster = raster_of(grid, values)
    assert 12 not in valid_cells(raster, 0.0)
    assert len(valid_cells(raster, 0.0)) == 19
    assert set(range(20)) - set(valid_cells(raster, 0.5)) == {6, 12}
    assert set(range(20)) - set(valid_cells(raster, 1.0)) == {0, 6, 12}
    assert len(valid_cells(raster, 1 / 3)) == 19


def test_no_cell_has_enough(grid):
    values = np.full((2, 4, 5), np.nan)
    values[0] = 1.0
    with pytest.raises(ConfigurationError) as caught:
        valid_cells(raster_of(grid, values), 1.0)
    assert str(caught.value) == (
        "no cell has values in 2 of 2 bands. Lower grid.min_coverage (now 1), or check that the "
        "layers overlap"
    )


def test_table_of_some_cells_in_their_order(grid):
    values = np.arange(40.0).reshape(2, 4, 5)
    table = evidence_table(raster_of(grid, values), np.array([19, 3, 7]))
    assert list(table.columns) == ["cell", "g_0", "g_1"]
    assert table["cell"].tolist() == [19, 3, 7]
    assert table["g_1"].tolist() == [39, 23, 27]
    assert table.dtypes.tolist() == [np.int64, np.float32, np.float32]


def test_only_windows_with_wanted_cells_are_read():
    grid = make_grid(CRS, 100.0, (WEST, NORTH - 120_000, WEST + 130_000, NORTH))
    read: list[Window] = []

    def values(window):
        read.append(window)
        return window_cells(grid, window)[None].astype(np.float32)

    cells = np.array([1300 * 600 + 1200, 3, 1300 * 600 + 1201])
    table = evidence_table(Raster(grid, (Band("number"),), values), cells)
    assert table["number"].tolist() == cells.tolist()
    assert read == [Window(0, 0, 512, 512), Window(512, 1024, 512, 276)]


def test_every_cell_lies_in_its_window():
    grid = make_grid(CRS, 100.0, (WEST, NORTH - 2_000, WEST + 3_000, NORTH))
    cells = np.random.default_rng(0).permutation(600)
    seen = []
    for window, places in cells_by_window(grid, cells, size=7):
        assert np.isin(cells[places], window_cells(grid, window)).all()
        seen.append(places)
    assert sorted(np.concatenate(seen)) == list(range(600))


def test_outlines_of_zones(grid):
    zones = np.zeros((4, 5), dtype=np.int32)
    zones[0, :2], zones[1, 2], zones[3, 4] = 1, 1, 2
    outlines = zone_polygons(zones, grid)
    assert len(outlines) == 2
    assert outlines[0].geom_type == "MultiPolygon"
    assert outlines[0].area == 3e4
    assert outlines[1].bounds == (WEST + 400, NORTH - 400, WEST + 500, NORTH - 300)
    assert outlines[1].is_valid


def test_outlines_keep_their_holes(grid):
    zones = np.zeros((4, 5), dtype=np.int32)
    zones[:3, :3] = 1
    zones[1, 1] = 0
    (outline,) = zone_polygons(zones, grid)
    assert outline.area == 8e4
    assert not outline.contains(shapely.Point(WEST + 150, NORTH - 150))


def test_a_layer_can_be_renamed(raster_layer):
    layer = raster_layer(np.arange(20.0).reshape(4, 5)).named("tmi")
    assert layer.name == "tmi"
    assert layer.label == f"layer 'tmi' ({layer.path})"
