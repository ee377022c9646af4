"""The datasets on this disk and on S3."""

from __future__ import annotations

import copy
import gc
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from kedro.io import DataCatalog, DatasetError

from mineral_prospectivity.datasets import (
    BinaryDataset,
    EvidenceLayerDataset,
    JSONDataset,
    RasterDataset,
    TableDataset,
    TextDataset,
    VectorDataset,
)
from mineral_prospectivity.datasets.stored_file import StoredFile
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.evidence import layer_evidence
from mineral_prospectivity.geo.grid import Window, make_grid
from mineral_prospectivity.geo.raster import Raster

from .conftest import GRID

FEATURES = gpd.GeoDataFrame(
    {"name": ["Ernest Henry", "Größe"], "fold": [0, 1], "au": [1.5, np.nan]},
    geometry=[shapely.Point(500_100, 4_999_000), shapely.Point(501_000, 4_998_000)],
    crs="EPSG:32633",
)
TABLE = pd.DataFrame({"cell": np.arange(5), "p": np.linspace(0, 1, 5, dtype=np.float32)})


@pytest.fixture(params=["disk", "s3"])
def root(request, tmp_path):
    return str(tmp_path) if request.param == "disk" else request.getfixturevalue("bucket")


def test_raster(root, raster):
    dataset = RasterDataset(filepath=f"{root}/maps/p.tif")
    assert not dataset.exists()
    dataset.save(raster)
    assert dataset.exists()
    again = dataset.load()
    assert np.array_equal(again.array(), raster.array(), equal_nan=True)
    assert again.bands == raster.bands
    assert len(dataset.preview()) > 100


def test_bytes(root):
    dataset = BinaryDataset(filepath=f"{root}/demo/demo.qgz")
    assert not dataset.exists()
    dataset.save(b"PK\x03\x04 and so on")
    assert dataset.exists()
    assert dataset.load() == b"PK\x03\x04 and so on"


def test_the_local_copy_lives_as_long_as_its_raster(bucket, raster):
    dataset = RasterDataset(filepath=f"{bucket}/p.tif")
    dataset.save(raster)
    loaded = dataset.load()
    folder = loaded.read.path.parent
    other = copy.deepcopy(loaded)
    del loaded
    gc.collect()
    assert np.array_equal(other.array(), raster.array(), equal_nan=True)
    del other
    gc.collect()
    assert not folder.exists()


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


def test_missing_raster_on_s3(bucket):
    with pytest.raises(DatasetError, match=r"maps/none\.tif: there is no such file\. Check"):
        RasterDataset(filepath=f"{bucket}/none.tif").load()


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_table(root, suffix):
    dataset = TableDataset(filepath=f"{root}/cells{suffix}")
    dataset.save(TABLE)
    again = dataset.load()
    pd.testing.assert_frame_equal(again, TABLE, check_dtype=suffix == ".parquet")
    assert dataset.preview()["columns"] == ["cell", "p"]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_the_same_table_gives_the_same_bytes(tmp_path, suffix):
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    TableDataset(filepath=str(one)).save(TABLE)
    TableDataset(filepath=str(two)).save(TABLE.copy())
    assert one.read_bytes() == two.read_bytes()


def test_other_tables_are_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"cells\.xlsx: a table is saved as \.parquet or \.csv"):
        TableDataset(filepath=str(tmp_path / "cells.xlsx")).save(TABLE)


def test_json(root):
    dataset = JSONDataset(filepath=f"{root}/metrics.json")
    dataset.save({"b": np.float64(0.5), "a": {"n": np.int64(3), "none": None, "ok": np.True_}})
    assert dataset.load() == {"a": {"n": 3, "none": None, "ok": True}, "b": 0.5}
    assert dataset.preview() == '{"a": {"n": 3, "none": null, "ok": true}, "b": 0.5}'


def test_json_is_sorted(tmp_path):
    one, two = (JSONDataset(filepath=str(tmp_path / f"{name}.json")) for name in ("one", "two"))
    one.save({"b": 1, "a": "ä"})
    two.save({"a": "ä", "b": 1})
    text = (tmp_path / "one.json").read_text(encoding="utf-8")
    assert text == (tmp_path / "two.json").read_text(encoding="utf-8")
    assert text == '{\n  "a": "ä",\n  "b": 1\n}\n'


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (
            {"fit": {"auc": [0.5, float("nan")]}},
            "fit.auc[1] is nan, which is no JSON. Leave it out, with a reason",
        ),
        ({"a": np.float32("inf")}, "a is inf, which is no JSON. Leave it out, with a reason"),
        (float("nan"), "the document is nan, which is no JSON. Leave it out, with a reason"),
        ({"a": {1, 2}}, "a is a set, which is no JSON"),
    ],
)
def test_json_refuses_what_it_cannot_say(tmp_path, data, problem):
    dataset = JSONDataset(filepath=str(tmp_path / "metrics.json"))
    with pytest.raises(DatasetError) as caught:
        dataset.save(data)
    assert str(caught.value).endswith(problem)
    assert not dataset.exists()


def test_text(root):
    dataset = TextDataset(filepath=f"{root}/report.html")
    dataset.save("<p>Größe</p>")
    assert dataset.load() == "<p>Größe</p>"
    assert dataset.preview() == "<p>Größe</p>"


