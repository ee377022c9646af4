"""``make lineage``: what Kedro-Viz shows of the project."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from mineral_prospectivity.config import ComposingConfigLoader

PROJECT = Path(__file__).parents[2]
FIVE = {"data_engineering", "training", "uncertainty", "evaluation", "risk"}
LAYERS = [
    "raw",
    "intermediate",
    "primary",
    "model_input",
    "models",
    "model_output",
    "reporting",
]


@pytest.fixture(scope="module")
def site(finished):
    """The static site of a finished run."""
    printed = finished.run(["kedro", "viz", "build", "--include-previews"])
    assert "Success" in printed
    return finished.folder / "build"


@pytest.fixture(scope="module")
def shown(site):
    return json.loads((site / "api/main").read_text(encoding="utf-8"))


def named(shown, name):
    return next(node for node in shown["nodes"] if node["name"] == name)


def details(site, shown, name):
    path = site / "api/nodes" / named(shown, name)["id"]
    return json.loads(path.read_text(encoding="utf-8"))


def test_five_pipelines_fold_into_boxes(shown):
    assert set(shown["modular_pipelines"]) == {"__root__", *FIVE}
    for task in (node for node in shown["nodes"] if node["type"] == "task"):
        assert set(task["modular_pipelines"]) < FIVE


def test_members_are_one_box(shown):
    names = {node["id"]: node["name"] for node in shown["nodes"]}
    training = shown["modular_pipelines"]["training"]

    inside = [names[child["id"]] for child in training["children"] if child["type"] == "task"]
    written = {names[output] for output in training["outputs"]}

    assert inside == ["train_members_000_001"]
    assert {f"member_{number:03d}.bundle" for number in range(2)} <= written


def test_layers_run_from_raw_to_reporting(shown):
    assert shown["layers"] == LAYERS
    on_disk = [
        node
        for node in shown["nodes"]
        if node["type"] == "data" and "memory" not in node["dataset_type"]
    ]
    assert not [node["name"] for node in on_disk if node["layer"] is None]


def test_layers_and_maps_are_previewed_as_pictures(site, shown):
    for name in ("layer.magnetics", "layer.lithology", "layer.faults", "maps.risk_return"):
        node = details(site, shown, name)
        assert node["preview_type"] == "ImagePreview"
        assert base64.b64decode(node["preview"]).startswith(b"\x89PNG")


def test_tables_and_vectors_are_previewed_by_their_first_rows(site, shown):
    for name in ("deposits", "targets", "targets_table", "oof_predictions"):
        node = details(site, shown, name)
        assert node["preview_type"] == "TablePreview"
        assert len(node["preview"]["columns"]) == len(node["preview"]["data"][0])


def test_scores_are_previewed_as_a_tree(site, shown):
    node = details(site, shown, "metrics")

    assert node["preview_type"] == "JSONPreview"
    assert "ensemble" in json.loads(node["preview"])["models"]


def test_every_map_and_table_of_a_run_has_a_preview(site, shown):
    silent = [
        node["name"]
        for node in shown["nodes"]
        if node["type"] == "data"
        and node["dataset_type"].endswith(("RasterDataset", "TableDataset", "VectorDataset"))
        and not details(site, shown, node["name"])["preview"]
    ]

    assert silent == []


@pytest.mark.parametrize("env", ["demo", "cloncurry"])
def test_every_dataset_says_what_it_is(env):
    catalog = ComposingConfigLoader(PROJECT / "conf", env)["catalog"]
    silent = [
        name
        for name, entry in catalog.items()
        if not name.startswith("_")
        and not entry.get("description")
        and not (entry.get("metadata") or {}).get("description")
    ]

    assert silent == []
