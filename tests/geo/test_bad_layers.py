"""Every way in which a layer can be wrong, and what the user is told."""

from __future__ import annotations

import re

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from mineral_prospectivity.errors import LayerError
from mineral_prospectivity.geo.checks import check_layers
from mineral_prospectivity.geo.evidence import layer_evidence
from mineral_prospectivity.geo.extent import common_bounds
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec

from .conftest import CRS, NORTH, WEST

VARIED = np.arange(20.0, dtype=np.float32).reshape(4, 5)


def refused(layer, grid, **options) -> str:
    """Return the message of a refused layer, after the layer and its file are named."""
    with pytest.raises(LayerError) as caught:
        layer_evidence(layer, grid, **options)
    start = f"layer {layer.name!r} ({layer.path}): "
    assert str(caught.value).startswith(start)
    return str(caught.value).removeprefix(start)


def test_missing_file(grid, tmp_path):
    layer = EvidenceLayer(LayerSpec.declare("gravity", kind="continuous"), tmp_path / "none.tif")
    expected = "there is no such file. Check the filepath of the catalog entry"
    assert refused(layer, grid) == expected


def test_missing_vector_file(grid, tmp_path):
    layer = EvidenceLayer(LayerSpec.declare("faults", kind="lines"), tmp_path / "none.gpkg")
    expected = "there is no such file. Check the filepath of the catalog entry"
    assert refused(layer, grid) == expected


def test_messages_name_the_url_that_the_user_knows(grid, tmp_path):
    spec = LayerSpec.declare("gravity", kind="continuous")
    layer = EvidenceLayer(spec, tmp_path / "copy.tif", origin="s3://bucket/gravity.tif")
    with pytest.raises(LayerError, match=r"^layer 'gravity' \(s3://bucket/gravity.tif\): "):
        layer_evidence(layer, grid)


def test_damaged_raster(grid, tmp_path):
    (tmp_path / "bad.tif").write_bytes(b"II*\x00 and then nothing")
    layer = EvidenceLayer(LayerSpec.declare("gravity", kind="continuous"), tmp_path / "bad.tif")
    message = refused(layer, grid)
    assert message.startswith("cannot be read as a raster: ")
    assert message.endswith("Is the file damaged or cut off?")