def test_evidence_layer(root, raster):
    RasterDataset(filepath=f"{root}/magnetics.tif").save(raster)
    dataset = EvidenceLayerDataset(
        filepath=f"{root}/magnetics.tif",
        kind="continuous",
        unit="nT",
        derive=["gradient", {"neighbourhood": [300]}],
    )
    layer = dataset.load()
    assert layer.name == "magnetics"
    assert layer.label == f"layer 'magnetics' ({root}/magnetics.tif)"
    evidence = layer_evidence(layer, GRID)
    names = ("magnetics", "magnetics_gradient", "magnetics_mean_300m", "magnetics_sd_300m")
    assert evidence.names == names
    assert np.array_equal(evidence.array()[0], raster.array()[0], equal_nan=True)
    with pytest.raises(DatasetError, match="'magnetics' is raw data and is never written"):
        dataset.save(layer)


CATALOG = {
    "layer.magnetics": {
        "type": "mineral_prospectivity.datasets.EvidenceLayerDataset",
        "filepath": "raw/magnetics.tif",
        "kind": "continuous",
        "unit": "nT",
        "derive": ["gradient", {"neighbourhood": [1500, 3000]}],
        "metadata": {"kedro-viz": {"layer": "raw"}},
    },
    "layer.rocks": {
        "type": "mineral_prospectivity.datasets.EvidenceLayerDataset",
        "filepath": "raw/Solid geology 2020.tif",
        "name": "lithology",
        "kind": "categorical",
        "derive": ["contacts", {"distance_to": ["granite"]}],
    },
    "layer.faults": {
        "type": "mineral_prospectivity.datasets.EvidenceLayerDataset",
        "filepath": "raw/faults-2020.gpkg",
        "kind": "lines",
    },
}


def test_missing_layer(root):
    dataset = EvidenceLayerDataset(filepath=f"{root}/gravity.tif", kind="continuous")
    with pytest.raises(DatasetError) as caught:
        dataset.load()
    assert str(caught.value).endswith(
        f"layer 'gravity': {root}/gravity.tif: there is no such file. "
        "Check the filepath in the catalog"
    )


def test_attribute_tables_come_with_their_raster(bucket):
    for name in ("rock.tif", "rock.tif.vat.dbf", "rock_age.tif"):
        with StoredFile(f"{bucket}/{name}").replaced() as path:
            path.write_bytes(b"")
    layer = EvidenceLayerDataset(filepath=f"{bucket}/rock.tif", kind="categorical").load()
    found = sorted(path.name for path in layer.path.parent.iterdir())
    assert found == ["rock.tif", "rock.tif.vat.dbf"]


def test_layers_in_a_catalog(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for entry in CATALOG.values():
        with StoredFile(entry["filepath"]).replaced() as path:
            path.write_bytes(b"")
    catalog = DataCatalog.from_config(CATALOG)
    names = [catalog.load(name).name for name in CATALOG]
    assert names == ["magnetics", "lithology", "faults_2020"]
    spec = catalog.load("layer.magnetics").spec
    assert spec.derive.gradient is True
    assert spec.derive.neighbourhood == (1500.0, 3000.0)


def test_a_catalog_of_layers_can_be_written_down_again():
    catalog = DataCatalog.from_config(CATALOG)
    for name in CATALOG:
        catalog.get(name)
    config, *_ = catalog.to_config()
    again = DataCatalog.from_config(config)
    for name in CATALOG:
        assert repr(again.get(name)) == repr(catalog.get(name))


def test_a_wrong_entry_is_named():
    entry = {**CATALOG["layer.magnetics"], "units": "nT"}
    with pytest.raises(DatasetError, match="layer 'magnetics': units: there is no such key; allow"):
        DataCatalog.from_config({"layer.magnetics": entry}).load("layer.magnetics")


def test_descriptions_name_the_file(tmp_path):
    path = str(tmp_path / "p.tif")
    assert path in repr(RasterDataset(filepath=path))
    layer = EvidenceLayerDataset(filepath=path, kind="continuous")
    assert "kind='continuous'" in repr(layer)


def test_a_streamed_raster_reads_its_header_and_the_windows_asked_for(bucket, monkeypatch):
    from s3fs.core import S3File

    fetched = []
    plain = S3File._fetch_range

    def fetch(file, start, end):
        fetched.append(min(end, file.size) - start)
        return plain(file, start, end)

    monkeypatch.setattr(S3File, "_fetch_range", fetch)
    grid = make_grid("EPSG:32633", 100.0, (0, 0, 307_200, 51_200))
    noise = np.random.default_rng(0).random((1, *grid.shape), np.float32)
    url = f"{bucket}/evidence.tif"
    RasterDataset(filepath=url).save(
        Raster(grid, (Band("p", unit="nT"),), lambda window: noise[:, *window.slices])
    )
    size = StoredFile(url).files.size(url)
    fetched.clear()

    streamed = RasterDataset(filepath=url, streamed=True).load()
    assert streamed.bands == (Band("p", unit="nT"),)
    assert sum(fetched) < 0.1 * size, "the header"
    window = Window(0, 1024, 512, 512)
    np.testing.assert_array_equal(streamed.read(window), noise[:, *window.slices])
    assert sum(fetched) < 0.4 * size, "a sixth of the map, and what is read ahead"


def test_a_streamed_raster_that_is_missing_is_named(bucket):
    url = f"{bucket}/none.tif"
    with pytest.raises(DatasetError, match=f"{url}: there is no such file. Check the filepath"):
        RasterDataset(filepath=url, streamed=True).load()
