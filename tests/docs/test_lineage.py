"""``make lineage``: what Kedro-Viz shows of the project."""

from __future__ import annotations

import base64
import json
import subprocess
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
def site(checkout):
    """The static site of a fresh checkout, of which nothing has run."""
    done = subprocess.run(
        ["kedro", "viz", "build", "--include-previews"],
        cwd=checkout.folder,
        env=checkout.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Success" in done.stdout, done.stdout + done.stderr
    return checkout.folder / "build"


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

    assert inside == ["train_members_000_004"]
    assert {f"member_{number:03d}.bundle" for number in range(5)} <= written


def test_layers_run_from_raw_to_reporting(shown):
    assert shown["layers"] == LAYERS
    on_disk = [
        node
        for node in shown["nodes"]
        if node["type"] == "data" and "memory" not in node["dataset_type"]
    ]
    assert not [node["name"] for node in on_disk if node["layer"] is None]


def test_raw_layers_are_previewed_as_pictures(site, shown):
    for name in ("layer.magnetics", "layer.lithology", "layer.faults"):
        node = details(site, shown, name)
        assert node["preview_type"] == "ImagePreview"
        assert base64.b64decode(node["preview"]).startswith(b"\x89PNG")


def test_vectors_are_previewed_as_tables(site, shown):
    node = details(site, shown, "deposits")

    assert node["preview_type"] == "TablePreview"
    assert node["preview"]["columns"]


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
