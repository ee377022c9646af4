"""Tables of samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from mineral_prospectivity.errors import ConfigurationError, LayerError
from mineral_prospectivity.geo.evidence import layer_evidence
from mineral_prospectivity.geo.extent import common_bounds
from mineral_prospectivity.geo.formats import read_table_file
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec

from .conftest import CRS, NORTH, WEST

SAMPLES = pd.DataFrame(
    {
        "x": [WEST + 10, WEST + 90, WEST + 450, WEST + 9999],
        "y": [NORTH - 10, NORTH - 90, NORTH - 350, NORTH - 10],
        "cu": [1.0, 3.0, 7.0, 100.0],
        "zn": [2.0, np.nan, 8.0, 100.0],
        "lab": ["a", "b", "c", "d"],
    }
)


def table_layer(path, **fields):
    fields = {"crs": CRS, "unit": "ppm", **fields}
    return EvidenceLayer(LayerSpec.declare("soil", kind="table", **fields), path)


@pytest.fixture(params=[".parquet", ".csv"])
def table(request, tmp_path):
    path = tmp_path / f"soil{request.param}"
    write = SAMPLES.to_parquet if request.param == ".parquet" else SAMPLES.to_csv
    write(path, index=False)
    return path


def test_means_of_the_samples_in_a_cell(table, grid):
    raster = layer_evidence(table_layer(table), grid)
    assert raster.names == ("soil_cu", "soil_zn")
    assert {band.unit for band in raster.bands} == {"ppm"}
    values = raster.array()
    assert values[:, 0, 0].tolist() == [2, 2]
    assert values[:, 3, 4].tolist() == [7, 8]
    assert np.isfinite(values).sum() == 4


def test_values_are_spread_between_samples_as_far_as_declared(table, grid, vector_layer):
    spread = table_layer(table, max_distance=150.0, neighbours=2)
    raster = layer_evidence(spread, grid)
    values = raster.array()
    assert raster.names == ("soil_cu", "soil_zn")
    assert raster.bands[0].description == "Mean of cu at the 2 nearest points"
    assert values[0, 0, 0] == 2  # of the samples of 1 and 3
    assert values[1, 0, 0] == 5  # one of them has no zinc: the next that has some is far off
    assert np.isnan(values[:, 0, 3]).all()  # 210 m from the nearest
    points = [shapely.Point(*at) for at in SAMPLES[["x", "y"]].to_numpy()]
    same = vector_layer(
        points, kind="points", attributes={"cu": SAMPLES["cu"]}, column="cu", max_distance=150.0,
        neighbours=2,
    )  # fmt: skip
    np.testing.assert_array_equal(layer_evidence(same, grid).array()[0], values[0])


def test_spread_samples_reach_as_far_as_they_count(table):
    layer = table_layer(table, column="cu", max_distance=200.0)
    west, south, east, north = common_bounds([layer], CRS, 10.0)
    assert (west, north) == (WEST + 10 - 200, NORTH - 10 + 200)
    assert (east, south) == (WEST + 9999 + 200 - 9, NORTH - 350 - 200)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"neighbours": 3}, "neighbours means nothing for kind: table without a max_distance"),
        ({"max_distance": 0.0}, "max_distance = 0.0: input should be greater than 0"),
    ],
)
def test_spreading_that_cannot_be(table, fields, said):
    with pytest.raises(ConfigurationError, match=said):
        table_layer(table, **fields)


def test_a_column_without_numbers_is_not_spread(table, grid):
    empty = table.with_name(f"empty{table.suffix}")
    frame = SAMPLES.assign(cu=-1.0)
    frame.to_parquet(empty) if table.suffix == ".parquet" else frame.to_csv(empty)
    layer = table_layer(empty, column="cu", max_distance=100.0, nodata=-1.0)
    with pytest.raises(LayerError, match="column 'cu' has no numbers"):
        layer_evidence(layer, grid)


def test_one_column_takes_the_name_of_the_layer(table, grid):
    assert layer_evidence(table_layer(table, column="cu"), grid).names == ("soil",)


def test_tables_as_spreadsheets_of_europe_write_them(tmp_path, grid):
    path = tmp_path / "soil.csv"
    samples = SAMPLES.rename(columns={"lab": "Künstlich"})
    samples.to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252")
    assert "1,0" in path.read_text(encoding="cp1252")
    expected = tmp_path / "plain.csv"
    SAMPLES.to_csv(expected, index=False)
    read, plain = (layer_evidence(table_layer(one), grid) for one in (path, expected))
    assert read.names == plain.names
    np.testing.assert_array_equal(read.array(), plain.array())


def test_only_what_is_no_number_is_named_of_a_table_with_decimal_commas(tmp_path, grid):
    path = tmp_path / "soil.csv"
    samples = SAMPLES.assign(cu=["1,40", "<0,5", "-7,5", "2"], lab=["1,4", "a", "b", "c"])
    samples.to_csv(path, index=False, sep=";", decimal=",")
    with pytest.raises(LayerError) as caught:
        layer_evidence(table_layer(path), grid)
    assert str(caught.value) == (
        f"layer 'soil' ({path}): column 'cu' holds text in 1 of 4 rows, e.g. '<0,5'. Replace it by "
        "a number (half the detection limit is usual)"
    )
    assert read_table_file(path)["lab"].tolist() == ["1,4", "a", "b", "c"]


def test_windows_of_tables(table, grid):
    raster = layer_evidence(table_layer(table), grid)
    whole = raster.array()
    for window, values in raster.blocks(size=2):
        assert np.array_equal(values, whole[(slice(None), *window.slices)], equal_nan=True)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"column": "au"}, "has no column 'au'. It has cu, zn, lab"),
        ({"x": "easting"}, "has no column 'easting'. It has x, y, cu, zn, lab"),
        (
            {"column": "lab"},
            "column 'lab' holds text, such as 'a', not numbers. Name another column",
        ),
        (
            {"crs": None},
            "has no CRS. Declare it in the catalog entry, for example crs: EPSG:7845",
        ),
    ],
)
def test_tables_that_cannot_be_used(table, grid, fields, problem):
    layer = table_layer(table, **fields)
    with pytest.raises(LayerError) as caught:
        layer_evidence(layer, grid)
    assert str(caught.value) == f"layer 'soil' ({table}): {problem}"


def samples(path, **columns):
    """Write two samples in two cells, and declare them."""
    places = {"x": [WEST + 50, WEST + 150], "y": [NORTH - 50, NORTH - 50]}
    pd.DataFrame({**places, **columns}).to_csv(path / "soil.csv", index=False)
    return path / "soil.csv"


@pytest.mark.parametrize(
    ("columns", "fields", "problem"),
    [
        (
            {"As": [1, 2], "Cu": [-9, -9]},
            {"nodata": -9},
            "band 'soil_Cu' has no value on the grid. Check nodata and grid.bounds, or leave out "
            "the column or derive that asks for it",
        ),
        (
            {"As": [1, 2], "Cu": ["", ""], "Au": ["", ""]},
            {"column": ["As", "Cu", "Au"]},
            "bands soil_Cu, soil_Au have no value on the grid. Check ",
        ),
        (
            {"As": [1, 1], "Cu": [2.5, 2.5]},
            {},
            "is constant: every band has one value on the grid (soil_As 1, soil_Cu 2.5). Remove "
            "the layer",
        ),
    ],
)
def test_columns_without_a_value_or_with_one(tmp_path, grid, columns, fields, problem):
    with pytest.raises(LayerError) as caught:
        layer_evidence(table_layer(samples(tmp_path, **columns), **fields), grid)
    assert problem in str(caught.value)


def test_spaces_after_the_commas_of_a_table(tmp_path, grid):
    path = tmp_path / "soil.csv"
    path.write_text(f"x, y, As\n{WEST + 50}, {NORTH - 50}, 1\n{WEST + 150}, {NORTH - 50}, 2\n")
    assert layer_evidence(table_layer(path), grid).array()[0, 0, :2].tolist() == [1, 2]


def test_columns_without_numbers_are_left_out_unless_named(tmp_path, grid):
    path = samples(tmp_path, As=[1, 2], Cu=["", ""])
    assert layer_evidence(table_layer(path), grid).names == ("soil_As",)


def test_samples_around_the_grid_only(tmp_path, grid):
    path = tmp_path / "soil.csv"
    SAMPLES.assign(x=[WEST - 50, WEST - 50, WEST + 550, WEST + 550]).to_csv(path, index=False)
    with pytest.raises(LayerError, match=r"has no sample on the grid\. Check its CRS, or grid\.b"):
        layer_evidence(table_layer(path), grid)


@pytest.mark.parametrize(
    ("x", "problem"),
    [
        (
            [np.nan, WEST, np.inf, WEST],
            "2 of 4 samples have coordinates that are not finite (rows 1, 3). Repair or remove "
            "them",
        ),
        (
            ["500010,5", "500090,5", "500450", "509999"],
            "column 'x' holds text in 2 of 4 rows, e.g. '500010,5'. Write numbers with a decimal "
            "point, and without commas",
        ),
    ],
)
def test_coordinates_that_are_none(tmp_path, grid, x, problem):
    path = tmp_path / "soil.csv"
    SAMPLES.assign(x=x).to_csv(path, index=False)
    with pytest.raises(LayerError) as caught:
        layer_evidence(table_layer(path), grid)
    assert str(caught.value) == f"layer 'soil' ({path}): {problem}"


def test_names_of_columns_without_rows(tmp_path, grid):
    path = tmp_path / "SOIL.CSV"
    SAMPLES[:0].to_csv(path, index=False)
    layer = table_layer(path)
    for use in (lambda: layer_evidence(layer, grid), lambda: common_bounds([layer], CRS, 100.0)):
        with pytest.raises(LayerError, match=r"has no samples\. Give a row for each, or remove"):
            use()
