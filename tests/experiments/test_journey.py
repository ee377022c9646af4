"""From a folder of odd files to targets, with the commands that a new user types."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import geopandas as gpd
import pytest
import rasterio
import yaml
from click.testing import CliRunner

from mineral_prospectivity.cli import cli
from mineral_prospectivity.geo.geotiff import read_geotiff

SMALL = """
ensemble: {size: 2}
model: {steps: 20, head_columns: 16, head_pairs: 8, head_background: 300}
evaluation: {bootstrap: 50, baselines: [prevalence, logistic_regression]}
"""


def kedro(project, *arguments):
    """Return how a command ends."""
    return subprocess.run(
        [sys.executable, "-m", "kedro", *map(str, arguments)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


@pytest.fixture(scope="module")
def travelled(survey, make_project):
    """Return the project after new, check and run, and what the commands said."""
    project = make_project()
    layers, deposits = survey
    given = ["--layers", layers, "--deposits", deposits, "--resolution", "500"]
    new = kedro(project, "experiment", "new", "lagos", *given)
    assert new.returncode == 0, new.stderr
    parameters = project / "conf/lagos/parameters.yml"
    parameters.write_text(parameters.read_text() + SMALL)
    check = kedro(project, "experiment", "check", "lagos")
    assert check.returncode == 0, check.stdout + check.stderr
    run = kedro(project, "run", "--env", "lagos", "--params", "folds.count=3")
    assert run.returncode == 0, run.stderr
    return project, new.stdout, check.stdout


def test_what_was_guessed(travelled):
    project, _, _ = travelled
    catalog = yaml.safe_load((project / "conf/lagos/catalog_layers.yml").read_text())
    shown = {
        name: {k: v for k, v in entry.items() if k not in ("type", "filepath", "metadata")}
        for name, entry in catalog.items()
    }
    assert shown == {
        "layer.geologie": {"kind": "polygons", "column": "GESTEIN", "derive": ["contacts"]},
        "layer.k_pct": {"kind": "continuous", "nodata": 0.0, "unit": "%"},
        "layer.schwere": {"kind": "continuous"},
        "layer.stoerungen": {"kind": "lines", "derive": [{"density": [3000.0]}]},
        "layer.tmi_rtp_nt": {
            "kind": "continuous",
            "nodata": -9999.0,
            "unit": "nT",
            "derive": ["gradient"],
        },
        "deposits": {},
    }
    parameters = yaml.safe_load((project / "conf/lagos/parameters.yml").read_text())
    assert parameters["grid"] == {
        "crs": "EPSG:32634",
        "resolution": 500.0,
        "context": 4000.0,
        "bounds": None,
    }


def test_what_was_doubted_is_said_and_written(travelled):
    project, said, _ = travelled
    for doubt in (
        "of the values are -9999, which often means none, and all others lie far from it",
        "of the picture is a frame of exact zeros, and inside it are none",
        "1 lie exactly where another does; each place counts once",
        "they are left out",
    ):
        assert doubt in said
    written = (project / "conf/lagos/parameters.yml").read_text()
    assert "STATUS_201: in Abbau (" in written
    assert "closed (" in written


def test_raw_files_lie_where_every_environment_finds_them(travelled, survey):
    project, _, _ = travelled
    raw = project / "data/01_raw/lagos"
    names = {path.relative_to(raw).as_posix() for path in raw.rglob("*") if path.is_file()}
    assert {"Störungen.shp", "Störungen.dbf", "K_pct.tif", "deposits/Vorkommen.shx"} <= names
    assert "readme.txt" not in names


def test_the_picture_and_the_results_are_there(travelled):
    project, _, _ = travelled
    results = project / "data/08_reporting/lagos"
    assert (results / "layers.png").read_bytes().startswith(b"\x89PNG")
    assert "lagos" in (results / "report.html").read_text()
    targets = gpd.read_file(results / "targets.gpkg")
    assert len(targets) > 0
    assert targets.crs == "EPSG:32634"
    maps = read_geotiff(results / "maps/probability.tif")
    with rasterio.open(project / "data/01_raw/lagos/TMI RTP (nT).tif") as file:
        assert rasterio.coords.disjoint_bounds(file.bounds, maps.grid.boundingbox) is False


def test_the_members_say_whether_they_read_the_context(travelled):
    project, _, _ = travelled
    told = json.loads((project / "data/06_models/lagos/members.json").read_text())
    assert re.fullmatch(
        r"\d of 2 members, \d+ of \d+ fits that left out a fold", told["context_read_by"]
    )
    evidence = read_geotiff(project / "data/03_primary/lagos/evidence.tif")
    assert [band.context for band in evidence.bands] == sorted(
        [band.context for band in evidence.bands]
    )
    assert "schwere_within_4000m" in evidence.names
    results = project / "data/08_reporting/lagos"
    assert "within_4000m" not in (results / "data_quality.json").read_text()
    drivers = (results / "target_drivers.csv").read_text()
    assert "within_4000m" not in drivers or told["context_readers"] > 0


def test_baselines_are_scored_with_the_context_and_without(travelled):
    project, _, _ = travelled
    results = project / "data/08_reporting/lagos"
    scored = json.loads((results / "metrics.json").read_text())["models"]
    assert {"prevalence", "logistic_regression", "logistic_regression_context"} <= set(scored)
    assert "prevalence_context" not in scored
    assert "Logistic regression, with context" in (results / "report.html").read_text()


def test_the_check_tells_what_is_there_and_what_is_doubtful(travelled):
    _, _, said = travelled
    assert "cells of 500 m, EPSG:32634" in said
    assert "bands of 5 layers" in said
    assert "lagos can run: kedro run --env lagos" in said


def refused(project, monkeypatch, *arguments):
    """Return what a command is refused with, in this process."""
    monkeypatch.chdir(project)
    result = CliRunner().invoke(cli, ["experiment", *map(str, arguments)])
    assert result.exit_code == 1, result.output
    return result.output


def test_an_experiment_is_not_overwritten(travelled, survey, monkeypatch):
    project, _, _ = travelled
    layers, deposits = survey
    before = (project / "conf/lagos/parameters.yml").read_bytes()
    said = refused(project, monkeypatch, "new", "lagos", "--layers", layers, "--deposits", deposits)
    assert "exists already. Take another name, or --force to write it anew" in said
    assert (project / "conf/lagos/parameters.yml").read_bytes() == before


def test_what_has_not_run_cannot_be_compared(travelled, monkeypatch):
    project, _, _ = travelled
    said = refused(project, monkeypatch, "compare", "lagos", "demo")
    assert "Run it first: kedro run --env demo" in said