def test_raster_cut_off_in_the_middle(grid, raster_layer):
    layer = raster_layer(np.random.default_rng(0).normal(size=(400, 500)), pixel=1.0)
    data = layer.path.read_bytes()
    layer.path.write_bytes(data[: len(data) // 2])
    message = refused(layer, grid)
    assert message.startswith("cannot be read as a raster: ")
    assert message.endswith("Is the file damaged or cut off?")


def test_damaged_vector(grid, tmp_path):
    (tmp_path / "bad.gpkg").write_bytes(b"SQLite format 3\x00 and then nothing")
    layer = EvidenceLayer(LayerSpec.declare("faults", kind="lines"), tmp_path / "bad.gpkg")
    message = refused(layer, grid)
    assert message.startswith("cannot be read as vector data: ")
    assert message.endswith("Is the file damaged or cut off?")


@pytest.mark.parametrize("name", ["wells.csv", "WELLS.CSV", "wells.parquet"])
def test_a_table_declared_points(grid, tmp_path, name):
    frame = pd.DataFrame({"x": [WEST + 50], "y": [NORTH - 50]})
    path = tmp_path / name
    (frame.to_parquet if path.suffix == ".parquet" else frame.to_csv)(path, index=False)
    layer = EvidenceLayer(LayerSpec.declare("wells", kind="points", crs="EPSG:32633"), path)
    assert refused(layer, grid) == (
        "holds a table without geometry. Declare kind: table with x and y, or file_layer"
    )


def test_missing_band(grid, raster_layer):
    assert refused(raster_layer(VARIED, band=3), grid) == "has no band 3, only 1. Correct band:"


def test_no_crs(grid, raster_layer):
    expected = "has no CRS. Declare it in the catalog entry, for example crs: EPSG:7845"
    assert refused(raster_layer(VARIED, crs=None), grid) == expected


def test_declared_crs_fills_the_gap(grid, raster_layer):
    layer = raster_layer(VARIED, crs=None)
    spec = layer.spec.model_copy(update={"crs": "EPSG:32633"})
    values = layer_evidence(EvidenceLayer(spec, layer.path), grid).array()
    assert np.array_equal(values[0], VARIED)


def test_declared_crs_that_is_none(grid, raster_layer):
    layer = raster_layer(VARIED, crs=None)
    spec = layer.spec.model_copy(update={"crs": "EPSG:nonsense"})
    message = refused(EvidenceLayer(spec, layer.path), grid)
    assert message == (
        "crs: 'EPSG:nonsense' is no coordinate reference system; give one such as EPSG:7845"
    )


def test_geographic_crs_when_reprojecting_is_forbidden(grid, raster_layer):
    layer = raster_layer(VARIED, crs="EPSG:4326", pixel=0.001, west=15.0, north=45.0)
    assert refused(layer, grid, reproject=False) == (
        "CRS EPSG:4326 is geographic; the grid is EPSG:32633. "
        "Reproject it, or set grid.reproject: true"
    )


def test_other_crs_when_reprojecting_is_forbidden(grid, raster_layer):
    assert refused(raster_layer(VARIED, crs="EPSG:32634"), grid, reproject=False) == (
        "CRS EPSG:32634 is not the grid's, EPSG:32633. Reproject it, or set grid.reproject: true"
    )


def test_other_crs_of_lines_when_reprojecting_is_forbidden(grid, vector_layer):
    line = shapely.LineString([(15, 45), (15.1, 45)])
    layer = vector_layer([line], kind="lines", crs="EPSG:4326")
    assert refused(layer, grid, reproject=False) == (
        "CRS EPSG:4326 is geographic; the grid is EPSG:32633. "
        "Reproject it, or set grid.reproject: true"
    )


def test_layer_outside_the_grid(grid, raster_layer):
    assert refused(raster_layer(VARIED, west=WEST + 10_000), grid) == (
        "lies outside the grid: it covers 510000..510500 by 4999600..5000000, the grid "
        "500000..500500 by 4999600..5000000 in EPSG:32633. Check its CRS, or grid.bounds"
    )


NO_PLACE = (
    "has no place in EPSG:32633: its coordinates do not fit its own CRS, as metres do not fit one "
    "of degrees. Correct the CRS in the file, or crs:, or exchanged x and y"
)


@pytest.mark.parametrize("kind", ["continuous", "lines", "polygons", "table"])
def test_metres_that_are_called_degrees(grid, raster_layer, vector_layer, tmp_path, kind):
    line = shapely.LineString([(WEST, NORTH), (WEST + 90, NORTH)])
    if kind == "continuous":
        layer = raster_layer(VARIED, crs="EPSG:4326")
    elif kind == "table":
        (tmp_path / "soil.csv").write_text(f"x,y,As\n{WEST},{NORTH},1\n{WEST + 99},{NORTH},2\n")
        spec = LayerSpec.declare("soil", kind="table", crs="EPSG:4326")
        layer = EvidenceLayer(spec, tmp_path / "soil.csv")
    else:
        shape = line if kind == "lines" else line.buffer(50)
        layer = vector_layer([shape], kind=kind, crs="EPSG:4326")
    assert refused(layer, grid) == NO_PLACE
    with pytest.raises(LayerError, match="has no place in EPSG:32633"):
        common_bounds([layer], CRS, 100.0)


def test_features_on_the_other_side_of_the_globe(grid, vector_layer, tmp_path):
    places = [(15.001, 45.152), (105.0, 0.0), (15.002, 45.153)]
    problem = "have no place in EPSG:32633 (row 2): they lie too far from it. Cut the layer to the"
    points = [shapely.Point(place) for place in places]
    layer = vector_layer(points, kind="points", crs="EPSG:4326")
    assert refused(layer, grid).startswith(f"1 of 3 features {problem}")
    pd.DataFrame(places, columns=["x", "y"]).assign(As=[1, 2, 3]).to_csv(tmp_path / "soil.csv")
    spec = LayerSpec.declare("soil", kind="table", crs="EPSG:4326", column="As")
    table = EvidenceLayer(spec, tmp_path / "soil.csv")
    assert refused(table, grid).startswith(f"1 of 3 samples {problem}")


def test_polygons_outside_the_grid(grid, vector_layer):
    layer = vector_layer([shapely.box(0, 0, 10, 10)], kind="polygons", name="granite")
    assert refused(layer, grid) == (
        "lies outside the grid: it covers 0..10 by 0..10, the grid "
        "500000..500500 by 4999600..5000000 in EPSG:32633. Check its CRS, or grid.bounds"
    )


ELSEWHERE = [(WEST + 2000, NORTH), (WEST + 3000, NORTH)]


@pytest.mark.parametrize(
    ("kind", "feature"),
    [("lines", shapely.LineString(ELSEWHERE)), ("points", shapely.MultiPoint(ELSEWHERE))],
)
def test_features_of_another_region(grid, vector_layer, kind, feature):
    layer = vector_layer([feature], kind=kind, derive=[{"density": [300.0]}])
    problem = (
        "lies more than 0.64 km outside the grid: it covers 502000..503000 by 5000000..5000000, "
        "the grid 500000..500500 by 4999600..5000000 in EPSG:32633. Check its CRS, or grid.bounds"
    )
    assert refused(layer, grid) == problem
    with pytest.raises(LayerError, match="km outside the grid"):
        check_layers([layer], grid)


@pytest.mark.parametrize("derive", ["neighbourhood", "density"])
def test_radii_wider_than_the_grid(grid, raster_layer, vector_layer, derive):
    """A disc of such a radius would not fit memory."""
    wanted = [{derive: [300.0, 1.5e6]}]
    line = shapely.LineString([(WEST, NORTH), (WEST + 300, NORTH - 300)])
    if derive == "density":
        layer = vector_layer([line], kind="lines", derive=wanted)
    else:
        layer = raster_layer(VARIED, derive=wanted)
    problem = (
        f"derive: {derive}: 1.5e+06 m is more than the grid is wide and high (640 m from corner to "
        "corner). Give a smaller radius, in metres"
    )
    assert refused(layer, grid) == problem
    with pytest.raises(LayerError, match="from corner to corner"):
        check_layers([layer], grid)


def test_a_line_beside_the_grid_has_a_distance(grid, vector_layer):
    line = shapely.LineString([(WEST + 1000, NORTH - 400), (WEST + 1000, NORTH)])
    distance = layer_evidence(vector_layer([line], kind="lines"), grid).array()[0]
    assert np.allclose(distance, np.arange(950, 500, -100))


def test_values_spread_onto_the_grid_from_beside_it(grid, vector_layer):
    points = [shapely.Point(WEST - 100, NORTH - at) for at in (50, 350)]
    fields = {"kind": "points", "attributes": {"Au": [1.0, 2.0]}, "column": "Au", "neighbours": 1}
    values = layer_evidence(vector_layer(points, max_distance=160.0, **fields), grid).array()[0]
    assert values[[0, 3], 0].tolist() == [1.0, 2.0]
    assert np.isfinite(values).sum() == 2
    far = vector_layer(points, max_distance=90.0, **fields)
    assert refused(far, grid).startswith("lies more than 0.09 km outside the grid: it covers ")


@pytest.mark.parametrize("kind", ["continuous", "categorical"])
def test_nothing_but_nodata(grid, raster_layer, kind):
    layer = raster_layer(np.full((4, 5), -9999.0), nodata=-9999.0, kind=kind)
    expected = "has no value on the grid. Check nodata, grid.bounds, or remove the layer"
    assert refused(layer, grid) == expected


def test_constant(grid, raster_layer):
    layer = raster_layer(np.full((4, 5), 7.5))
    assert refused(layer, grid) == ("is constant: every value on the grid is 7.5. Remove the layer")


def test_constant_class(grid, raster_layer):
    layer = raster_layer(np.full((4, 5), 3, dtype=np.uint8), kind="categorical")
    assert refused(layer, grid) == "is constant: every value on the grid is 1. Remove the layer"


def test_classes_declared_continuous(grid, raster_layer):
    codes = (np.arange(20).reshape(4, 5) % 7).astype(np.int16)
    assert refused(raster_layer(codes), grid) == (
        "is declared continuous and holds only 7 different integers (0, 1, 2, 3, 4, …), like a "
        "map of classes. Declare kind: categorical, or ordinal: true if its numbers are ranks or "
        "counts"
    )
    assert layer_evidence(raster_layer(codes, ordinal=True), grid).names == ("magnetics",)


def test_colour_table_declared_continuous(grid, raster_layer):
    codes = np.arange(100, dtype=np.uint8).reshape(10, 10)
    layer = raster_layer(codes, pixel=40.0, colours={1: (255, 0, 0)})
    assert refused(layer, grid).startswith("is declared continuous and has a colour table, ")


def test_attribute_table_declared_continuous(grid, raster_layer):
    layer = raster_layer(VARIED)
    layer.path.with_name("magnetics.tif.vat.dbf").write_bytes(b"")
    assert refused(layer, grid).startswith("is declared continuous and has an attribute table, ")


def test_values_declared_classes(grid, raster_layer):
    values = np.arange(20.0).reshape(4, 5) + 0.25
    assert refused(raster_layer(values, kind="categorical"), grid) == (
        "is declared categorical and holds 0.25, which is no class code. Declare kind: continuous"
    )


def test_too_many_classes(grid, raster_layer):
    codes = np.arange(900, dtype=np.int32).reshape(30, 30)
    assert refused(raster_layer(codes, pixel=10.0, kind="categorical"), grid) == (
        "is declared categorical and holds more than 500 different values. "
        "Declare kind: continuous, or group them with classes:"
    )


def test_columns_of_polygons_that_hold_no_classes(grid, vector_layer):
    cells = [shapely.box(WEST + x, NORTH - 1, WEST + x + 1, NORTH) for x in range(501)]
    names = {"name": [f"unit {number}" for number in range(501)]}
    wide, old = [shapely.box(WEST, NORTH - 400, WEST + 500, NORTH)], {"age": [0.5]}
    layer = vector_layer(wide, kind="polygons", column="age", classes={1: "old"}, attributes=old)
    assert refused(layer, grid) == (
        "is declared to have classes and holds 0.5, which is no class code. Remove classes"
    )
    layer = vector_layer(cells, kind="polygons", column="name", attributes=names)
    fine = make_grid(CRS, 1.0, (WEST, NORTH - 2, WEST + 501, NORTH))
    assert refused(layer, fine) == (
        "column 'name' holds more than 500 classes. Take a coarser one, or group them in it"
    )


def test_names_of_other_codes_than_there_are(grid, raster_layer):
    codes = np.tile(np.array([1, 2, 1, 2, 2], dtype=np.uint8), (4, 1))
    layer = raster_layer(codes, kind="categorical", classes={11: "granite", 12: "shale"})
    assert refused(layer, grid) == (
        "none of the codes on the grid (1, 2) has a name. Correct the codes under classes:, or in "
        "the attribute table"
    )


def test_classes_whose_bands_would_share_a_name(grid, raster_layer):
    codes = np.tile(np.array([1, 2], dtype=np.uint8), (4, 3))[:, :5]
    classes = {1: "Granite (A)", 2: "granite a"}
    assert refused(raster_layer(codes, kind="categorical", classes=classes), grid) == (
        "classes 'Granite (A)' and 'granite a' would give bands of one name. Rename one "
        "under classes:"
    )


def test_classes_of_a_column_are_told_apart_in_the_file(grid, vector_layer):
    halves = [shapely.box(WEST + x, NORTH - 400, WEST + x + 250, NORTH) for x in (0, 250)]
    rocks = {"rock": ["Gabbro?", "gabbro"]}
    layer = vector_layer(halves, kind="polygons", column="rock", attributes=rocks)
    assert refused(layer, grid) == (
        "classes 'Gabbro?' and 'gabbro' would give bands of one name. Rename one in column 'rock' "
        "of the file"
    )


def test_distance_to_a_class_that_is_not_there(grid, raster_layer):
    codes = np.tile(np.array([1, 2], dtype=np.uint8), (4, 3))[:, :5]
    layer = raster_layer(codes, kind="categorical", derive=[{"distance_to": ["granite"]}])
    assert refused(layer, grid) == (
        "derive: distance_to: there is no class 'granite' on the grid, only 1, 2"
    )


def test_attribute_column_without_attribute_table(grid, raster_layer):
    codes = np.tile(np.array([1, 2], dtype=np.uint8), (4, 3))[:, :5]
    layer = raster_layer(codes, kind="categorical", column="rock")
    expected = "column: rock needs an attribute table, magnetics.tif.vat.dbf, beside it"
    assert refused(layer, grid) == expected


TABLE = "magnetics.tif.vat.dbf"


@pytest.fixture
def coded(raster_layer):
    """Return a raster of the codes 1 to 3 whose attribute table has these columns."""

    def write(**columns) -> EvidenceLayer:
        codes = np.tile(np.array([1, 2, 3, 1, 2], dtype=np.uint8), (4, 1))
        layer = raster_layer(codes, kind="categorical", column="rock")
        path = layer.path.with_name(TABLE)
        pyogrio.write_dataframe(pd.DataFrame(columns), path, driver="ESRI Shapefile")
        return layer

    return write


@pytest.mark.parametrize("kept", [0, 31, 60, 200])
def test_damaged_attribute_table(grid, coded, kept):
    layer = coded(Value=[1, 2, 3], rock=["granite", "shale", "gneiss"])
    path = layer.path.with_name(TABLE)
    path.write_bytes(path.read_bytes()[:kept])
    message = refused(layer, grid)
    assert message.startswith(f"its attribute table, {TABLE}, cannot be read: ")
    assert message.endswith(
        "Write it anew with the program that made it, or remove it and name the codes with classes:"
    )
    with pytest.raises(LayerError, match="its attribute table"):
        check_layers([layer], grid)


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (
            {"code": [1, 2, 3], "rock": ["a", "b", "c"]},
            "has no column Value, of the codes. It has code, rock. Name them with classes:",
        ),
        ({"Value": [1, 2, 3], "name": ["a", "b", "c"]}, "has no column 'rock'. It has Value, name"),
        (
            {"Value": [1, 2.5, 3], "rock": ["a", "b", "c"]},
            "Value holds 2.5, which is no class code. Name them with classes:",
        ),
        (
            {"Value": ["1", "two", "3"], "rock": ["a", "b", "c"]},
            "column 'Value' holds text in 1 of 3 rows, e.g. 'two'. Replace it by a number, ",
        ),
        (
            {"Value": [1, 2, 1], "rock": ["a", "b", "c"]},
            "code 1 is both 'a' and 'c'. Keep one",
        ),
    ],
)
def test_attribute_tables_that_name_no_codes(grid, coded, columns, problem):
    layer = coded(**columns)
    with pytest.raises(LayerError) as caught:
        layer_evidence(layer, grid)
    start = f"layer 'magnetics' ({layer.path}), attribute table {TABLE}: {problem}"
    assert str(caught.value).startswith(start)


