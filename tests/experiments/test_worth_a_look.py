"""What wants a look: values that hide what is missing, pixels too coarse for the cells."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_bounds
from rasterio.warp import transform_bounds

from mineral_prospectivity.experiments.worth_a_look import doubtful_layer
from mineral_prospectivity.geo.grid import cell_centres, make_grid
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec

CRS = "EPSG:32633"
BOUNDS = (500_000.0, 5_200_000.0, 504_000.0, 5_203_000.0)
GRID = make_grid(CRS, 100.0, BOUNDS)
RNG = np.random.default_rng(2)
FIELD = RNG.normal(500, 100, (30, 40)).astype("float32")


def raster(path, values, crs=CRS, **fields):
    """Write a raster that covers the grid, and declare it."""
    height, width = values.shape
    place = from_bounds(*transform_bounds(CRS, crs, *BOUNDS), width, height)
    profile = {"driver": "GTiff", "height": height, "width": width, "count": 1}
    with rasterio.open(path, "w", **profile, dtype=values.dtype, crs=crs, transform=place) as file:
        file.write(values, 1)
    return EvidenceLayer(LayerSpec.declare("gravity", kind="continuous", **fields), path)


@pytest.mark.parametrize("nodata", [-9999.0, -9999.9, -1e32, -3.4028235e38])
@pytest.mark.parametrize("declared", [None, -3.40282e38])
def test_the_advice_is_what_the_file_holds(tmp_path, nodata, declared):
    values = np.where(np.arange(30)[:, None] < 8, nodata, FIELD).astype("float32")
    (said,) = doubtful_layer(raster(tmp_path / "a.tif", values, nodata=declared), GRID)
    assert ("though nodata: -3.40282e+38 is declared" in said) is (declared is not None)
    advised = float(re.search(r"declare nodata: ([^;]+)", said)[1])
    assert doubtful_layer(raster(tmp_path / "a.tif", values, nodata=advised), GRID) == []


def test_a_declared_value_that_the_band_cannot_hold(tmp_path):
    codes = (FIELD / 4).astype("uint8")
    (said,) = doubtful_layer(raster(tmp_path / "codes.tif", codes, nodata=-9999), GRID)
    assert said.endswith(
        "nodata: -9999 is no value that uint8 can hold. Correct it, or delete the line"
    )
    assert doubtful_layer(raster(tmp_path / "codes.tif", codes, nodata=0), GRID) == []


@pytest.mark.parametrize("name", ["soil.gpkg", "soil.csv"])
def test_samples_that_hide_nodata(tmp_path, name):
    x, y = RNG.uniform(BOUNDS[0], BOUNDS[2], 60), RNG.uniform(BOUNDS[1], BOUNDS[3], 60)
    copper = np.r_[RNG.uniform(1, 90, 45), 15 * [-9999.0]]
    frame = gpd.GeoDataFrame({"cu": copper}, geometry=gpd.points_from_xy(x, y), crs=CRS)
    fields = {"kind": "points", "max_distance": 500.0}
    if name == "soil.gpkg":
        frame.to_file(tmp_path / name)
    else:
        fields = {"kind": "table", "crs": CRS}
        frame.drop(columns="geometry").assign(x=x, y=y).to_csv(tmp_path / name, index=False)
    layer = EvidenceLayer(LayerSpec.declare("soil", column="cu", **fields), tmp_path / name)
    said = (
        f"layer 'soil' ({tmp_path / name}): column 'cu': 25 % of the values are -9999, which often "
        "means none, and all others lie far from it. If so, declare nodata: -9999"
    )
    assert said in doubtful_layer(layer, GRID)
    spec = layer.spec.model_copy(update={"nodata": -9999.0})
    assert not any(
        "means none" in one for one in doubtful_layer(EvidenceLayer(spec, layer.path), GRID)
    )


@pytest.mark.parametrize("crs", [CRS, "EPSG:32634"])
def test_a_table_with_samples_in_few_cells_is_told_how_to_spread_them(tmp_path, crs):
    x, y = cell_centres(GRID, np.arange(GRID.shape.x * GRID.shape.y))
    points = gpd.GeoSeries.from_xy(x, y, crs=CRS).to_crs(crs)
    samples = pd.DataFrame({"x": points.x, "y": points.y, "cu": RNG.uniform(1, 90, len(x))})
    spec = LayerSpec.declare("soil", kind="table", crs=crs)
    layer = EvidenceLayer(spec, tmp_path / "soil.csv")

    few = samples.iloc[:108]
    pd.concat([few, few]).to_csv(layer.path, index=False)
    assert doubtful_layer(layer, GRID) == [
        f"layer 'soil' ({layer.path}): samples of a table count only in the cells they lie in, "
        "9% of the grid. To spread them between, declare max_distance: no value is spread "
        "farther, m"
    ]
    samples.to_csv(layer.path, index=False)
    assert doubtful_layer(layer, GRID) == []


def test_points_far_apart_are_told(tmp_path):
    spec = LayerSpec.declare("soil", kind="points", column="cu", max_distance=900.0)
    layer = EvidenceLayer(spec, tmp_path / "soil.gpkg")
    x, y = cell_centres(GRID, np.arange(GRID.shape.x * GRID.shape.y))
    copper, places = RNG.random(x.size), gpd.points_from_xy(x, y)
    samples = gpd.GeoDataFrame({"cu": copper}, geometry=places, crs=CRS)
    samples.iloc[:: x.size // 3].to_file(layer.path)
    (said,) = doubtful_layer(layer, GRID)
    assert "'soil'" in said
    assert "samples lie in 0.2% of the cells, about 2 km from one another" in said
    samples.to_file(layer.path)
    assert doubtful_layer(layer, GRID) == []


@pytest.mark.parametrize("crs", [CRS, "EPSG:32634", "EPSG:4326"])
def test_pixels_much_coarser_than_the_cells(tmp_path, crs):
    coarse = raster(tmp_path / "coarse.tif", FIELD[::10, ::10], crs)
    (said,) = doubtful_layer(coarse, GRID)
    size = re.search(r"its pixels of (\S+) m are much coarser than the cells of 100 m", said)[1]
    assert 950 < float(size) < 1300
    assert doubtful_layer(raster(tmp_path / "fine.tif", FIELD, crs), GRID) == []
