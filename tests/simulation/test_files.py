"""The committed demo region is what the simulator makes, and its files say all that is needed."""

import re
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox

from mineral_prospectivity.simulation import Layer, simulate_region, write_region
from mineral_prospectivity.simulation.__main__ import main
from mineral_prospectivity.simulation.mineralisation import (
    effects,
    find_intercept,
    given_layers,
    log_odds_of,
)

DEMO = Path(__file__).parents[2] / "data/01_raw/demo"
SEED = re.search(r"--seed (\d+)", (DEMO / "README.md").read_text(encoding="utf-8"))[1]


def read(path):
    with rasterio.open(path) as file:
        return file.read(1), GeoBox.from_rio(file), file.nodata


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["simulation", "--seed", SEED, "--output", str(folder)])
        main()
    return folder


def test_the_command_gives_the_committed_files(rebuilt):
    names = [
        {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
        for folder in (rebuilt, DEMO)
    ]
    assert names[0] == names[1] - {"README.md"}


@pytest.mark.parametrize("path", sorted(DEMO.rglob("*.tif")), ids=lambda path: path.stem)
def test_committed_rasters_are_rebuilt(rebuilt, path):
    committed, grid, nodata = read(path)
    again, grid_again, nodata_again = read(rebuilt / path.relative_to(DEMO))
    assert grid == grid_again
    np.testing.assert_equal(nodata, nodata_again)
    # Another FFT library may round a last digit otherwise, and then a survey value by one step.
    agree = np.isclose(committed, again, rtol=1e-4, atol=1e-12, equal_nan=True)
    assert agree.mean() > 0.9999


@pytest.mark.parametrize("name", ["faults", "deposits"])
def test_committed_vectors_are_rebuilt(rebuilt, name):
    committed = gpd.read_file(DEMO / f"{name}.gpkg")
    again = gpd.read_file(rebuilt / f"{name}.gpkg")
    assert committed.drop(columns="geometry").equals(again.drop(columns="geometry"))
    assert committed.geometry.geom_equals_exact(again.geometry, 1e-3).all()


def test_the_known_probability_follows_from_the_files_alone():
    expected, grid, _ = read(DEMO / "truth/p_given_layers.tif")
    layers = []
    for path in DEMO.glob("*.tif"):
        values, layer_grid, nodata = read(path)
        values = np.where(values == nodata, np.nan, values).astype(float)
        layers.append(Layer(path.stem, "", "", layer_grid, values))
    terms = effects(grid, layers, gpd.read_file(DEMO / "faults.gpkg"))
    intercept = find_intercept(log_odds_of(terms), 1.2, 0.003)
    found = given_layers(terms, (), intercept, 1.2)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_demo_is_small_enough_to_commit():
    assert sum(path.stat().st_size for path in DEMO.rglob("*.*")) < 4_000_000


def test_equal_regions_give_equal_bytes(tmp_path):
    region = simulate_region(5, (30, 40), prevalence=0.05)
    written = [write_region(region, tmp_path / name) for name in ("one", "other")]
    for one, other in zip(*written, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_what_is_unknown_or_omitted_is_not_written(tmp_path):
    region = simulate_region(5, (30, 40), prevalence=0.05, omit=["faults"])
    names = {path.name for path in write_region(region, tmp_path)}
    assert "p_true.tif" in names
    assert not {"faults.gpkg", "p_given_layers.tif"} & names


def test_writing_again_replaces(tmp_path):
    for seed in (5, 6):
        region = simulate_region(seed, (30, 40), prevalence=0.05)
        write_region(region, tmp_path)
    assert len(gpd.read_file(tmp_path / "deposits.gpkg")) == len(region.deposits)
