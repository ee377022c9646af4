"""A small simulated region: a smooth log-odds map, its uncertainties and two evidence bands."""

import geopandas as gpd
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.special import expit

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.raster import Raster


def as_raster(grid, **bands):
    stack = np.stack([np.asarray(values, dtype=np.float32) for values in bands.values()])
    return Raster(
        grid,
        tuple(Band(name) for name in bands),
        lambda window: stack[:, *window.slices],
    )


def smooth(rng, shape, length):
    field = gaussian_filter(rng.standard_normal(shape), length, mode="wrap")
    return field / field.std()


@pytest.fixture(scope="session")
def grid():
    return make_grid("EPSG:32633", 100.0, (500_000, 6_000_000, 508_000, 6_006_000))


@pytest.fixture(scope="session")
def maps(grid):
    rng = np.random.default_rng(5)
    mean = 1.5 * smooth(rng, tuple(grid.shape), 5) - 3
    sd = 0.3 + 0.2 * np.abs(smooth(rng, tuple(grid.shape), 8))
    mean[20:30, 5:12] = np.nan
    p = expit(mean)
    epistemic = p * (1 - p) * sd
    return as_raster(
        grid,
        probability=p,
        aleatoric=np.sqrt(p * (1 - p) - epistemic**2),
        epistemic=epistemic,
        total=np.sqrt(p * (1 - p)),
        mutual_information=epistemic**2 / (2 * p * (1 - p)),
        log_odds_mean=mean,
        log_odds_sd=np.where(np.isnan(mean), np.nan, sd),
    )


@pytest.fixture(scope="session")
def deposits(grid, maps):
    p = np.nan_to_num(maps.select(["probability"]).array()[0])
    rng = np.random.default_rng(7)
    cells = rng.choice(p.size, 12, replace=False, p=(p / p.sum()).ravel())
    row, col = np.divmod(cells, p.shape[1])
    x, y = grid.transform @ (col + 0.5, row + 0.5)
    return gpd.GeoDataFrame(
        {"id": np.arange(12), "name": [f"Mine {i}" for i in range(12)]},
        geometry=gpd.points_from_xy(x, y),
        crs="EPSG:32633",
    )
