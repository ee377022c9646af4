"""Targets from maps in one call."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.ndimage import gaussian_filter
from scipy.special import expit

from mineral_prospectivity import analyse_risk_return, load_ensemble, pick_targets
from mineral_prospectivity.api import Prediction
from mineral_prospectivity.datasets import RasterDataset
from mineral_prospectivity.errors import DepositError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import cell_centres, make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tabulate import valid_cells
from mineral_prospectivity.labels import make_cells, select_deposits
from mineral_prospectivity.parameters import RiskParameters
from mineral_prospectivity.pipelines.risk.nodes import appraise, categorise, find_hot_spots
from mineral_prospectivity.targeting import best_ground, find_targets, select_targets


def test_deposits_off_the_map_do_not_count_as_known(trained):
    evidence = RasterDataset(filepath=str(trained / "evidence.tif")).load()
    maps = load_ensemble(trained).map(evidence)
    left, bottom, right, top = evidence.grid.boundingbox.bbox
    inside = gpd.points_from_xy([(left + right) / 2], [(bottom + top) / 2])
    outside = gpd.points_from_xy(np.full(9, right + 1e5), np.full(9, top + 1e5))
    on_map, all_of_them = (
        gpd.GeoDataFrame(geometry=points, crs=str(evidence.grid.crs))
        for points in (inside, np.concatenate([inside, outside]))
    )
    expected = RiskParameters(economics={"undiscovered_deposits": 3})
    values = [
        pick_targets(maps, deposits, parameters=expected)[["expected_value", "testing_return"]]
        for deposits in (on_map, all_of_them)
    ]
    pd.testing.assert_frame_equal(*map(pd.DataFrame, values))


def test_deposits_without_evidence_do_not_count_as_known(trained):
    """The pipeline leaves them out, so that the same number means the same here."""
    evidence = RasterDataset(filepath=str(trained / "evidence.tif")).load()
    maps = load_ensemble(trained).map(evidence)
    blind = np.full((len(maps.bands), *evidence.grid.shape), np.nan, np.float32)
    whole = maps.array()
    blind[:, 1:] = whole[:, 1:]
    holed = Raster(maps.grid, maps.bands, lambda window: blind[:, *window.slices])
    columns, rows = np.arange(3) + 4, np.array([0, 0, 8])
    x, y = cell_centres(evidence.grid, rows * evidence.grid.shape.x + columns)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=str(evidence.grid.crs))
    expected = RiskParameters(economics={"undiscovered_deposits": 3})
    values = [
        pick_targets(holed, deposits, parameters=expected)[["expected_value", "testing_return"]]
        for deposits in (points, points.iloc[2:])
    ]
    pd.testing.assert_frame_equal(*map(pd.DataFrame, values))


def test_a_known_deposit_is_no_chance_of_profit():
    none = np.zeros(2)
    cells = Prediction(
        probability=np.full(2, 0.2), aleatoric=none, latent=none, epistemic=np.full(2, 0.01),
        total=none, mutual_information=none, log_odds_mean=np.full(2, -1.4),
        log_odds_sd=np.full(2, 0.1), novelty=none,
    )  # fmt: skip
    analysis = analyse_risk_return(cells, exploration_cost=1.0, discovery_value=50.0, known=[0, 1])
    assert analysis.drill.tolist() == [True, False]
    assert analysis.chance_of_profit[1] == 0
    assert analysis.economics.expected_value.tolist() == pytest.approx([9.0, -1.0])


def test_a_cell_of_a_buffer_needs_a_higher_chance():
    """Where ten cells share a deposit, a cell pays only from ten times the chance on."""
    none = np.zeros(3)
    p = np.array([0.019, 0.021, 0.21])
    cells = Prediction(
        probability=p, aleatoric=none, latent=none, epistemic=none, total=none,
        mutual_information=none, log_odds_mean=np.log(p / (1 - p)), log_odds_sd=none, novelty=none,
    )  # fmt: skip
    money = {"exploration_cost": 1.0, "discovery_value": 50.0}
    assert analyse_risk_return(cells, **money).drill.tolist() == [False, True, True]
    shared = analyse_risk_return(cells, **money, per_cell=0.1)
    assert shared.drill.tolist() == [False, False, True]
    np.testing.assert_allclose(shared.economics.expected_value, 5.0 * p - 1.0, rtol=1e-12)
    assert not analyse_risk_return(cells, **money, per_cell=0.01).drill.any()


@pytest.fixture(scope="module")
def region():
    """Smooth maps with a hole, and deposits as a point and polygons, one of them in the hole."""
    grid = make_grid("EPSG:32633", 100.0, (0, 0, 6000, 5000))
    rng = np.random.default_rng(3)
    logit = 2.0 * gaussian_filter(rng.standard_normal((50, 60)), 4, mode="wrap") * 15 - 2
    logit[30:36, 30:40] = np.nan
    p, sd = expit(logit), np.where(np.isnan(logit), np.nan, 0.4)
    epistemic = 0.4 * p * (1 - p)
    total = np.sqrt(p * (1 - p))
    aleatoric = np.sqrt(total**2 - epistemic**2)
    values = np.stack([p, aleatoric, epistemic, total, logit, sd]).astype(np.float32)
    names = ("probability", "aleatoric", "epistemic", "total", "log_odds_mean", "log_odds_sd")
    maps = Raster(grid, tuple(map(Band, names)), lambda window: values[:, *window.slices])
    shapes = [
        shapely.Point(1234, 2345),
        shapely.Point(3050, 1650),
        shapely.MultiPolygon([shapely.box(4000, 700, 4480, 1110), shapely.box(500, 500, 700, 900)]),
        shapely.box(3010, 1510, 3190, 1690),
    ]
    return maps, gpd.GeoDataFrame({"name": list("abcd")}, geometry=shapes, crs="EPSG:32633")


@pytest.mark.parametrize("buffer", [0.0, 250.0])
@pytest.mark.parametrize("undiscovered", [None, 7.0])
def test_targets_are_worth_what_the_pipeline_says(region, buffer, undiscovered):
    maps, deposits = region
    money = {"undiscovered_deposits": undiscovered}
    risk = RiskParameters(economics=money, targets={"min_area": 0, "area_share": 0.2})
    valid = valid_cells(maps, 0.5)
    selected, _ = select_deposits(deposits, maps.grid)
    cells, located = make_cells(
        maps.grid, valid, selected, buffer=buffer, cluster_distance=100.0, fold_count=3,
        block_size=500.0,
    )  # fmt: skip
    hot, _ = find_hot_spots(maps, risk.hot_spots)
    categories, _ = categorise(hot, maps, risk.categories)
    expected = select_targets(
        find_targets(
            best_ground(hot, maps, risk.targets.area_share),
            maps,
            appraise(maps, cells, risk.economics)[0],
            categories,
            deposits=located,
            min_area=risk.targets.min_area,
            count=risk.targets.count,
            exploration_cost=risk.economics.exploration_cost,
        ).table,
        budget=risk.targets.budget,
        spacing=risk.targets.spacing,
    )
    found = pick_targets(maps, deposits, buffer=buffer, parameters=risk)
    assert len(found) > 1
    assert len(located) == 3
    assert found["known_deposits"].sum() > 0
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(expected), rtol=1e-12)


def test_deposits_on_other_ground_are_refused(region):
    maps, deposits = region
    with pytest.raises(DepositError, match="none of the 5 lies on the grid"):
        pick_targets(maps, deposits.set_geometry(deposits.translate(1e6)))
