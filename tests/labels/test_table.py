"""The cells table: schema, weights and the deposits that go with it."""

import logging

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mineral_prospectivity.errors import DepositError
from mineral_prospectivity.geo.grid import cells_of_points, make_grid
from mineral_prospectivity.labels import make_cells, select_deposits, split_by_evidence

GRID = make_grid("EPSG:32633", 100.0, (0, 0, 4000, 3000))
ALL = np.arange(1200)
OPTIONS = {"cluster_distance": 150.0, "fold_count": 3, "block_size": 500.0}
SCHEMA = {
    "cell": "int64",
    "x": "float64",
    "y": "float64",
    "label": "int8",
    "deposits": "int16",
    "cluster": "int32",
    "fold": "int8",
    "training": "bool",
    "weight": "float64",
}


def scattered(count=12, seed=0):
    x, y = np.random.default_rng(seed).uniform((1, 1), (3999, 2999), (count, 2)).T
    names = [f"d{i}" for i in range(count)]
    return gpd.GeoDataFrame({"name": names}, geometry=shapely.points(x, y), crs="EPSG:32633")


def test_the_table_has_the_agreed_columns_in_order_and_type():
    table, deposits = make_cells(GRID, ALL, scattered(), **OPTIONS)
    assert {name: str(kind) for name, kind in table.dtypes.items()} == SCHEMA
    assert table["cell"].is_monotonic_increasing
    assert table["deposits"].sum() == len(deposits)
    np.testing.assert_array_equal(cells_of_points(GRID, table["x"], table["y"]), table["cell"])
    assert (table["weight"] == 1.0).all()


def test_deposits_know_their_cell_cluster_and_fold():
    given_deposits = scattered()
    table, deposits = make_cells(GRID, ALL, given_deposits, **OPTIONS)
    assert [*deposits.columns] == ["name", "geometry", "cell", "cluster", "fold"]
    rows = table.set_index("cell").loc[deposits["cell"]]
    assert (rows["label"] == 1).all()
    np.testing.assert_array_equal(rows["cluster"], deposits["cluster"])
    np.testing.assert_array_equal(rows["fold"], deposits["fold"])
    assert deposits.geometry.geom_equals(given_deposits.geometry).all()


def test_a_polygon_becomes_the_centre_of_its_middle_cell():
    polygons = scattered()
    polygons.geometry = polygons.geometry.buffer(160)
    table, deposits = make_cells(GRID, ALL, polygons, **OPTIONS)
    x, y = deposits.geometry.x.to_numpy(), deposits.geometry.y.to_numpy()
    np.testing.assert_array_equal(cells_of_points(GRID, x, y), deposits["cell"])
    assert table["label"].sum() > len(deposits) == table["deposits"].sum()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 1500), st.integers(0, 3))
def test_drawn_background_stands_for_all_of_it(max_background, seed):
    options = {**OPTIONS, "max_background": max_background, "seed": seed, "exclusion": 200.0}
    table, _ = make_cells(GRID, ALL, scattered(), **options)
    background = table["label"] == 0
    assert background.sum() == min(max_background, 1200 - table["label"].sum())
    assert table["weight"].sum() == pytest.approx(1200, abs=1e-9)
    assert (table.loc[~background, "weight"] == 1).all()


def test_drawing_background_moves_no_fold():
    whole, _ = make_cells(GRID, ALL, scattered(), **OPTIONS)
    drawn, _ = make_cells(GRID, ALL, scattered(), **OPTIONS, max_background=300)
    kept = whole.set_index("cell").loc[drawn["cell"]]
    np.testing.assert_array_equal(kept["fold"], drawn["fold"])


def test_rows_are_the_same_whatever_the_order_of_cells_and_deposits():
    shuffled = np.random.default_rng(1).permutation(ALL)
    one, _ = make_cells(GRID, ALL, scattered(), **OPTIONS, max_background=300)
    other, _ = make_cells(GRID, shuffled, scattered()[::-1], **OPTIONS, max_background=300)
    assert one.equals(other)


def test_deposits_without_evidence_are_left_out_and_logged(caplog):
    given_deposits = scattered()
    lost = cells_of_points(GRID, *given_deposits.geometry.iloc[[3]].get_coordinates().T.to_numpy())
    with caplog.at_level(logging.WARNING):
        _, deposits = make_cells(GRID, np.setdiff1d(ALL, lost), given_deposits, **OPTIONS)
    assert "d3" not in set(deposits["name"])
    assert caplog.messages == [
        "deposits: 1 of 12 points lie on cells without evidence (row 4); they were left out"
    ]


def test_parts_of_a_deposit_without_evidence_are_told_one_by_one(caplog):
    """Beside a part that counts, those of the same row that do not must not be forgotten."""
    homes = [geometry.coords[0] for geometry in scattered().geometry]
    parts = gpd.GeoDataFrame(
        {"name": ["several", *"abcdefghi"]},
        geometry=[shapely.MultiPoint(homes[:3]), *map(shapely.Point, homes[3:])],
        crs=scattered().crs,
    )
    selected, _ = select_deposits(parts, GRID)
    lost = cells_of_points(GRID, *np.array(homes[1:4]).T)
    kept, without = split_by_evidence(GRID, np.setdiff1d(ALL, lost), selected)
    assert without == [0, 0, 1]
    assert kept.index.tolist() == [0, *range(2, 10)]
    with caplog.at_level(logging.WARNING):
        _, located = make_cells(GRID, np.setdiff1d(ALL, lost), selected, **OPTIONS)
    assert len(located) == 9
    assert caplog.messages == [
        "deposits: 3 of 12 points lie on cells without evidence (rows 1, 2); they were left out"
    ]


def test_some_deposit_must_have_evidence():
    empty = np.setdiff1d(ALL, make_cells(GRID, ALL, scattered(), **OPTIONS)[1]["cell"])
    with pytest.raises(DepositError) as error:
        make_cells(GRID, empty, scattered(), **OPTIONS)
    assert str(error.value) == (
        "deposits: none of the 12 on the grid lies on a cell with evidence; check that the layers "
        "cover the deposits, or lower grid.min_coverage"
    )
