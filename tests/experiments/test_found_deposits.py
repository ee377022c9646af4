"""What a file of deposits is taken for, and which of them count."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mineral_prospectivity.datasets.vector import VectorDataset
from mineral_prospectivity.errors import DepositError
from mineral_prospectivity.experiments.deposits import look_at_deposits
from mineral_prospectivity.experiments.draft import draft_experiment
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.labels import select_deposits

from .small import CRS, sites


def test_attributes_that_could_choose_deposits(folder):
    found = look_at_deposits(folder.parent / "deposits.gpkg")
    assert found.filters == {"STATUS": {"Mine": 20, "Prospect": 20}}


def test_lines_are_no_deposits(tmp_path):
    line = shapely.LineString([(0, 0), (1, 1)])
    gpd.GeoDataFrame(geometry=[line], crs=CRS).to_file(tmp_path / "faults.gpkg")
    with pytest.raises(DepositError, match="holds LineString, which marks no deposit"):
        look_at_deposits(tmp_path / "faults.gpkg")


def test_a_geodatabase_of_deposits(tmp_path):
    (tmp_path / "mines.gdb").mkdir()
    with pytest.raises(DepositError, match="Export a geodatabase's layer to GeoPackage"):
        look_at_deposits(tmp_path / "mines.gdb")


def test_deposits_in_a_table_of_capital_letters(tmp_path):
    table = pd.DataFrame({"X": [500_000.0, 501_000.0], "Y": [5_200_000.0, 5_201_000.0]})
    table.to_csv(tmp_path / "DEPOSITS.CSV", index=False)
    assert look_at_deposits(tmp_path / "DEPOSITS.CSV").fields == {"x": "X", "y": "Y"}


def test_deposits_without_coordinates_in_a_table_are_left_out(folder):
    table = sites(30).assign(x=lambda frame: frame.geometry.x, y=lambda frame: frame.geometry.y)
    table.loc[15, ["x", "y"]] = np.nan
    path = folder.parent / "deposits.csv"
    table.drop(columns="geometry").to_csv(path, index=False)
    draft = draft_experiment("lake", folder, path, folder.parent / "raw")
    assert len(draft.deposits.frame) == 29
    assert "no geometry in row 16; they are left out" in draft.deposits.doubts
    loaded = VectorDataset(filepath=str(path), crs=CRS).load()
    grid = make_grid(CRS, 500.0, (500_000, 5_200_000, 540_000, 5_236_000))
    kept, report = select_deposits(loaded, grid)
    assert (len(kept), report["without_geometry"]) == (29, [15])


def test_deposits_far_from_the_layers_are_doubted_by_their_row(folder):
    places = sites(30).to_crs("EPSG:4326").geometry
    table = pd.DataFrame({"longitude": places.x, "latitude": places.y})
    table.loc[3] = np.nan
    table.loc[15] = table.loc[15].to_numpy()[::-1]
    path = folder.parent / "deposits.csv"
    table.to_csv(path, index=False)
    draft = draft_experiment("lake", folder, path, folder.parent / "raw")
    assert draft.deposits.doubts[-1] == (
        "1 of 29 lie outside the grid (row 16), so a run leaves them out. Are their coordinates "
        "right, or exchanged?"
    )


@pytest.mark.parametrize("crs", [CRS, "EPSG:4326"])
def test_deposits_whose_coordinates_are_exchanged(folder, crs):
    places = sites(30).to_crs(crs).geometry
    path = folder.parent / "deposits.csv"
    pd.DataFrame({"x": places.y, "y": places.x}).to_csv(path, index=False)
    with pytest.raises(DepositError) as caught:
        draft_experiment("lake", folder, path, folder.parent / "raw")
    assert str(caught.value).endswith(
        " m north. Exchanged x and y would explain it: correct them, or enlarge grid.bounds"
    )


def test_deposits_at_infinity_are_refused(tmp_path):
    points = sites(3).geometry.tolist()
    points[1] = shapely.Point(500_000, np.inf)
    frame = gpd.GeoDataFrame(geometry=points, crs=CRS, index=["a", "b", "c"])
    frame.to_parquet(tmp_path / "deposits.parquet")
    with pytest.raises(DepositError, match="no finite coordinates in row 2; correct or remove"):
        look_at_deposits(tmp_path / "deposits.parquet")


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("", "has no rows. Give one for each sample"),
        ('"500010,5","5200000,5"\n', "column 'x' holds text in 1 of 1 rows, e.g. '500010,5'. Wr"),
    ],
)
def test_deposits_in_a_table_that_cannot_be_used(tmp_path, rows, problem):
    path = tmp_path / "deposits.csv"
    path.write_text("x,y\n" + rows)
    with pytest.raises(DepositError) as error:
        look_at_deposits(path)
    assert str(error.value).startswith(f"{path}: {problem}")


def test_prospects_are_doubted_and_mines_are_not(folder):
    doubts = look_at_deposits(folder.parent / "deposits.gpkg").doubts

    assert doubts == (
        "STATUS: 20 are 'Prospect': do they count? See labels.include in parameters.yml",
    )