def test_codes_without_a_name_in_the_attribute_table(grid, coded):
    layer = coded(Value=[1, 2, None], rock=["granite", None, "shale"])
    assert layer_evidence(layer, grid).names == (
        "magnetics_granite",
        "magnetics_2",
        "magnetics_3",
    )


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_coordinates_that_are_not_finite(grid, vector_layer, wrong):
    with np.errstate(invalid="ignore"):
        lines = [shapely.LineString([(WEST, NORTH), (WEST + 1, n)]) for n in (0.0, wrong, wrong)]
    layer = vector_layer(lines, kind="lines")
    assert re.fullmatch(
        r"2 of 3 features have coordinates that are not finite \(rows 2, 3\)\. "
        r"Repair or remove them",
        refused(layer, grid),
    )


def test_features_of_another_kind(grid, vector_layer):
    layer = vector_layer([shapely.box(WEST, NORTH - 9, WEST + 9, NORTH)], kind="lines")
    assert refused(layer, grid) == (
        "is declared lines and holds Polygon features. Declare kind: polygons"
    )


def test_a_file_with_several_layers(grid, tmp_path):
    path = tmp_path / "map.gpkg"
    line = shapely.LineString([(WEST, NORTH), (WEST + 300, NORTH - 300)])
    for name, shape in (("mines", line.centroid), ("faults", line)):
        geopandas.GeoDataFrame(geometry=[shape], crs=CRS).to_file(path, layer=name)
    several, wrong, right = (
        EvidenceLayer(LayerSpec.declare("faults", kind="lines", **fields), path)
        for fields in ({}, {"file_layer": "fault"}, {"file_layer": "faults"})
    )
    assert refused(several, grid) == "holds several layers: mines, faults. Name one with file_layer"
    assert refused(wrong, grid) == (
        "has no layer 'fault' with a geometry, only mines, faults. Name another with file_layer"
    )
    assert layer_evidence(right, grid).names == ("faults_distance",)


