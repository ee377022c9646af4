"""A small folder of layers with deposits beside it, made where a test wants it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine

from mineral_prospectivity.experiments.draft import draft_experiment
from mineral_prospectivity.experiments.folder import look_at_folder

CRS = "EPSG:32633"
TRANSFORM = Affine.translation(500_000, 5_236_000) @ Affine.scale(500, -500)
RNG = np.random.default_rng(1)
FIELD = RNG.standard_normal((72, 80))


def raster(path, *bands, crs=CRS, dtype="float32", transform=TRANSFORM, **profile):
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=72,
        width=80,
        count=len(bands),
        dtype=dtype,
        crs=crs,
        transform=transform,
        **profile,
    ) as file:
        for number, values in enumerate(bands, start=1):
            file.write(values.astype(dtype), number)


def sites(count=40):
    points = shapely.points(
        RNG.uniform(501_000, 539_000, count), RNG.uniform(5_201_000, 5_235_000, count)
    )
    return gpd.GeoDataFrame(
        {"STATUS": np.resize(["Mine", "Prospect"], count), "ID": np.arange(count)},
        geometry=points,
        crs=CRS,
    )


def looked(folder):
    found, left_out = look_at_folder(folder, folder.parent / "deposits.gpkg")
    return {one.name: one for one in found}, {one.path.name: one.why for one in left_out}


def drafted(folder, **given):
    return draft_experiment(
        "lake", folder, folder.parent / "deposits.gpkg", folder.parent / "raw", **given
    )


def mosaic(path, *tiles):
    """Write a virtual raster that shows its tiles, named as seen from it."""
    sources = "".join(
        f'<SimpleSource><SourceFilename relativeToVRT="1">{tile}</SourceFilename>'
        "<SourceBand>1</SourceBand></SimpleSource>"
        for tile in tiles
    )
    place = ",".join(map(str, TRANSFORM.to_gdal()))
    path.write_text(
        f'<VRTDataset rasterXSize="80" rasterYSize="72"><SRS>{CRS}</SRS>'
        f"<GeoTransform>{place}</GeoTransform>"
        f'<VRTRasterBand dataType="Float32" band="1">{sources}</VRTRasterBand></VRTDataset>'
    )
