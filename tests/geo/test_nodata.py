"""What a file says and what its layer declares to be none is missing, however it is read."""

from __future__ import annotations

from dataclasses import replace

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

from mineral_prospectivity.errors import ConfigurationError, LayerError
from mineral_prospectivity.geo.evidence import layer_evidence
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec

from .conftest import CRS, NORTH, WEST

RNG = np.random.default_rng(5)
FIELD = RNG.normal(50, 10, size=(60, 60))
OWN, DECLARED = RNG.random((2, 60, 60)) < 0.1
EAST_ZONE = "EPSG:32634"
TURNED = Affine(20, 5, WEST - 400, 5, -20, NORTH + 300)


def values_of(layer, grid):
    return layer_evidence(layer, grid).array()[0]


def declared(layer, **fields):
    return replace(layer, spec=layer.spec.model_copy(update=fields))


def placed(crs, pixel):
    """Return what puts the field about the grid: another CRS, or turned against it."""
    if crs == "turned":
        return {"crs": CRS, "transform": TURNED @ Affine.scale(pixel / 20)}
    if crs == CRS:
        return {"pixel": pixel, "west": WEST - 30 * pixel, "north": NORTH + 30 * pixel}
    points = geopandas.GeoSeries([shapely.Point(WEST + 250, NORTH - 200)], crs=CRS).to_crs(crs)
    return {
        "crs": crs,
        "pixel": pixel,
        "west": points.x[0] - 30 * pixel,
        "north": points.y[0] + 30 * pixel,
    }


@pytest.mark.parametrize("crs", [CRS, EAST_ZONE])
@pytest.mark.parametrize("nodata", [-1e32, -9999.9, -3.4028235e38, -3.4028234663852886e38])
def test_a_declared_value_means_what_the_band_holds(grid, raster_layer, crs, nodata):
    field = np.where(DECLARED, nodata, FIELD).astype(np.float32)
    layer = declared(raster_layer(field, **placed(crs, 20.0)), nodata=nodata)
    known = raster_layer(np.where(DECLARED, np.nan, field), **placed(crs, 20.0), name="known")
    assert np.array_equal(values_of(layer, grid), values_of(known, grid), equal_nan=True)


@pytest.mark.parametrize("dtype", ["float32", "int16"])
@pytest.mark.parametrize("crs", [CRS, EAST_ZONE, "turned"])
@pytest.mark.parametrize("sampled", [(20.0, "average"), (110.0, "bilinear"), (110.0, "nearest")])
def test_the_files_own_and_the_declared_value_are_both_none(
    grid, raster_layer, dtype, crs, sampled
):
    pixel, resampling = sampled
    field = np.where(OWN, -9999, np.where(DECLARED, 0, FIELD)).astype(dtype)
    place = placed(crs, pixel)
    layer = declared(raster_layer(field, nodata=-9999, **place), nodata=0, resampling=resampling)
    nowhere = np.where(OWN | DECLARED, np.nan, field.astype(np.float64))
    known = declared(raster_layer(nowhere, **place, name="known"), resampling=resampling)
    values = values_of(layer, grid)
    assert np.nanmin(values) > 0
    assert np.array_equal(values, values_of(known, grid), equal_nan=True)


BEYOND = [np.inf, -np.inf, -np.finfo(np.float64).max, 1e39]


@pytest.mark.parametrize("crs", [CRS, EAST_ZONE, "turned"])
@pytest.mark.parametrize("value", BEYOND)
def test_what_evidence_cannot_hold_is_none(grid, raster_layer, crs, value):
    place = placed(crs, 20.0)
    layer = raster_layer(np.where(OWN, value, FIELD), **place)
    known = raster_layer(np.where(OWN, np.nan, FIELD), **place, name="known")
    assert np.array_equal(values_of(layer, grid), values_of(known, grid), equal_nan=True)


@pytest.mark.parametrize("value", BEYOND)
def test_what_evidence_cannot_hold_is_none_in_columns(grid, vector_layer, tmp_path, value):
    points = [shapely.Point(WEST + 50 + 100 * n, NORTH - 50) for n in range(3)]
    held = {"attributes": {"As": [1.0, value, 3.0]}, "column": "As"}
    spread = vector_layer(points, kind="points", max_distance=40.0, neighbours=1, **held)
    zones = vector_layer(shapely.buffer(points, 40), kind="polygons", name="zones", **held)
    path = tmp_path / "soil.csv"
    places = {"x": [point.x for point in points], "y": [point.y for point in points]}
    pd.DataFrame({**places, "As": [1.0, value, 3.0]}).to_csv(path, index=False)
    table = EvidenceLayer(LayerSpec.declare("soil", kind="table", crs=CRS), path)
    for layer in (spread, zones, table):
        row = values_of(layer, grid)[0]
        assert np.array_equal(row, [1, np.nan, 3, np.nan, np.nan], equal_nan=True)


@pytest.mark.parametrize("crs", [CRS, EAST_ZONE])
def test_a_mask_of_the_file_is_heeded(grid, raster_layer, crs):
    field = np.where(OWN, 1e6, FIELD)
    layer = raster_layer(field, **placed(crs, 20.0))
    with rasterio.open(layer.path, "r+") as file:
        file.write_mask(~OWN)
    assert np.nanmax(values_of(layer, grid)) < 100


