"""Which deposits count, and how every bad input is named."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from mineral_prospectivity.errors import DepositError
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.labels import deposits_from_labels, select_deposits

CRS = "EPSG:32633"
GRID = make_grid(CRS, 100.0, (500_000, 5_200_000, 501_000, 5_201_000))


def deposits_at(*places, crs=CRS, **columns):
    points = [shapely.Point(500_000 + x, 5_200_000 + y) for x, y in places]
    return gpd.GeoDataFrame(columns, geometry=points, crs=crs)


def test_deposits_on_the_grid_are_kept_as_they_are():
    given = deposits_at((50, 50), (150, 950), name=["a", "b"])
    kept, report = select_deposits(given, GRID)
    assert kept["name"].tolist() == ["a", "b"]
    assert kept.geometry.geom_equals(given.geometry).all()
    assert report == {
        "given": 2,
        "filtered": 0,
        "without_geometry": [],
        "outside": [],
        "duplicates": [],
        "kept": 2,
        "messages": [],
    }


def test_points_outside_are_reported_by_row_of_the_source():
    given = deposits_at((-1, 50), (50, 50), (50, 1001), status=["x", "x", "x"])
    kept, report = select_deposits(given.set_index([[7, 8, 9]]), GRID)
    assert kept.index.tolist() == [1]
    assert report["outside"] == [0, 2]
    assert report["messages"] == [
        "deposits: 2 of 3 points lie outside the grid (rows 1, 3); they were left out"
    ]


@pytest.mark.parametrize("place", [(1000, 500), (500, 0)])
def test_a_point_on_the_far_edge_lies_in_no_cell(place):
    _, report = select_deposits(deposits_at((50, 50), place), GRID)
    assert report["outside"] == [1]


def test_repeated_places_count_once():
    kept, report = select_deposits(deposits_at((50, 50), (60, 50), (50, 50)), GRID)
    assert kept.index.tolist() == [0, 1]
    assert report["messages"] == [
        "deposits: 1 of 3 points repeat the coordinates of another (row 3); each place counts once"
    ]


def test_heights_do_not_make_places_different():
    points = [shapely.Point(500_050, 5_200_050, height) for height in (1.0, 2.0)]
    _, report = select_deposits(gpd.GeoDataFrame(geometry=points, crs=CRS), GRID)
    assert report["duplicates"] == [1]


def test_geographic_deposits_are_reprojected():
    given = deposits_at((50, 50), (950, 450))
    kept, _ = select_deposits(given.to_crs("EPSG:4326"), GRID)
    assert kept.crs == CRS
    assert kept.distance(given).max() < 1e-3


def test_many_rows_are_abridged():
    given = deposits_at((50, 50), *[(-1, y) for y in range(12)])
    _, report = select_deposits(given, GRID)
    assert "(rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more)" in report["messages"][0]


def test_each_part_of_a_multi_point_is_a_deposit():
    parts = shapely.MultiPoint([(500_050, 5_200_050), (500_350, 5_200_050)])
    kept, report = select_deposits(gpd.GeoDataFrame(geometry=[parts], crs=CRS), GRID)
    assert report["kept"] == 2
    assert set(kept.geom_type) == {"Point"}


def test_include_keeps_what_has_all_the_attributes():
    given = deposits_at(
        (50, 50), (150, 50), (250, 50), status=["Deposit", "Occurrence", "Deposit"], size=[1, 2, 3]
    )
    kept, report = select_deposits(given, GRID, {"status": ["Deposit"], "size": [1, 2]})
    assert kept.index.tolist() == [0]
    assert report["filtered"] == 2


@pytest.mark.parametrize(
    ("include", "message"),
    [
        (
            {"Status": ["Deposit"]},
            "labels.include: deposits have no attribute 'Status'; there are status, size",
        ),
        (
            {"status": ["Deposits"]},
            "labels.include.status: no deposit has 'Deposits'; there are 'Deposit', 'Occurrence'",
        ),
        (
            {"status": ["Occurrence"], "size": [1]},
            "labels.include: no deposit satisfies all of status, size; relax one",
        ),
    ],
)
def test_an_attribute_or_value_that_does_not_occur_is_named(include, message):
    given = deposits_at((50, 50), (150, 50), status=["Deposit", "Occurrence"], size=[1, 2])
    with pytest.raises(DepositError) as error:
        select_deposits(given, GRID, include)
    assert str(error.value) == message


def test_deposits_must_declare_a_crs():
    with pytest.raises(DepositError) as error:
        select_deposits(deposits_at((50, 50), crs=None), GRID)
    assert str(error.value) == (
        "deposits: the file declares no CRS; the grid is EPSG:32633. Declare it in the file "
        "(for a shapefile, its .prj)"
    )


def test_another_crs_can_be_refused():
    with pytest.raises(DepositError) as error:
        select_deposits(deposits_at((50, 50)).to_crs("EPSG:4326"), GRID, reproject=False)
    assert str(error.value) == (
        "deposits: CRS EPSG:4326 is not the grid's EPSG:32633. Reproject them, or set "
        "grid.reproject: true"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_coordinates_must_be_finite(value):
    points = [shapely.Point(500_050, 5_200_050), shapely.Point(500_050, value)]
    with pytest.raises(DepositError) as error:
        select_deposits(gpd.GeoDataFrame(geometry=points, crs=CRS), GRID)
    assert str(error.value) == "deposits: no finite coordinates in row 2; correct or remove them"


def test_coordinates_must_be_projectable():
    given = gpd.GeoDataFrame(geometry=[shapely.Point(15.0, 95.0)], crs="EPSG:4326")
    with pytest.raises(DepositError) as error:
        select_deposits(given, GRID)
    assert str(error.value) == (
        "deposits: no place in EPSG:32633 for row 1; check coordinates and CRS"
    )


def test_rows_without_a_geometry_are_left_out():
    points = [shapely.Point(500_050, 5_200_050), None, shapely.Point()]
    kept, report = select_deposits(gpd.GeoDataFrame(geometry=points, crs=CRS), GRID)

    assert list(kept.index) == [0]
    assert report["without_geometry"] == [1, 2]
    assert report["messages"] == ["deposits: no geometry in rows 2, 3; they were left out"]


def test_deposits_of_which_none_has_a_geometry_are_refused():
    with pytest.raises(DepositError, match=r"^deposits: none of the 2 has a geometry; give coord"):
        select_deposits(gpd.GeoDataFrame(geometry=[None, shapely.Point()], crs=CRS), GRID)


def test_lines_mark_no_deposit():
    line = shapely.LineString([(500_050, 5_200_050), (500_150, 5_200_050)])
    with pytest.raises(DepositError) as error:
        select_deposits(gpd.GeoDataFrame(geometry=[line], crs=CRS), GRID)
    assert str(error.value) == (
        "deposits: geometries of type LineString mark no deposit; give points or polygons"
    )


def test_no_deposit_on_the_grid_is_an_error():
    with pytest.raises(DepositError) as error:
        select_deposits(deposits_at((-50, 50), (2000, 50)), GRID)
    assert str(error.value) == (
        "deposits: none of the 2 lies on the grid, which spans 500000 to 501000 m east, 5200000 "
        "to 5201000 m north, in EPSG:32633; they span 499950 to 502000 m east, 5200050 to 5200050 "
        "m north. Check the CRS of the deposits, or enlarge grid.bounds"
    )


def test_no_deposit_at_all_is_an_error():
    with pytest.raises(DepositError, match="the file holds none; labels need"):
        select_deposits(deposits_at(), GRID)


def test_labels_of_a_table_become_deposits():
    deposits = deposits_from_labels([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [0, 1, 1], CRS)
    assert deposits.geometry.x.tolist() == [2.0, 3.0]
    assert deposits.geometry.y.tolist() == [5.0, 6.0]
    assert deposits.crs == CRS


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 2], "labels: 1 of 3 are neither 0 nor 1 (2) in row 3"),
        ([0.5, 1, np.nan], "labels: 2 of 3 are neither 0 nor 1 (0.5, nan) in rows 1, 3"),
        ([0, 0, 0], "labels: none of the 3 is 1; there is nothing to learn from"),
        ([0, 1], "labels: x, y and labels have 3, 3 and 2 rows; give one of each a cell"),
    ],
)
def test_labels_are_0_or_1(labels, message):
    with pytest.raises(DepositError) as error:
        deposits_from_labels([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], labels, CRS)
    assert str(error.value) == message
