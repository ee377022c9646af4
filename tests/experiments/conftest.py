"""A folder as a survey geologist would have it: another CRS, odd names, odd nodata."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from kedro.framework.startup import bootstrap_project
from rasterio.features import shapes
from rasterio.warp import Resampling, calculate_default_transform, reproject

from mineral_prospectivity.simulation import simulate_region, write_region

from .small import FIELD, raster, sites

PROJECT = Path(__file__).parents[2]
UTM = "EPSG:32634"
ROCKS = {
    1: "Siltstein",
    2: "Песчаник",
    3: "Schwarzschiefer (größtenteils)",
    4: "Métabasite",
    5: "Kalk",
    6: "Granit",
}


@pytest.fixture(autouse=True, scope="session")
def _project():
    bootstrap_project(PROJECT)


def warped(source, target, nodata, *, declared=True, crs=UTM):
    """Write a raster in another CRS with another nodata value, declared or not."""
    with rasterio.open(source) as file:
        transform, width, height = calculate_default_transform(
            file.crs, crs, file.width, file.height, *file.bounds
        )
        values = np.full((height, width), np.nan, "float32")
        reproject(
            rasterio.band(file, 1),
            values,
            dst_transform=transform,
            dst_crs=crs,
            dst_nodata=np.nan,
            resampling=Resampling.nearest,
        )
    values[np.isnan(values)] = nodata
    profile = {"driver": "GTiff", "height": height, "width": width, "count": 1}
    with rasterio.open(
        target,
        "w",
        **profile,
        dtype=values.dtype,
        crs=crs,
        transform=transform,
        nodata=nodata if declared else None,
    ) as file:
        file.write(values, 1)


def polygons_of(source, target):
    """Write a raster of classes as polygons with a text attribute."""
    with rasterio.open(source) as file:
        found = [
            (shapely.geometry.shape(shape), ROCKS[int(code)])
            for shape, code in shapes(
                file.read(1), mask=file.read_masks(1), transform=file.transform
            )
        ]
        crs = file.crs
    frame = gpd.GeoDataFrame(
        {"GESTEIN": [name for _, name in found]}, geometry=[g for g, _ in found]
    )
    frame["BEARBEITER"] = "N. N."
    frame.set_crs(crs).to_crs(UTM).to_file(target)


def make_folder(folder, shape=(72, 80), prevalence=0.008, seed=23):
    """Draw a region, and spoil it as the world does; return its layers and deposits."""
    drawn, layers = folder / "drawn", folder / "Ebenen"
    write_region(simulate_region(seed, shape=shape, prevalence=prevalence), drawn)
    layers.mkdir()
    warped(drawn / "magnetics.tif", layers / "TMI RTP (nT).tif", -9999.0, declared=False)
    warped(drawn / "gravity.tif", layers / "Schwere.tif", 1e20)
    warped(drawn / "potassium.tif", layers / "K_pct.tif", 0.0, declared=False)
    polygons_of(drawn / "lithology.tif", layers / "Geologie.gpkg")
    gpd.read_file(drawn / "faults.gpkg").to_crs(UTM).to_file(layers / "Störungen.shp")
    (layers / "readme.txt").write_text("Stand 2019")
    deposits = gpd.read_file(drawn / "deposits.gpkg").to_crs("EPSG:4326")
    status = np.array(["in Abbau", "past", "closed"])[np.arange(len(deposits)) % 3]
    odd = gpd.GeoDataFrame(
        {"Lagerstätt": deposits["name"], "STATUS_2019": status, "ROHSTOFF": deposits["commodity"]},
        geometry=deposits.geometry,
        crs=deposits.crs,
    )
    odd = gpd.GeoDataFrame(
        pd.concat([odd, odd.iloc[:1], odd.iloc[:1].set_geometry([None], crs=odd.crs)]),
        crs=odd.crs,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names of columns are cut to ten letters
        odd.to_file(folder / "Vorkommen.shp", encoding="UTF-8")
    return layers, folder / "Vorkommen.shp"


@pytest.fixture(scope="session")
def survey(tmp_path_factory):
    """Return the layers and the deposits of a survey."""
    return make_folder(tmp_path_factory.mktemp("survey"))


@pytest.fixture(scope="session")
def make_project(tmp_path_factory):
    """Return what makes checkouts of the project without data."""

    def make():
        folder = tmp_path_factory.mktemp("project")
        for name in ("base", "demo"):
            shutil.copytree(PROJECT / "conf" / name, folder / "conf" / name)
        shutil.copy(PROJECT / "conf/logging.yml", folder / "conf")
        shutil.copy(PROJECT / "pyproject.toml", folder)
        made = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(PROJECT / "src", folder / "src", ignore=made)
        (folder / "data").mkdir()
        return folder

    return make


@pytest.fixture
def folder(tmp_path):
    """Return a folder with deposits beside it and one ordinary layer."""
    layers = tmp_path / "layers"
    layers.mkdir()
    raster(layers / "gravity_mgal.tif", FIELD)
    sites().to_file(tmp_path / "deposits.gpkg")
    return layers
