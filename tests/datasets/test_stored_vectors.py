"""Features on this disk and on S3: files, tables with coordinates, labelled arrays."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from kedro.io import DatasetError

from mineral_prospectivity.datasets import (
    TableDataset,
    VectorDataset,
)
from mineral_prospectivity.datasets.stored_file import StoredFile
from mineral_prospectivity.errors import user_error
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.labels import select_deposits

FEATURES = gpd.GeoDataFrame(
    {"name": ["Ernest Henry", "Größe"], "fold": [0, 1], "au": [1.5, np.nan]},
    geometry=[shapely.Point(500_100, 4_999_000), shapely.Point(501_000, 4_998_000)],
    crs="EPSG:32633",
)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_vector(root, suffix):
    dataset = VectorDataset(filepath=f"{root}/deposits{suffix}")
    assert not dataset.exists()
    dataset.save(FEATURES)
    again = dataset.load()
    assert again.crs == FEATURES.crs
    assert again["name"].tolist() == FEATURES["name"].tolist()
    assert again["fold"].tolist() == [0, 1]
    assert again.geometry.geom_equals_exact(FEATURES.geometry, 1e-6).all()
    assert dataset.preview()["columns"] == ["name", "fold", "au"]


@pytest.mark.parametrize("suffix", [".geojson", ".parquet"])
def test_lists_become_text(tmp_path, suffix):
    metals = [["Cu", "Au"], None, ["Zn"]]
    sites = gpd.GeoDataFrame(
        {"metals": metals, "size": [{"t": 1.5}, None, {}]},
        geometry=shapely.points([(500_100, 0), (500_200, 0), (500_300, 0)]),
        crs="EPSG:32633",
    )
    path = tmp_path / f"deposits{suffix}"
    (sites.to_parquet if suffix == ".parquet" else sites.to_file)(path)
    found = VectorDataset(filepath=str(path)).load()
    assert found["metals"].fillna("").tolist() == ["Cu, Au", "", "Zn"]
    assert found["size"][0].startswith('{"t": 1.5')
    grid = make_grid("EPSG:32633", 100.0, (500_000, -500, 501_000, 500))
    kept, _ = select_deposits(found, grid, include={"metals": ["Cu, Au"]})
    assert len(kept) == 1


def test_a_file_with_several_layers(tmp_path):
    path = tmp_path / "sites.gpkg"
    FEATURES.to_file(path, layer="mines")
    FEATURES.to_file(path, layer="drillholes")
    with pytest.raises(DatasetError) as caught:
        VectorDataset(filepath=str(path)).load()
    assert str(user_error(caught.value)) == (
        f"{path}: holds several layers: mines, drillholes. Name one with layer"
    )
    assert len(VectorDataset(filepath=str(path), layer="mines").load()) == 2


def test_a_second_geometry_is_left_out(tmp_path, caplog):
    path = tmp_path / "deposits.parquet"
    FEATURES.assign(zone=FEATURES.buffer(100)).to_parquet(path)
    found = VectorDataset(filepath=str(path)).load()
    assert found.columns.tolist() == ["name", "fold", "au", "geometry"]
    assert set(found.geom_type) == {"Point"}
    assert caplog.messages == [f"{path}: the geometry is 'geometry'; left out: zone"]


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_the_same_features_give_the_same_bytes(tmp_path, suffix):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        VectorDataset(filepath=str(tmp_path / name / f"deposits{suffix}")).save(FEATURES)
    one, two = (tmp_path / name / f"deposits{suffix}" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_shapefiles_bring_their_parts(root, tmp_path):
    local = tmp_path / "deposits.shp"
    FEATURES.to_file(local)
    stored = f"{root}/deposits.shp"
    if "://" in root:
        for part in tmp_path.glob("deposits.*"):
            file = StoredFile(f"{root}/{part.name}")
            with file.replaced() as path:
                path.write_bytes(part.read_bytes())
    dataset = VectorDataset(filepath=stored)
    assert dataset.load()["name"].tolist() == FEATURES["name"].tolist()
    with pytest.raises(DatasetError, match=r"features are saved as \.gpkg, \.geojson or \.parquet"):
        dataset.save(FEATURES)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_points_in_tables(tmp_path, suffix):
    path = str(tmp_path / f"deposits{suffix}")
    TableDataset(filepath=path).save(pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0]}))
    points = VectorDataset(filepath=path, crs="EPSG:32633").load()
    assert points.crs == "EPSG:32633"
    assert points.geometry.y.tolist() == [3, 4]
    with pytest.raises(DatasetError, match=r"has no CRS\. Declare it in the catalog, such as "):
        VectorDataset(filepath=path).load()
    with pytest.raises(DatasetError, match=r"has no column 'lon', only x, y\. Declare x and y"):
        VectorDataset(filepath=path, x="lon", crs="EPSG:32633").load()


@pytest.mark.parametrize("name", ["DEPOSITS.CSV", "DEPOSITS.PARQUET", "DEPOSITS.GPKG"])
def test_the_case_of_a_suffix_does_not_matter(tmp_path, name):
    path = tmp_path / name
    table = pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0]})
    if path.suffix == ".GPKG":
        FEATURES.to_file(path, driver="GPKG")
    else:
        (table.to_csv if path.suffix == ".CSV" else table.to_parquet)(path, index=False)
    assert len(VectorDataset(filepath=str(path), crs="EPSG:32633").load()) == 2


@pytest.mark.parametrize(
    ("name", "content", "crs", "problem"),
    [
        ("a.csv", b"x,y\n1,2", "EPSG:no", "crs: 'EPSG:no' is no coordinate reference system; g"),
        ("a.csv", b'x,y\n"1,5",2', None, "column 'x' holds text in 1 of 1 rows, e.g. '1,5'. Wri"),
        ("a.parquet", b"PAR1", None, "cannot be read as features: "),
        ("a.gpkg", b"SQLite format 3\x00", None, "cannot be read as features: "),
        ("a.txt", b"x,y\n1,2", None, "cannot be read as features: "),
    ],
)
def test_features_that_cannot_be_used(tmp_path, name, content, crs, problem):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DatasetError) as caught:
        VectorDataset(filepath=str(path), crs=crs).load()
    assert str(user_error(caught.value)).startswith(f"{path}: {problem}")


def test_labelled_arrays_are_deposits(root, tmp_path):
    folder = tmp_path / "arrays"
    folder.mkdir()
    np.save(folder / "features.npy", np.array([[1.0, 2.0], [3.0, 4.0]]))
    np.save(folder / "labels.npy", np.array([0, 1]))
    metadata = {"feature_names": ["x", "y"], "crs": "EPSG:32633"}
    (folder / "features_metadata.json").write_text(json.dumps(metadata))
    if "://" in root:
        for part in folder.iterdir():
            with StoredFile(f"{root}/arrays/{part.name}").replaced() as path:
                path.write_bytes(part.read_bytes())
    points = VectorDataset(filepath=f"{root}/arrays").load()
    assert points.geometry.x.tolist() == [3.0]


def test_arrays_without_labels_are_no_deposits(tmp_path):
    np.save(tmp_path / "features.npy", np.array([[1.0, 2.0]]))
    (tmp_path / "features_metadata.json").write_text('{"feature_names": ["x", "y"]}')
    with pytest.raises(DatasetError, match=r"there is no labels\.npy\. Give one: 1 for a known"):
        VectorDataset(filepath=str(tmp_path), crs="EPSG:32633").load()


def test_missing_vector(tmp_path):
    with pytest.raises(DatasetError, match=r"there is no such file\. Check the filepath"):
        VectorDataset(filepath=str(tmp_path / "none.gpkg")).load()