def test_no_features(grid, vector_layer):
    layer = vector_layer([shapely.Point(WEST, NORTH)], kind="points")
    geopandas.read_file(layer.path).iloc[:0].to_file(layer.path)
    assert refused(layer, grid) == "has no features. Remove the layer, or check file_layer"


def test_missing_column(grid, vector_layer):
    box = shapely.box(WEST, NORTH - 300, WEST + 300, NORTH)
    layer = vector_layer([box], kind="polygons", column="rock", attributes={"unit": ["g"]})
    assert refused(layer, grid) == "has no column 'rock'. It has unit"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"Cu": [1.0, 2.0]}, "has no column 'Au'. It has Cu"),
        ({"Au": ["<0.5", "2"]}, "column 'Au' holds text in 1 of 2 rows, e.g. '<0.5'. Replace it "),
        ({"Au": [-1.0, -1.0]}, "column 'Au' has no numbers. Check column and nodata"),
    ],
)
def test_columns_of_points_are_looked_at_before_any_layer_is_aligned(
    grid, vector_layer, values, problem
):
    points = shapely.points([(WEST + 50, NORTH - 50), (WEST + 150, NORTH - 50)])
    fields = {"column": "Au", "max_distance": 100.0, "nodata": -1.0}
    layer = vector_layer(points, kind="points", attributes=values, **fields)
    with pytest.raises(LayerError) as caught:
        check_layers([layer], grid)
    assert problem in str(caught.value)


