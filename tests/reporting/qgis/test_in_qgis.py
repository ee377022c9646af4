"""QGIS itself opens the project, without a screen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from mineral_prospectivity.reporting import qgis

SCRIPT = Path(__file__).with_name("open_in_qgis.py")
CANDIDATES = ("/usr/bin/python3", "python3")
"""Interpreters that may have QGIS: it comes with the system's, not with that of an environment."""


def interpreter():
    for candidate in CANDIDATES:
        found = shutil.which(candidate)
        asked = [found, "-c", "import qgis.core"]
        if found and subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return found
    pytest.skip("QGIS is not installed: on Debian, apt-get install python3-qgis qgis-providers")


@pytest.fixture(scope="module")
def moved(folder, tmp_path_factory):
    """Return the folder after it was copied elsewhere."""
    return shutil.copytree(folder, tmp_path_factory.mktemp("elsewhere") / "a copy")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def found(moved, pictures):
    done = subprocess.run(
        [interpreter(), str(SCRIPT), str(moved / "small.qgz"), str(pictures)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(pictures), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_project_opens_with_its_crs_and_metadata(found):
    assert found["opened"]
    assert found["crs"] == "EPSG:32633"
    assert found["title"] == "Mineral prospectivity: small"
    assert "Probability" in found["abstract"]
    assert not found["absolute_paths"]
    assert found["bookmarks"][0] == "Target 1"


def test_every_layer_is_valid_and_comes_from_the_copied_folder(found, moved):
    assert len(found["layers"]) > len(qgis.MAPS)
    for key, layer in found["layers"].items():
        assert layer["valid"], key
        assert layer["source"].startswith(str(moved)), key
        assert layer["crs"] == "EPSG:32633", key


def test_only_targets_deposits_and_probability_are_shown_first(found):
    assert found["checked"] == ["features_targets", "features_deposits", "surface_probability"]


def test_maps_have_their_styles_in_the_project_and_alone(found):
    for one in qgis.MAPS:
        kind = "singlebandpseudocolor" if one.ramp else "paletted"
        within, alone = found["layers"][f"surface_{one.name}"], found["alone"][f"{one.name}.tif"]
        assert within["renderer"] == alone["renderer"] == kind
        assert within["legend"] == alone["legend"]
        assert within["legend"]
        assert within["abstract"] == one.reading


@pytest.mark.parametrize("name", qgis.FEATURES)
def test_features_have_labels_forms_and_fonts(found, inputs, name):
    within, alone = found["layers"][f"features_{name}"], found["alone"][f"{name}.gpkg"]
    for layer in (within, alone):
        assert layer["labels"]
        assert not layer["missing_font"]
        assert layer["tabs"]
        assert set(layer["aliases"]) == set(layer["fields"]) - {"fid"}
    assert within["tabs"] == alone["tabs"]
    assert within["tip"] == alone["tip"]


def test_themes_show_their_layers(found):
    assert set(found["themes"]["Where: probability and targets"]) == {
        "features_deposits", "features_targets", "surface_probability",
    }  # fmt: skip
    assert all(len(layers) == 3 for layers in found["themes"].values())
    assert sorted(found["layouts"]) == sorted(found["themes"])


def test_every_picture_shows_something(found, pictures):
    drawn = sorted(pictures.glob("*.png"))
    assert len(drawn) == 1 + 4 + 4 + 6  # first view, themes, pages, groups that hold layers
    for picture in drawn:
        colours = np.unique(
            (imread(picture)[::10, ::10, :3] * 255).astype(int).reshape(-1, 3), axis=0
        )
        assert len(colours) > 4, picture.name


def test_qgis_computes_no_statistics_of_its_own(found, moved):
    assert not list(moved.rglob("*.aux.xml"))
