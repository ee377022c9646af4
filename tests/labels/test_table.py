"""The cells table: schema, weights and the deposits that go with it."""

import logging

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mineral_prospectivity.datasets import VectorDataset
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


def test_no_column_of_the_source_is_overwritten_or_refused_by_a_geopackage(tmp_path, caplog):
    source = scattered().assign(fid="x", Geom="y", CELL=7, fold="z", Name="other", cell_source=1)
    _, deposits = make_cells(GRID, ALL, source, **OPTIONS)
    path = tmp_path / "deposits.gpkg"
    VectorDataset(filepath=str(path)).save(deposits)
    written = VectorDataset(filepath=str(path)).load()
    told = {name: written[name].iloc[0] for name in written if name.endswith("_source")}
    assert told == {
        "fid_source": "x",
        "Geom_source": "y",
        "CELL_source": 7,
        "fold_source": "z",
        "Name_source": "other",
        "cell_source_source": 1,
    }
    assert written["name"].tolist() == source["name"].tolist()
    assert written["cell"].tolist() == deposits["cell"].tolist()
    assert "fid is fid_source, Geom is Geom_source, CELL is CELL_source" in caplog.text


@given(st.lists(st.sampled_from(["a", "A", "fid", "Fold", "fold_source", "a_source"]), unique=True))
def test_names_of_columns_stay_apart_whatever_their_case(names):
    source = scattered(4).assign(**{name: name for name in names})
    _, deposits = make_cells(GRID, ALL, source, **OPTIONS)
    columns = [name.lower() for name in deposits]
    assert len({*columns, "fid", "geom"}) == len(columns) + 2
    kept = deposits.drop(columns=["geometry", "cell", "cluster", "fold"])
    assert kept.iloc[0].tolist() == ["d0", *names]


def test_only_one_geometry_of_a_deposit_is_kept():
    source = scattered().assign(other=scattered().geometry)
    _, deposits = make_cells(GRID, ALL, source, **OPTIONS)
    assert [*deposits.columns] == ["name", "geometry", "cell", "cluster", "fold"]