NEED_CLASSES = (
    "cannot be had: column 'age' holds numbers. Name them with classes:, or take a column of text"
)
NEED_NUMBERS = "cannot be had: column 'rock' holds classes. Remove it, or take a column of numbers"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            {"column": "age", "derive": ["contacts", {"distance_to": ["granite"]}]},
            f"derive: contacts, derive: distance_to {NEED_CLASSES}",
        ),
        ({"column": "age", "min_fraction": 0.1}, f"min_fraction {NEED_CLASSES}"),
        ({"column": "rock", "derive": ["gradient"]}, f"derive: gradient {NEED_NUMBERS}"),
        (
            {"column": "age", "classes": {1: "a", 2: "b"}, "derive": [{"neighbourhood": [300]}]},
            f"derive: neighbourhood {NEED_NUMBERS.replace('rock', 'age')}",
        ),
        (
            {"column": "rock", "classes": {1: "granite"}},
            "classes: names codes, and column 'rock' holds names already. Remove classes, or "
            "rename them in the file",
        ),
    ],
)
def test_what_the_column_of_polygons_cannot_give(grid, vector_layer, fields, problem):
    halves = [shapely.box(WEST + x, NORTH - 400, WEST + x + 250, NORTH) for x in (0, 250)]
    table = {"rock": ["granite", "shale"], "age": [1, 2]}
    layer = vector_layer(halves, kind="polygons", attributes=table, **fields)
    assert refused(layer, grid) == problem
    with pytest.raises(LayerError, match=re.escape(problem)):
        check_layers([layer], grid)
