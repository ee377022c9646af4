"""Categorical layers: shares, names, contacts, distances."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.classes import STAIRCASE, boundary_density
from mineral_prospectivity.geo.evidence import layer_evidence
from mineral_prospectivity.geo.geotiff import read_geotiff, write_geotiff
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec
from mineral_prospectivity.geo.proximity import distance_to_class
from mineral_prospectivity.geo.raster import Raster

from .conftest import CRS, NORTH, WEST

NAMES = {1: "siltstone", 2: "granite", 3: "mafic volcanics"}


def test_shares_by_hand(grid, raster_layer):
    pixels = np.ones((8, 10), dtype=np.uint8)
    pixels[0, :2] = 2
    pixels[1, 0] = 3
    raster = layer_evidence(
        raster_layer(pixels, pixel=50.0, kind="categorical", name="rock", classes=NAMES), grid
    )
    assert raster.names == ("rock_siltstone", "rock_granite", "rock_mafic_volcanics")
    assert {band.kind for band in raster.bands} == {"fraction"}
    assert raster.array()[:, 0, 0].tolist() == [0.25, 0.5, 0.25]


def test_shares_sum_to_one_where_there_is_any_value(grid, raster_layer):
    rng = np.random.default_rng(0)
    pixels = rng.integers(1, 40, size=(40, 50)).astype(np.int16)
    pixels[rng.random((40, 50)) < 0.3] = -1
    pixels[:10, :10] = -1
    layer = raster_layer(pixels, pixel=10.0, nodata=-1, kind="categorical", min_fraction=0.025)
    shares = layer_evidence(layer, grid).array()
    assert np.isnan(shares[:, 0, 0]).all()
    total = shares.sum(axis=0)
    assert np.allclose(total[np.isfinite(total)], 1.0, atol=1e-6)
    assert np.isfinite(total).sum() == 19


def test_rare_classes_are_joined(grid, raster_layer):
    pixels = np.ones((20, 25), dtype=np.uint8)
    pixels[:, 12:] = 2
    pixels[0, :3] = [7, 8, 9]
    layer = raster_layer(pixels, pixel=20.0, kind="categorical", name="rock", min_fraction=0.01)
    raster = layer_evidence(layer, grid)
    assert raster.names == ("rock_1", "rock_2", "rock_other")
    assert raster.array()[2].sum() == pytest.approx(3 / 25)


def test_a_common_class_called_other_is_joined_with_the_rare_ones(grid, raster_layer):
    pixels = np.ones((20, 25), dtype=np.uint8)
    pixels[:, 12:] = 2
    pixels[0, :3] = [7, 8, 9]
    names = {1: "shale", 2: "Other", 7: "chert", 8: "skarn", 9: "tuff"}
    layer = raster_layer(pixels, pixel=20.0, kind="categorical", name="rock", classes=names)
    raster = layer_evidence(layer, grid)
    assert raster.names == ("rock_shale", "rock_other")
    assert np.allclose(raster.array().sum(axis=0), 1.0)
    assert raster.array()[1, 0, 4] == 1.0


def test_classes_are_called_as_in_their_language(grid, vector_layer, tmp_path):
    rocks = ["Гранит", "Сланец", "花岗岩", "Métasédiments", "Störungsbrekzie"]
    strips = [
        shapely.box(WEST + 100 * col, NORTH - 400, WEST + 100 * col + 100, NORTH)
        for col in range(5)
    ]
    fields = {"attributes": {"unit": rocks}, "column": "unit", "name": "rock"}
    layer = vector_layer(strips, kind="polygons", derive=[{"distance_to": ["Гранит"]}], **fields)
    raster = layer_evidence(layer, grid)
    assert set(raster.names) == {
        "rock_гранит",
        "rock_сланец",
        "rock_花岗岩",
        "rock_metasediments",
        "rock_stoerungsbrekzie",
        "rock_distance_гранит",
    }
    write_geotiff(raster, tmp_path / "rock.tif")
    assert read_geotiff(tmp_path / "rock.tif").bands == raster.bands


def test_a_single_rare_class_keeps_its_name(grid, raster_layer):
    pixels = np.ones((20, 25), dtype=np.uint8)
    pixels[:, 12:], pixels[0, 0] = 2, 3
    layer = raster_layer(pixels, pixel=20.0, kind="categorical", name="rock", classes=NAMES)
    names = ("rock_siltstone", "rock_granite", "rock_mafic_volcanics")
    assert layer_evidence(layer, grid).names == names


def test_one_name_joins_codes(grid, raster_layer):
    pixels = np.tile(np.array([1, 2, 3, 1, 2], dtype=np.uint8), (4, 1))
    classes = {1: "granitoid", 2: "granitoid", 3: "shale"}
    raster = layer_evidence(raster_layer(pixels, kind="categorical", classes=classes), grid)
    assert raster.names == ("magnetics_granitoid", "magnetics_shale")
    assert raster.array()[0, 0].tolist() == [1, 1, 0, 1, 1]


def test_names_from_the_attribute_table(grid, raster_layer):
    pixels = np.tile(np.array([10, 20, 30, 10, 20], dtype=np.int16), (4, 1))
    layer = raster_layer(pixels, kind="categorical", name="rock", column="LITH")
    table = pd.DataFrame({"Value": [10, 20, 30], "LITH": ["Granite", "Shale", "Granite"]})
    pyogrio.write_dataframe(
        table, layer.path.with_name("rock.tif.vat.dbf"), driver="ESRI Shapefile"
    )
    assert layer_evidence(layer, grid).names == ("rock_granite", "rock_shale")


def test_contacts_are_the_length_of_a_straight_boundary(raster_layer):
    # 500 m of boundary in each western cell of 0.25 km2, seen as pixel edges, which stand for
    # lines of all directions.
    pixels = np.ones((100, 100), dtype=np.uint8)
    pixels[:, 37:] = 2
    layer = raster_layer(pixels, pixel=10.0, kind="categorical", derive=["contacts"])
    grid = make_grid(CRS, 500.0, (WEST, NORTH - 1000, WEST + 1000, NORTH))
    raster = layer_evidence(layer, grid)
    contacts = raster.select(["magnetics_contacts"]).array()[0]
    assert np.allclose(contacts, [[2.0 * STAIRCASE, 0.0]] * 2)


@pytest.mark.parametrize("angle", [0.0, 20.0, 45.0, 70.0])
def test_contacts_of_any_direction_are_right_on_average(angle):
    # Pixel edges overstate a line at angle t by |cos t| + |sin t|, whose mean is 4/pi.
    size = 400
    row, col = np.mgrid[:size, :size] + 0.5
    angle = np.deg2rad(angle)
    side = (row - size / 2) * np.cos(angle) + (col - size / 2) * np.sin(angle) > 0
    density = boundary_density(side.astype(float), (1.0, 1.0))
    inner = density[100:-100, 100:-100].sum()
    expected = 200 / max(abs(np.cos(angle)), abs(np.sin(angle)))
    overstated = abs(np.cos(angle)) + abs(np.sin(angle))
    assert inner == pytest.approx(expected * overstated, rel=0.02)
    mean = np.mean([abs(np.cos(t)) + abs(np.sin(t)) for t in np.linspace(0, np.pi / 2, 10_001)])
    assert mean * STAIRCASE == pytest.approx(1.0, rel=1e-3)


def test_an_edge_to_missing_pixels_is_no_contact():
    classes = np.array([[1.0, np.nan, 2.0]])
    assert boundary_density(classes, (1.0, 1.0)).sum() == 0.0


@pytest.mark.parametrize("pixel", [30.0, 100.0, 230.0])
def test_contacts_do_not_depend_on_windows(grid, raster_layer, pixel):
    pixels = np.random.default_rng(1).integers(1, 4, size=(30, 30)).astype(np.uint8)
    layer = raster_layer(pixels, pixel=pixel, kind="categorical", derive=["contacts"])
    raster = layer_evidence(layer, grid).select(["magnetics_contacts"])
    whole = raster.array()
    for window, values in raster.blocks(size=2):
        assert np.allclose(values, whole[(slice(None), *window.slices)], rtol=1e-6)


def test_contacts_within_radii(grid, raster_layer):
    pixels = np.ones((8, 10), dtype=np.uint8)
    pixels[:, 5:] = 2
    layer = raster_layer(pixels, pixel=50.0, kind="categorical", derive=[{"contacts": [150]}])
    raster = layer_evidence(layer, grid)
    assert raster.names[2:] == ("magnetics_contacts_150m",)
    assert raster.bands[2].unit == "km/km2"


def test_distance_to_a_class_by_hand(grid, raster_layer):
    pixels = np.ones((4, 5), dtype=np.uint8)
    pixels[1, 1] = 2
    layer = raster_layer(
        pixels, kind="categorical", classes=NAMES, derive=[{"distance_to": ["granite"]}]
    )
    distance = layer_evidence(layer, grid).select(["magnetics_distance_granite"]).array()[0]
    row, col = np.mgrid[:4, :5]
    assert np.allclose(distance, 100.0 * np.hypot(row - 1, col - 1))


def test_distance_to_a_class_known_by_its_number(grid, raster_layer):
    pixels = np.tile(np.array([1, 2, 1, 1, 1], dtype=np.uint8), (4, 1))
    layer = raster_layer(pixels, kind="categorical", derive=[{"distance_to": [2]}])
    distance = layer_evidence(layer, grid).select(["magnetics_distance_2"]).array()[0]
    assert distance[0].tolist() == [100, 0, 100, 200, 300]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.02, 0.9))
def test_distance_to_a_class_is_that_to_any_of_its_cells(seed, share):
    grid = make_grid(CRS, 100.0, (WEST, NORTH - 2300, WEST + 3100, NORTH))
    inside = np.random.default_rng(seed).random(tuple(grid.shape)) < share
    inside[0, 0] = True
    presence = Raster(grid, (Band("a"),), lambda w: inside[w.slices][None].astype(np.float32))
    layer = EvidenceLayer(LayerSpec.declare("rock", kind="categorical"), None)
    distance = distance_to_class(layer, presence, "distance_a", "a").array()[0]
    assert np.allclose(distance, 100.0 * distance_transform_edt(~inside), rtol=1e-6)


def test_polygon_classes_and_covered_share(grid, vector_layer):
    halves = [
        shapely.box(WEST, NORTH - 400, WEST + 250, NORTH),
        shapely.box(WEST + 250, NORTH - 200, WEST + 500, NORTH),
    ]
    fields = {"kind": "polygons", "name": "rock"}
    covered = layer_evidence(vector_layer(halves, **fields), grid)
    assert covered.names == ("rock",)
    assert covered.bands[0].kind == "fraction"
    assert np.allclose(covered.array()[0], [[1] * 5] * 2 + [[1, 1, 0.5, 0, 0]] * 2)
    attributes = {"unit": ["Granite", "Shale"], "age": [1500.0, 1600.0]}
    classes = layer_evidence(
        vector_layer(halves, attributes=attributes, column="unit", **fields), grid
    )
    assert classes.names == ("rock_granite", "rock_shale")
    assert np.allclose(classes.array()[:, 0, 2], [0.5, 0.5])
    assert np.isnan(classes.array()[:, 3, 4]).all()
    ages = layer_evidence(vector_layer(halves, attributes=attributes, column="age", **fields), grid)
    assert ages.names == ("rock",)
    assert ages.array()[0, 0].tolist() == [1500, 1500, 1550, 1600, 1600]


@pytest.mark.parametrize("codes", [[1, 2], ["1", "2"]])
def test_codes_of_polygons_named_as_classes(grid, vector_layer, codes):
    boxes = [shapely.box(WEST, NORTH - 400, WEST + 300, NORTH)]
    boxes.append(shapely.box(WEST + 300, NORTH - 400, WEST + 500, NORTH))
    layer = vector_layer(
        boxes,
        kind="polygons",
        name="rock",
        attributes={"code": codes},
        column="code",
        classes=NAMES,
        derive=["contacts", {"distance_to": ["granite"]}],
    )
    raster = layer_evidence(layer, grid)
    assert raster.names == (
        "rock_siltstone",
        "rock_granite",
        "rock_contacts",
        "rock_distance_granite",
    )
    assert raster.array()[3, 0].tolist() == [300, 200, 100, 0, 0]


def test_distance_to_polygons_is_zero_inside(grid, vector_layer):
    layer = vector_layer(
        [shapely.box(WEST, NORTH - 400, WEST + 100, NORTH)],
        kind="polygons",
        name="granite",
        derive=["distance"],
    )
    raster = layer_evidence(layer, grid)
    assert raster.names == ("granite", "granite_distance")
    assert np.allclose(raster.array()[1, 0], [0, 50, 150, 250, 350])


def test_polygons_do_not_depend_on_windows(grid, vector_layer):
    circle = shapely.Point(WEST + 240, NORTH - 210).buffer(150)
    raster = layer_evidence(vector_layer([circle], kind="polygons"), grid)
    whole = raster.array()
    for window, values in raster.blocks(size=2):
        assert np.array_equal(values, whole[(slice(None), *window.slices)])
    assert whole.sum() * 1e4 == pytest.approx(circle.area, rel=0.01)


def test_geoparquet_is_read_too(grid, tmp_path, vector_layer):
    layer = vector_layer([shapely.Point(WEST + 50, NORTH - 50)], kind="points", name="vents")
    path = tmp_path / "vents.parquet"
    gpd.read_file(layer.path).to_parquet(path)
    other = type(layer)(layer.spec, path)
    assert np.array_equal(layer_evidence(other, grid).array(), layer_evidence(layer, grid).array())
