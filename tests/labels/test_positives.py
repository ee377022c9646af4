"""Cells that deposits make positive, clusters and the exclusion zone, against hand counts."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from mineral_prospectivity.geo.grid import cells_of_points, make_grid
from mineral_prospectivity.labels import label_cells

GRID = make_grid("EPSG:32633", 100.0, (0, 0, 1000, 1000))
ALL = np.arange(100)


def frame(*geometries):
    return gpd.GeoDataFrame(geometry=list(geometries), crs="EPSG:32633")


def points(*places):
    return frame(*[shapely.Point(place) for place in places])


def test_a_point_makes_its_cell_positive():
    labels = label_cells(GRID, ALL, points((250, 950), (260, 940), (999, 1)))
    assert np.flatnonzero(labels.label).tolist() == [2, 99]
    assert labels.deposits[[2, 99]].tolist() == [2, 1]
    assert labels.home.tolist() == [2, 2, 99]


def test_a_buffer_reaches_cells_whose_centre_is_near():
    labels = label_cells(GRID, ALL, points((550, 450)), buffer=100.0)
    assert np.flatnonzero(labels.label).tolist() == [45, 54, 55, 56, 65]
    assert labels.deposits.sum() == 1


def test_a_polygon_makes_the_cells_positive_whose_centre_it_covers():
    labels = label_cells(GRID, ALL, frame(shapely.box(190, 740, 410, 860)))
    assert np.flatnonzero(labels.label).tolist() == [12, 13, 22, 23]
    assert labels.deposits.sum() == 1
    assert labels.home[0] in {12, 13, 22, 23}


def test_a_polygon_smaller_than_a_cell_still_counts():
    labels = label_cells(GRID, ALL, frame(shapely.box(201, 801, 203, 803)))
    assert np.flatnonzero(labels.label).tolist() == [12]


def test_cells_without_evidence_are_no_labels():
    valid = np.setdiff1d(ALL, [2, 45])
    labels = label_cells(GRID, valid, points((250, 950), (550, 450)), buffer=100.0)
    assert labels.home.tolist() == [-1, 55]
    assert labels.deposit_cluster.tolist() == [-1, 0]
    assert valid[labels.label == 1].tolist() == [54, 55, 56, 65]


def test_deposits_within_the_distance_chain_into_one_cluster():
    deposits = points((50, 950), (150, 950), (250, 950), (450, 950))
    labels = label_cells(GRID, ALL, deposits, cluster_distance=100.0)
    assert labels.deposit_cluster.tolist() == [0, 0, 0, 1]
    assert labels.cluster[:5].tolist() == [0, 0, 0, -1, 1]


def test_deposits_of_one_cell_are_one_cluster_whatever_the_distance():
    labels = label_cells(GRID, ALL, points((10, 990), (90, 910)), cluster_distance=0.0)
    assert labels.deposit_cluster.tolist() == [0, 0]


def test_buffers_that_meet_in_a_cell_join_clusters():
    labels = label_cells(GRID, ALL, points((50, 950), (250, 950)), buffer=100.0)
    assert labels.deposit_cluster.tolist() == [0, 0]


def test_the_exclusion_zone_is_background_only():
    labels = label_cells(GRID, ALL, points((550, 450), (650, 450)), exclusion=100.0)
    assert labels.training[[55, 56]].all()
    assert np.flatnonzero(~labels.training).tolist() == [45, 46, 54, 57, 65, 66]


places = st.lists(
    st.tuples(st.floats(0, 999.0, width=32), st.floats(0.5, 999.0, width=32)),
    min_size=2,
    max_size=15,
    unique=True,
)


@settings(max_examples=60, deadline=None)
@given(places, st.sampled_from([50.0, 150.0, 300.0]))
def test_clusters_are_single_linkage_joined_within_cells(found, distance):
    labels = label_cells(GRID, ALL, points(*found), cluster_distance=distance)
    linked = fcluster(linkage(np.array(found), "single"), distance, "distance")
    for i in range(len(found)):
        for j in range(i):
            if linked[i] == linked[j] or labels.home[i] == labels.home[j]:
                assert labels.deposit_cluster[i] == labels.deposit_cluster[j]
    joined = [len({*labels.deposit_cluster[linked == k]}) for k in np.unique(linked)]
    assert set(joined) == {1}
    # Nothing beyond linkage and shared cells joins clusters.
    cells_shared = len(found) - np.unique(labels.home).size
    assert np.unique(labels.deposit_cluster).size >= np.unique(linked).size - cells_shared


@settings(max_examples=60, deadline=None)
@given(places, st.randoms(use_true_random=False))
def test_the_order_of_the_deposits_plays_no_part(found, random):
    order = list(range(len(found)))
    random.shuffle(order)
    options = {"buffer": 120.0, "cluster_distance": 150.0, "exclusion": 250.0}
    one = label_cells(GRID, ALL, points(*found), **options)
    other = label_cells(GRID, ALL, points(*[found[i] for i in order]), **options)
    for name in ("label", "deposits", "cluster", "training"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.deposit_cluster[order], other.deposit_cluster)


@pytest.mark.parametrize("option", ["buffer", "exclusion"])
def test_reaching_beyond_the_grid_is_harmless(option):
    labels = label_cells(GRID, ALL, points((1, 999)), **{option: 5000.0})
    assert labels.deposits.tolist() == [1, *[0] * 99]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9), st.integers(1, 10), st.sampled_from([0.0, 1e-9, -1e-9, 1e-7, -1e-7]))
def test_a_point_on_an_edge_has_a_home(col, row, nudge):
    grid = make_grid("EPSG:32633", 0.1, (500_000, 5_200_000, 500_001, 5_200_001))
    place = (500_000 + 0.1 * col + max(nudge, -0.1 * col), 5_200_000 + 0.1 * row - abs(nudge))
    labels = label_cells(grid, ALL, points(place))
    expected = cells_of_points(grid, np.array([place[0]]), np.array([place[1]]))
    assert labels.home.tolist() == expected.tolist()
