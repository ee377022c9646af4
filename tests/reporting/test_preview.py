"""Previews show what is there, whatever the layer is."""

from __future__ import annotations

import base64
import io

import geopandas as gpd
import numpy as np
import pytest
from matplotlib.image import imread
from shapely.geometry import LineString, Point

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.geotiff import write_geotiff
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.reporting.preview import layer_preview, raster_preview

CRS = "EPSG:32633"
GRID = make_grid(CRS, 500.0, (0, 0, 20_000, 10_000))


def pixels(preview):
    return imread(io.BytesIO(base64.b64decode(preview)))[..., :3]


def holds(picture, colour):
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return bool((np.abs(picture - wanted) < 0.01).all(axis=-1).sum() > 100)


def raster(values, **options):
    bands = (Band("magnetics", unit="nT", description="Total intensity"),)
    stack = np.asarray(values)[None]
    return Raster(GRID, bands, lambda window: stack[:, *window.slices], **options)


def declared(path, kind, **fields):
    return EvidenceLayer(LayerSpec.declare("magnetics", kind=kind, **fields), path)


def test_categories_keep_their_colours():
    codes = np.where(np.arange(40) < 20, 1, 2)[None].repeat(20, axis=0).astype(np.uint8)
    picture = pixels(
        raster_preview(
            raster(
                codes,
                categories=((1, "schist"), (2, "granite")),
                colours=((1, "#123456"), (2, "#fedcba")),
            )
        )
    )

    assert holds(picture, "#123456")
    assert holds(picture, "#fedcba")


def test_a_raster_without_any_value_is_grey():
    assert holds(pixels(raster_preview(raster(np.full((20, 40), np.nan)))), "#f4f4f4")


def test_declared_nodata_is_left_blank(tmp_path):
    values = np.full((20, 40), -9999.0, dtype=np.float32)
    values[:, :5] = 3.0
    write_geotiff(raster(values), tmp_path / "magnetics.tif")

    with_nodata = layer_preview(declared(tmp_path / "magnetics.tif", "continuous", nodata=-9999))
    without = layer_preview(declared(tmp_path / "magnetics.tif", "continuous"))

    assert holds(pixels(with_nodata), "#f4f4f4")
    assert not holds(pixels(without), "#f4f4f4")


@pytest.mark.parametrize(
    ("kind", "geometry"),
    [("lines", LineString([(0, 0), (9000, 9000)])), ("points", Point(1000, 2000))],
)
def test_features_are_drawn(tmp_path, kind, geometry):
    path = tmp_path / "features.gpkg"
    gpd.GeoDataFrame(geometry=[geometry], crs=CRS).to_file(path)

    picture = pixels(layer_preview(declared(path, kind)))

    assert (picture.min(axis=-1) < 0.9).any()