def test_a_file_of_any_name_is_warped(grid, raster_layer):
    layer = declared(raster_layer(FIELD, **placed(EAST_ZONE, 20.0)), nodata=0)
    path = layer.path.rename(layer.path.with_name("Größe & 'm' <1> {2}.tif"))
    assert np.isfinite(values_of(replace(layer, path=path), grid)).all()


def measured(path, frame, **fields):
    """Write points with values, and declare them as the layer that the name of the file says."""
    if path.suffix in (".csv", ".parquet"):
        write = frame.to_csv if path.suffix == ".csv" else frame.to_parquet
        write(path, index=False)
        return EvidenceLayer(LayerSpec.declare("soil", kind="table", crs=CRS, **fields), path)
    points = geopandas.points_from_xy(frame["x"], frame["y"])
    geopandas.GeoDataFrame(frame, geometry=points, crs=CRS).to_file(path)
    spec = LayerSpec.declare("soil", kind="points", max_distance=80.0, neighbours=1, **fields)
    return EvidenceLayer(spec, path)


def samples(values):
    at = 50 + 100 * np.arange(len(values))
    return pd.DataFrame({"x": WEST + at, "y": NORTH - 50, "Cu": values})


@pytest.mark.parametrize("name", ["soil.csv", "soil.parquet", "soil.gpkg"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int32"])
def test_a_declared_value_of_samples_is_none(grid, tmp_path, name, dtype):
    nodata = -9999 if dtype == "int32" else -9999.9
    frame = samples(np.array([3, nodata, 7, 9], dtype=dtype))
    layer = measured(tmp_path / name, frame, column="Cu", nodata=nodata)
    assert np.array_equal(values_of(layer, grid)[0], [3, np.nan, 7, 9, np.nan], equal_nan=True)


def test_a_declared_value_of_polygons_is_none(grid, vector_layer):
    boxes = [shapely.box(WEST + 100 * n, NORTH - 400, WEST + 100 * n + 100, NORTH) for n in (0, 2)]
    options = {"kind": "polygons", "name": "age", "column": "ma"}
    layer = vector_layer(
        [*boxes, shapely.box(WEST + 300, NORTH - 400, WEST + 500, NORTH)],
        attributes={"ma": [400.0, -1.0, 1600.0]},
        nodata=-1,
        **options,
    )
    expected = [400, np.nan, np.nan, 1600, 1600]
    assert np.array_equal(values_of(layer, grid)[0], expected, equal_nan=True)
    rocks = vector_layer(boxes, attributes={"ma": ["old", "young"]}, nodata=-1, **options)
    with pytest.raises(LayerError, match=r"nodata: -1 is a number, and column 'ma' holds text"):
        layer_evidence(rocks, grid)


def test_a_value_of_no_column_cannot_be_declared():
    with pytest.raises(ConfigurationError, match=r"declare column, or remove nodata$"):
        LayerSpec.declare("wells", kind="points", nodata=-1)


HALF = "Replace it by a number (half the detection limit is usual)"
POINT = "Write numbers with a decimal point, and without commas"
EMPTY = "Replace it by a number, leave it empty, or take other columns with column:"


@pytest.mark.parametrize("name", ["soil.csv", "soil.parquet", "soil.gpkg"])
@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (["<0.5", "1.5", "", "<0.5"], f"holds text in 2 of 4 rows, e.g. '<0.5'. {HALF}"),
        (["0,5", "1,5", "7", "8,5"], f"holds text in 3 of 4 rows, e.g. '0,5'. {POINT}"),
        (["1", "bdl", "bdl", "2"], f"holds text in 2 of 4 rows, e.g. 'bdl'. {EMPTY}"),
        (
            ["red", "green", "", "red"],
            "holds text, such as 'red', not numbers. Name another column",
        ),
    ],
)
def test_text_among_numbers_is_refused(grid, tmp_path, name, values, problem):
    layer = measured(tmp_path / name, samples(values), column="Cu")
    with pytest.raises(LayerError) as caught:
        layer_evidence(layer, grid)
    assert str(caught.value) == f"{layer.label}: column 'Cu' {problem}"


def test_a_column_of_a_table_is_not_lost_for_a_few_words(grid, tmp_path):
    frame = samples(["<0.5", "1.5", "7", "8"]).assign(Zn=[1, 2, 3, 4], lab=["a", "b", "c", "d"])
    with pytest.raises(LayerError, match=r"column 'Cu' holds text in 1 of 4 rows, e\.g\. '<0\.5'"):
        layer_evidence(measured(tmp_path / "soil.csv", frame), grid)
    assert layer_evidence(measured(tmp_path / "soil.csv", frame, column=["Zn"]), grid).names == (
        "soil",
    )


@pytest.mark.parametrize("name", ["soil.parquet", "soil.gpkg"])
def test_numbers_written_as_text_are_numbers(grid, tmp_path, name):
    layer = measured(tmp_path / name, samples(["1.5", "", " 7", "NA"]), column="Cu")
    expected = [1.5, np.nan, 7, np.nan, np.nan]
    assert np.array_equal(values_of(layer, grid)[0], expected, equal_nan=True)
