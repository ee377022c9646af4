import geopandas as gpd
import numpy as np
import pytest
from geopandas.testing import assert_geodataframe_equal
from scipy import ndimage
from scipy.special import expit
from shapely.geometry import Point

from mineral_prospectivity.geo.polygons import zone_polygons
from mineral_prospectivity.targeting import (
    economics_map,
    find_targets,
    hot_spots,
    risk_return,
)

MONEY = {
    "exploration_cost": 1.0,
    "discovery_value": 20.0,
    "risk_aversion": 1.0,
    "tail": 0.1,
}


@pytest.fixture(scope="module")
def inputs(maps):
    spots = hot_spots(maps.select(["log_odds_mean"]), radius=300, significance=0.05).map
    categories = risk_return(spots, maps, measure="log_odds_sd", threshold=None, quantile=0.5)
    return spots, maps, economics_map(maps, **MONEY), categories.map


@pytest.fixture(scope="module")
def find_both(inputs, deposits):
    def call(**changes):
        arguments = {"deposits": deposits, "min_area": 0, "count": 50}
        return find_targets(*inputs, **{**arguments, "exploration_cost": 1.0, **changes})

    return call


@pytest.fixture(scope="module")
def find(find_both):
    return lambda **changes: find_both(**changes).table


def test_targets_are_the_connected_cells_of_high_return(find, inputs, grid):
    high = inputs[0].array()[2] == 1
    count = ndimage.label(high, np.ones((3, 3)))[1]
    targets = find()
    assert len(targets) == count > 3
    assert targets.cells.sum() == high.sum()
    assert sorted(targets.target_id) == [f"T{i:04d}" for i in range(1, count + 1)]
    assert targets.crs == "EPSG:32633"
    assert targets.geometry.is_valid.all()
    np.testing.assert_allclose(targets.area, targets.cells * 1e4)
    np.testing.assert_allclose(targets.area_km2, targets.cells * 0.01)


def test_values_of_a_target_are_those_of_its_cells(find, inputs, maps):
    high = inputs[0].array()[2] == 1
    labels, _ = ndimage.label(high, np.ones((3, 3)))
    target = find().iloc[0]
    cells = labels == int(target.target_id[1:])
    p, mean, sd, epistemic = (
        maps.select([n]).array()[0].astype(float)[cells]
        for n in ("probability", "log_odds_mean", "log_odds_sd", "epistemic")
    )
    risk_adjusted = 20 * p - 1 - 20 * epistemic
    assert target.cells == p.size
    assert target.probability_mean == pytest.approx(p.mean())
    assert target.probability_max == pytest.approx(p.max())
    assert target.expected_discoveries == pytest.approx(p.sum())
    assert target.probability_lower == pytest.approx(expit(mean - 1.64485 * sd).mean(), rel=1e-5)
    assert target.probability_upper == pytest.approx(expit(mean + 1.64485 * sd).mean(), rel=1e-5)
    assert target.epistemic == pytest.approx(epistemic.mean())
    assert target.expected_value == pytest.approx((20 * p - 1).sum(), rel=1e-5)
    assert target.risk_adjusted_return == pytest.approx(risk_adjusted.sum(), rel=1e-5)
    assert target.cells_to_test == (risk_adjusted > 0).sum() == target.testing_cost
    assert target.testing_return == pytest.approx(risk_adjusted[risk_adjusted > 0].sum(), rel=1e-5)


def test_rank_follows_the_return_of_the_cells_that_pay(find):
    targets = find()
    assert targets["rank"].tolist() == list(range(1, len(targets) + 1))
    assert (np.diff(targets.testing_return) <= 0).all()
    idle = targets[targets.testing_return == 0]
    assert (np.diff(idle.risk_adjusted_return / idle.cells) <= 0).all()


def test_category_is_that_of_most_cells(find, inputs):
    values = inputs[3].array()[0]
    targets = find()
    labels, _ = ndimage.label(inputs[0].array()[2] == 1, np.ones((3, 3)))
    for target in targets.itertuples():
        cells = values[labels == int(target.target_id[1:])]
        risky = (cells == 3).sum() >= (cells == 4).sum()
        assert target.category == ("high return, high risk" if risky else "high return, low risk")


def test_zones_of_targets_are_their_cells_in_their_order(find_both, inputs):
    targets, zones = find_both()
    assert zones.cells.tolist() == targets.cells.tolist()
    labels, _ = ndimage.label(inputs[0].array()[2] == 1, np.ones((3, 3)))
    for position, target in enumerate(targets.itertuples(), start=1):
        assert ((zones.labels == position) == (labels == int(target.target_id[1:]))).all()


def test_small_targets_go_and_the_best_stay(find):
    every, large, best = find(), find(min_area=3.66e6), find(count=2)
    assert (large.cells >= 366).all()
    assert len(large) == (every.cells >= 366).sum() < len(every)
    assert best.target_id.tolist() == every.target_id.tolist()[:2]
    assert_geodataframe_equal(best, every.iloc[:2])


def test_the_same_maps_give_the_same_targets(find):
    assert_geodataframe_equal(find(), find())


def test_deposits_inside_and_nearest(find, deposits):
    targets = find()
    for target in targets.itertuples():
        assert target.known_deposits == deposits.within(target.geometry).sum()
        distance = deposits.distance(target.geometry)
        assert target.deposit_distance == pytest.approx(distance.min())
        assert target.nearest_deposit in set(deposits.name[distance == distance.min()])


def test_name_column_can_be_chosen(find, deposits):
    assert find(name_column="id").nearest_deposit.isin(deposits.id).all()


def test_deposits_without_text_have_no_name(find, deposits):
    targets = find(deposits=deposits[["id", "geometry"]])
    assert targets.nearest_deposit.isna().all()
    assert targets.deposit_distance.notna().all()


def test_without_deposits_nothing_is_near(find, deposits):
    targets = find(deposits=deposits.iloc[:0])
    assert targets.nearest_deposit.isna().all()
    assert targets.deposit_distance.isna().all()
    assert (targets.known_deposits == 0).all()


def test_a_deposit_beyond_the_grid_counts_for_distance_alone(find):
    far = gpd.GeoDataFrame(
        {"name": ["Far"]}, geometry=[Point(400_000, 6_000_000)], crs="EPSG:32633"
    )
    targets = find(deposits=far)
    assert (targets.known_deposits == 0).all()
    assert (targets.nearest_deposit == "Far").all()


def test_no_target_gives_an_empty_table(find):
    targets = find(min_area=1e12)
    assert len(targets) == 0
    assert {"rank", "deposit_distance", "geometry"} <= set(targets.columns)


def test_cells_that_touch_at_a_corner_are_one_valid_target(grid):
    zones = np.zeros(tuple(grid.shape), dtype=np.int32)
    zones[0, 0] = zones[1, 1] = zones[2, 2] = 1
    zones[10:15, 10:15] = 2
    zones[11, 11] = zones[12, 12] = 0  # a hole of two cells that touch at a corner
    outlines = zone_polygons(zones, grid)
    assert [outline.is_valid for outline in outlines] == [True, True]
    assert [outline.area for outline in outlines] == [3e4, 23e4]
    assert outlines[0].geom_type == "MultiPolygon"


def test_no_target_is_a_table_like_any_other(find_both):
    (none, zones), (some, _) = find_both(min_area=1e12), find_both()
    assert none.empty
    assert none.columns.tolist() == some.columns.tolist()
    assert none["target_id"].dtype == some["target_id"].dtype
    assert len(zones) == 0
