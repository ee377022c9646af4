"""All that is wrong with an experiment is found at once, each with its remedy."""

from __future__ import annotations

import hashlib
import os
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import torch
import yaml

from mineral_prospectivity.experiments.check import check_experiment
from mineral_prospectivity.runner.environment import load
from mineral_prospectivity.simulation import simulate_region, write_region

PARAMETERS = {
    "grid": {"crs": "EPSG:32633", "resolution": 500.0},
    "folds": {"count": 3, "block_size": 8000.0},
}
LAYER = {"type": "mineral_prospectivity.datasets.EvidenceLayerDataset"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    raw = tmp_path_factory.mktemp("drawn")
    write_region(simulate_region(7, shape=(72, 80), prevalence=0.008), raw)
    return raw


@pytest.fixture
def lake(drawn, make_project):
    """Return an experiment that can run: its conf folder, raw files, and a check of it."""
    return Lake(drawn, make_project())


class Lake:
    def __init__(self, drawn, project):
        self.project, self.conf, self.raw = project, project / "conf/lake", project / "raw"
        shutil.copytree(drawn, self.raw)
        self.conf.mkdir()
        self.catalog = {
            "layer.magnetics": LAYER
            | {"kind": "continuous", "filepath": self.path("magnetics.tif")},
            "layer.faults": LAYER | {"kind": "lines", "filepath": self.path("faults.gpkg")},
            "deposits": {
                "type": "mineral_prospectivity.datasets.VectorDataset",
                "filepath": self.path("deposits.gpkg"),
            },
        }
        self.parameters = {key: dict(group) for key, group in PARAMETERS.items()}
        self.settings = {"experiment": "lake", "storage": str(project / "data")}

    def path(self, name):
        return str(self.raw / name)

    def check(self):
        for name, content in (
            ("globals", self.settings),
            ("catalog_layers", self.catalog),
            ("parameters", self.parameters),
        ):
            (self.conf / f"{name}.yml").write_text(yaml.safe_dump(content))
        found = check_experiment(load("lake", str(self.project / "conf")), self.project)
        return [text.replace(str(self.raw), "<raw>") for text in found.errors], found


def test_an_experiment_that_can_run(lake):
    errors, found = lake.check()
    assert errors == []
    assert found.facts[0] == "grid: 80 x 72 cells of 500 m, EPSG:32633"
    assert found.facts[2].startswith("deposits: 62 of 62 count, in ")


def test_the_context_is_told_with_its_price(lake):
    _, plain = lake.check()
    assert plain.facts[1] == "evidence: 2 bands of 2 layers"
    lake.parameters["grid"]["context"] = 3200.0
    _, wider = lake.check()
    assert wider.facts[1] == (
        "evidence: 2 bands of 2 layers, and the mean of each within 3,200 m, for members to read "
        "where inner folds say that it helps (two trainings instead of one)"
    )
    lake.parameters["model"] = "cvae"
    _, paper = lake.check()
    assert paper.facts[1].endswith("within 3,200 m, which no member of the model 'cvae' reads")


def test_peers_are_checked_and_are_no_evidence(lake):
    _, alone = lake.check()
    with rasterio.open(lake.path("magnetics.tif")) as file:
        values, profile = file.read(1), file.profile
    with rasterio.open(lake.path("north.tif"), "w", **profile | {"height": 40}) as file:
        file.write(values[:40], 1)
    peer = LAYER | {"kind": "continuous", "filepath": lake.path("north.tif")}
    lake.catalog["peer.survey"] = peer
    errors, beside = lake.check()
    assert errors == []
    assert beside.facts == alone.facts
    lake.catalog["peer.survey"] = peer | {"filepath": lake.path("lithology.tif")}
    errors, _ = lake.check()
    assert "is declared continuous and holds only 4 different integers" in errors[0]


def test_everything_wrong_is_told_at_once(lake):
    lake.parameters["grid"]["resolutoin"] = 3
    lake.catalog["layer.faults"]["nodata"] = 0
    lake.catalog["layer.gravity"] = {"type": LAYER["type"], "kind": "continuous"}
    lake.catalog["deposits"]["filepath"] = lake.path("nowhere.gpkg")
    errors, _ = lake.check()
    names = [path.relative_to(lake.raw).as_posix() for path in sorted(lake.raw.rglob("*.*"))]
    there = ", ".join([name for name in names if not name.endswith(".json")][:8]) + ", …"
    assert errors == [
        "parameters that cannot be used:\n  - grid.resolutoin: there is no such parameter; "
        "allowed: crs, resolution, bounds, min_coverage, context, reproject",
        "layer 'faults': nodata means nothing for kind: lines, which understands file_layer",
        "catalog entry 'layer.gravity' has no filepath: add one, such as ${globals:raw}/file.tif",
        "deposits (<raw>/nowhere.gpkg): there is no such file: put it there, or correct its "
        "filepath in the catalog. In <raw> there is " + there,
    ]


def test_a_misspelt_file_is_told_with_the_one_that_lies_there(lake):
    lake.catalog["layer.magnetics"]["filepath"] = lake.path("Magnetcs.tif")
    lake.catalog["deposits"]["filepath"] = lake.path("vectors/Deposits.gpkg")
    lake.catalog["layer.faults"]["filepath"] = lake.path("FAULTS.GPKG")
    errors, _ = lake.check()
    wanted = "there is no such file: did you mean"
    assert errors == [
        f"layer.faults (<raw>/FAULTS.GPKG): {wanted} faults.gpkg? If so, correct its filepath in "
        "the catalog",
        f"layer.magnetics (<raw>/Magnetcs.tif): {wanted} magnetics.tif? If so, correct its "
        "filepath in the catalog",
        "deposits (<raw>/vectors/Deposits.gpkg): there is no such file: put it there, or correct "
        "its filepath in the catalog. There is no folder <raw>/vectors",
    ]


def test_bounds_and_crs_are_refused_before_any_file_is_opened(lake):
    shutil.rmtree(lake.raw)
    for grid, said in (
        ({"crs": "EPSG:4326"}, "grid.crs: EPSG:4326 is geographic (degrees)"),
        ({"bounds": [15.0, 47.0, 15.5, 47.2]}, "look like degrees. Give west, south, east, north"),
        ({"bounds": [540000, 0, 500000, 1]}, "enclose nothing; give west, south, east, north"),
    ):
        lake.parameters["grid"] = PARAMETERS["grid"] | grid
        errors, _ = lake.check()
        assert said in errors[0]


def test_bad_layers_and_bad_deposits_at_once(lake):
    with rasterio.open(lake.path("magnetics.tif")) as file:
        profile = file.profile
    with rasterio.open(lake.path("flat.tif"), "w", **profile) as file:
        file.write(np.full((file.height, file.width), 3.5, np.float32), 1)
    lake.catalog["layer.flat"] = LAYER | {"kind": "continuous", "filepath": lake.path("flat.tif")}
    lake.catalog["layer.rocks"] = LAYER | {
        "kind": "continuous",
        "filepath": lake.path("lithology.tif"),
    }
    lake.parameters["labels"] = {"include": {"status": ["Mine"]}}
    errors, _ = lake.check()
    assert errors == [
        "layer 'flat' (<raw>/flat.tif): is constant: every value on the grid is 3.5. Remove the "
        "layer",
        "layer 'rocks' (<raw>/lithology.tif): is declared continuous and holds only 4 different "
        "integers (2, 3, 4, 5), like a map of classes. Declare kind: categorical, or ordinal: "
        "true if its numbers are ranks or counts",
        "labels.include.status: no deposit has 'Mine'; there are 'Occurrence', 'Deposit'",
    ]


def test_folds_that_cannot_be_filled(lake):
    lake.parameters["folds"]["count"] = 20
    errors, _ = lake.check()
    assert len(errors) == 1
    assert "too few for 20 folds" in errors[0]


def test_a_fold_with_most_of_the_deposits(lake):
    frame = gpd.read_file(lake.path("deposits.gpkg"))
    first = frame.geometry.iloc[0]
    chain = gpd.GeoDataFrame(
        geometry=shapely.points(first.x + np.arange(1, 91), first.y), crs=frame.crs
    )
    pd.concat([frame, chain]).to_file(lake.path("deposits.gpkg"))
    errors, found = lake.check()
    assert errors == []
    (said,) = [text for text in found.warnings if "one fold holds" in text]
    assert "of the 152 deposits" in said
    assert "Lower labels.cluster_distance or folds.block_size" in said


def test_what_only_wants_a_look(lake):
    lake.parameters["risk"] = {"hot_spots": {"radius": 100.0}}
    frame = gpd.read_file(lake.path("deposits.gpkg"))
    pd.concat([frame, frame.iloc[:2]]).to_file(lake.path("deposits.gpkg"))
    with rasterio.open(lake.path("magnetics.tif"), "r+") as file:
        values = file.read(1)
        values[:20] = -9999
        file.write(values, 1)
    errors, found = lake.check()
    assert errors == []
    text = "\n".join(found.warnings)
    assert "risk.hot_spots.radius = 100 m is smaller than a cell (500 m)" in text
    assert "2 of 64 points repeat the coordinates of another" in text
    assert "of the values are -9999, which often means none" in text
    assert "declare nodata: -9999" in text


def test_money_of_the_example_is_told(lake):
    said = "risk.economics: exploration_cost = 1 and discovery_value = 200 are the example's"
    _, found = lake.check()
    assert any(text.startswith(said) for text in found.warnings)
    lake.parameters["risk"] = {"economics": {"exploration_cost": 2.0}}
    _, found = lake.check()
    assert not any("economics" in text for text in found.warnings)


def test_what_risk_would_refuse_after_hours_is_refused_now(lake):
    lake.parameters["risk"] = {"hot_spots": {"radius": 1e9}}
    errors, _ = lake.check()
    assert len(errors) == 1
    assert errors[0].startswith("risk.hot_spots.radius: the neighbourhood of a cell (")
    lake.parameters["risk"] = {"economics": {"exploration_cost": 300.0}}
    errors, _ = lake.check()
    assert errors[0].endswith(
        "risk.economics.exploration_cost = 300 is not below risk.economics.discovery_value = 200: "
        "testing a cell could never pay"
    )


def test_a_column_without_a_value_on_the_grid_is_refused(lake):
    rng = np.random.default_rng(0)
    x, y = rng.uniform(501_000, 539_000, 300), rng.uniform(5_201_000, 5_235_000, 300)
    pd.DataFrame({"x": x, "y": y, "cu": x - y, "w": np.nan}).to_csv(lake.raw / "soil.csv")
    table = LAYER | {"kind": "table", "crs": "EPSG:32633", "column": ["cu", "w"]}
    lake.catalog["layer.soil"] = table | {"filepath": lake.path("soil.csv")}
    errors, _ = lake.check()
    assert len(errors) == 1
    assert "layer 'soil'" in errors[0]
    assert "band 'soil_w' has no value on the grid" in errors[0]


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
def test_a_gpu_that_is_not_there(lake):
    lake.parameters["ensemble"] = {"device": "cuda"}
    errors, _ = lake.check()
    assert errors == [
        "ensemble.device = 'cuda', but PyTorch sees no CUDA device. Use 'auto' or 'cpu'"
    ]


def test_a_layer_that_changed_since_the_data_were_made_is_told(lake):
    made = lake.project / "data/08_reporting/lake/data_quality.json"
    made.parent.mkdir(parents=True)
    made.write_text("{}")
    now = made.stat().st_mtime
    for path in lake.raw.iterdir():
        os.utime(path, (now - 60, now - 60))
    _, found = lake.check()
    assert not any("changed since" in text for text in found.warnings)
    os.utime(lake.path("faults.gpkg"), (now + 60, now + 60))
    _, found = lake.check()
    assert found.warnings[-1] == (
        "layer.faults: changed since the data were made of them. Run without "
        "--only-missing-outputs, from data_engineering on"
    )


def test_a_copy_of_an_experiment_looks_for_published_files_where_its_raw_files_lie(
    lake, tmp_path, monkeypatch
):
    monkeypatch.setenv("MINERAL_PROSPECTIVITY_MIRROR", str(tmp_path))
    published = {
        "name": "gravity.tif",
        "url": "http://127.0.0.1:9/gravity.tif",
        "sha256": hashlib.sha256((lake.raw / "gravity.tif").read_bytes()).hexdigest(),
    }
    (lake.conf / "sources.yml").write_text(yaml.safe_dump({"files": [published]}))
    lake.settings |= {"experiment": "lake_copy", "raw": str(lake.raw)}
    assert lake.check()[0] == []
    assert list((lake.project / "data").iterdir()) == []


def test_deposits_and_tables_that_cannot_be_read(lake):
    for name in ("DEPOSITS.CSV", "rocks.csv"):
        (lake.raw / name).write_text("x,y,cu\n")
    (lake.raw / "soil.csv").write_text('x,y,cu\n"500010,5",5200000,1\n')
    table = LAYER | {"kind": "table", "crs": "EPSG:32633"}
    lake.catalog["layer.rocks"] = table | {"filepath": lake.path("rocks.csv")}
    lake.catalog["layer.soil"] = table | {"filepath": lake.path("soil.csv")}
    lake.catalog["layer.wells"] = LAYER | {"kind": "points", "filepath": lake.path("soil.csv")}
    lake.catalog["deposits"] |= {"filepath": lake.path("DEPOSITS.CSV"), "crs": "EPSG:32633"}
    errors, _ = lake.check()
    assert errors == [
        "layer 'rocks' (<raw>/rocks.csv): has no samples. Give a row for each, or remove the layer",
        "layer 'soil' (<raw>/soil.csv): column 'x' holds text in 1 of 1 rows, e.g. '500010,5'. "
        "Write numbers with a decimal point, and without commas",
        "layer 'wells' (<raw>/soil.csv): holds a table without geometry. Declare kind: table with "
        "x and y, or file_layer",
        "deposits: the file holds none; labels need at least one deposit",
    ]


def test_a_file_that_is_no_yaml(lake):
    lake.check()
    (lake.conf / "parameters.yml").write_text("grid: [")
    found = check_experiment(load("lake", str(lake.project / "conf")), lake.project)
    assert len(found.errors) == 1
    assert "parameters.yml, line 1: is no valid YAML" in found.errors[0]
