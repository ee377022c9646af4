"""The paper's configuration, end to end on a small experiment, beside the default's results."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio

from mineral_prospectivity import load_ensemble

PAPER = Path(__file__).parents[2] / "conf/paper"


@pytest.fixture(scope="module")
def finished_paper(drawn, tmp_path_factory):
    made = drawn.copy(tmp_path_factory.mktemp("paper"))
    shutil.copytree(PAPER, made.conf / "paper")
    made.run(
        env="small+paper",
        ensemble={"size": 4},
        model={"generated": 200, "classifier_steps": 50},
        evaluation={"baselines": ["prevalence"]},
    )
    return made.storage


def test_results_lie_beside_those_of_the_default(finished_paper):
    written = {path.name for path in finished_paper.iterdir() if path.name > "02"}
    assert written
    for layer in written:
        assert [path.name for path in (finished_paper / layer).iterdir()] == ["small-paper"]
    assert "small-paper" in (finished_paper / "08_reporting/small-paper/report.html").read_text()


def test_the_members_load_through_the_one_interface(finished_paper):
    ensemble = load_ensemble(finished_paper / "06_models/small-paper", device="cpu")
    assert len(ensemble.ensemble.names) == 4
    cells = ensemble.predict(np.full((3, len(ensemble.bands)), 0.5))
    np.testing.assert_allclose(cells.aleatoric**2 + cells.epistemic**2, cells.total**2, atol=1e-12)


def test_risk_is_relative_uncertainty_in_four_categories(finished_paper):
    folder = finished_paper / "08_reporting/small-paper"
    summary = json.loads((folder / "risk_summary.json").read_text())
    with rasterio.open(folder / "maps/risk_return.tif") as source:
        categories = source.read(1)
    with (
        rasterio.open(folder / "maps/probability.tif") as p,
        rasterio.open(folder / "maps/epistemic.tif") as sigma,
    ):
        risk = sigma.read(1) / p.read(1)
    assert summary["risk"]["measure"] == "relative"
    high = np.isin(categories, (2, 3))
    inside = categories > 0
    assert (risk[inside & high] > summary["risk"]["threshold"]).all()
    assert (risk[inside & ~high] <= summary["risk"]["threshold"]).all()


def test_zones_are_scored_as_fit_and_held_out(finished_paper):
    folder = finished_paper / "08_reporting/small-paper"
    zones = json.loads((folder / "risk_summary.json").read_text())["zones"]
    for zone in (zones["fit"], zones["held_out"]):
        capture = zone["capture"]
        assert capture["low"] <= capture["value"] <= capture["high"]
        assert capture["value"] == zone["captured"] / zone["deposits"]
        assert 0 < zone["area_share"] < 0.5
