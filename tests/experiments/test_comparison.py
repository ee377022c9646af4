"""Experiments side by side, with what cannot be compared left out and explained."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mineral_prospectivity.config import ComposingConfigLoader
from mineral_prospectivity.errors import StorageError
from mineral_prospectivity.experiments.comparison import (
    Results,
    agreement,
    caveats_of,
    compare_maps,
    compare_scores,
    load_results,
    pairs_of,
    scores_of,
    shared_targets,
    what_differs,
)
from mineral_prospectivity.experiments.comparison_files import write_comparison
from mineral_prospectivity.experiments.paired import paired_scores
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import cell_centres, make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.parameters import Parameters
from mineral_prospectivity.reporting.comparisons import find_score
from mineral_prospectivity.scoring.evaluation import evaluate

PROJECT = Path(__file__).parents[2]
RNG = np.random.default_rng(3)
GRID = make_grid("EPSG:32633", 100.0, (0, 0, 4_000, 3_000))
MAP = RNG.uniform(0, 0.2, (30, 40)).astype(np.float32)


def raster(values, grid=GRID):
    return Raster(grid, (Band("probability"),), lambda window: values[None, *window.slices])


def held_out(values=MAP, grid=GRID):
    """Return predictions of every cell; sixty cells hold a deposit, each a cluster of its own."""
    cell = np.arange(values.size)
    label = np.isin(cell, np.random.default_rng(5).choice(values.size, 60, replace=False))
    x, y = cell_centres(grid, cell)
    return pd.DataFrame({
        "cell": cell, "x": x, "y": y, "label": label.astype(np.int8), "deposits": label * 1,
        "cluster": np.where(label, np.cumsum(label) - 1, -1), "weight": 1.0,
        "probability": np.clip(0.2 * label + values.ravel().astype(float), 1e-6, 1 - 1e-6),
    })  # fmt: skip


def parameters(**changes):
    grid = {"crs": "EPSG:32633", "resolution": 100.0}
    given = {"experiment": "a", "grid": grid, "folds": {"block_size": 500.0}}
    return Parameters.model_validate({**given, "evaluation": {"bootstrap": 80}, **changes})


def result(name, values=MAP, grid=GRID, box=(0, 0, 1_000, 1_000), deposits=20):
    score = {"value": 0.8, "low": 0.7, "high": 0.9}
    ensemble = {
        **dict.fromkeys(("roc_auc", "average_precision", "nll"), score),
        "brier": {"absent": "one class only"},
        "capture": {"0.05": {"value": 0.5, "interval": {"absent": "few clusters"}}},
    }
    metrics = {
        "models": {"ensemble": ensemble},
        "scored": {
            "deposits": deposits,
            "deposit_clusters": deposits,
            "prevalence": deposits / 1000,
        },
    }
    targets = gpd.GeoDataFrame(geometry=[shapely.box(*box)], crs=str(grid.crs))
    layers = {"layer.gravity": "kind: continuous"}
    return Results(
        name, metrics, raster(values, grid), targets, held_out(values, grid), parameters(), layers
    )


def test_a_map_agrees_with_itself_and_with_what_keeps_its_order():
    same = compare_maps(result("a"), result("b"))
    assert (same.rank_correlation, same.mean_difference) == (pytest.approx(1), 0)
    assert set(same.overlap.values()) == {1.0}
    squared = compare_maps(result("a"), result("b", MAP**2))
    assert squared.rank_correlation == pytest.approx(1)
    assert squared.mean_difference == pytest.approx(float((MAP**2 - MAP).mean()), rel=1e-5)


def test_independent_maps_share_their_top_by_chance():
    first, second = RNG.random((2, 200_000))
    found = agreement(first, second)
    assert found.overlap[0.1] == pytest.approx(0.1, abs=0.01)
    assert abs(found.rank_correlation) < 0.01


def test_only_cells_that_both_have_are_compared():
    holes = MAP.copy()
    holes[:10] = np.nan
    assert compare_maps(result("a"), result("b", holes)).cells == 20 * 40


def test_other_grids_are_not_compared():
    other = make_grid("EPSG:32633", 200.0, (0, 0, 4_000, 3_000))
    assert compare_maps(result("a"), result("b", MAP[:15, :20], other)) == (
        "their grids differ: a has 40 x 30 cells of 100 m from 0, 0 in EPSG:32633; b has 20 x 15 "
        "cells of 200 m from 0, 0 in EPSG:32633. "
        "Give both the same grid.crs, grid.bounds and grid.resolution"
    )


def test_targets_are_shared_by_area():
    half = result("b", box=(500, 0, 1_500, 1_000))
    assert shared_targets(result("a"), half) == pytest.approx(1 / 3)


def test_other_regions_share_no_targets():
    far = make_grid("EPSG:32633", 100.0, (90_000, 0, 94_000, 3_000))
    assert shared_targets(result("a"), result("b", grid=far)) == "they lie in different regions"


def test_absent_scores_are_left_out_and_intervals_may_be_missing():
    scores = scores_of([result("a"), result("b")])
    assert list(scores["a"]) == ["roc_auc", "average_precision", "nll", "capture@0.05"]
    assert np.isnan(scores["a"]["capture@0.05"][1])


def test_other_deposits_are_a_caveat():
    found = caveats_of([result("a"), result("b", deposits=40)])
    assert "The experiments hold different deposits (a 20, b 40)." in found
    assert len(caveats_of([result("a"), result("b")])) == 1


def test_few_clusters_are_a_caveat():
    found = caveats_of([result("a", deposits=19), result("b", deposits=20)])
    assert any(line.startswith("There are few clusters of deposits in a: ") for line in found)


def test_the_files(tmp_path):
    other = make_grid("EPSG:32633", 200.0, (0, 0, 4_000, 3_000))
    results = [result("a"), result("b", 1 - MAP), result("c", MAP[:15, :20], other)]
    files = write_comparison(results, pairs_of(results), tmp_path / "made")
    names = [path.name for path in files]
    assert names == ["comparison.md", "scores.csv", "scores.png", "differences.png"]
    text = files[0].read_text()
    assert "| ROC-AUC | 0.8 (0.7 to 0.9) | 0.8 (0.7 to 0.9) | 0.8 (0.7 to 0.9) |" in text
    assert "| rank correlation | −1 | – | – |" in text
    assert "- Maps of a and c are not compared: their grids differ" in text
    assert files[1].read_text().startswith("experiment,score,value,low,high\na,roc_auc,0.8,0.7,0.9")


def scores_of_one(table):
    """Return what a run of an experiment writes of its own scores."""
    found = evaluate(table.assign(fold=0), models=["probability"], bootstrap=20)
    return found["models"]["ensemble"]


def test_paired_differences_are_those_of_the_scores(tmp_path):
    one, other = result("a"), result("b", MAP**2)
    found = {gap.score: gap for gap in compare_scores(one, other)}
    first, second = scores_of_one(one.held_out), scores_of_one(other.held_out)
    for name in ("roc_auc", "nll", "brier", "capture@0.05"):
        expected = find_score(second, name)["value"] - find_score(first, name)["value"]
        assert found[name].value == pytest.approx(expected, abs=1e-12)
        assert found[name].low <= found[name].value <= found[name].high
    assert found["nll"].verdict == "better"
    text = write_comparison([one, other], pairs_of([one, other]), tmp_path)[0].read_text()
    assert "| score | b less a |" in text
    assert re.search(r"\| Log loss \(NLL\) \| −0\.\d+ \(−0\.\d+ to −0\.\d+\): better \|", text)


def test_an_experiment_is_no_better_than_itself():
    same = compare_scores(result("a"), result("b"))
    assert {(gap.value, gap.verdict) for gap in same} == {(0.0, "not distinguishable")}


def test_scores_are_paired_on_the_cells_of_both():
    one, other = result("a"), result("b", MAP**2)
    fewer = other.held_out[other.held_out["cell"] % 3 > 0]
    gaps = {gap.score: gap.value for gap in paired_scores(one.held_out, fewer, one.parameters)}
    kept = one.held_out[one.held_out["cell"] % 3 > 0]
    expected = scores_of_one(fewer)["nll"]["value"] - scores_of_one(kept)["nll"]["value"]
    assert gaps["nll"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t: t.assign(label=1 - t["label"]), "labels or weights differ in 1,200 of the "),
        (
            lambda t: t[t["cell"] > 9].assign(weight=2.0),
            "labels or weights differ in 1,190 of the 1,190 cells of both",
        ),
        (lambda t: t[t["label"] == 0], "0 deposit clusters: a bootstrap needs at least 2"),
    ],
)
def test_what_cannot_be_paired_says_why(change, why):
    table = held_out()
    assert paired_scores(table, change(table), parameters()).startswith(why)


def test_other_samples_of_the_background_are_not_paired():
    table = held_out().assign(weight=2.0)
    found = paired_scores(table, table[table["cell"] > 9], parameters())
    assert found == "they hold different samples of the background; raise labels.max_background"


def test_scores_on_other_grids_are_not_paired():
    other = make_grid("EPSG:32633", 200.0, (0, 0, 4_000, 3_000))
    assert compare_scores(result("a"), result("b", MAP[:15, :20], other)).startswith("their grids")


def test_what_differs_are_parameters_and_layers_that_are_not_the_same(tmp_path):
    one, other = result("a"), result("b")
    assert what_differs([one, other]) == {}
    text = write_comparison([one, other], pairs_of([one, other]), tmp_path)[0].read_text()
    assert "## What differs\n\nNothing.\n" in text
    other = replace(
        other,
        parameters=parameters(experiment="b", ensemble={"size": 3}),
        layers={"layer.faults": "kind: lines"},
    )
    assert what_differs([one, other]) == {
        "ensemble.size": ["5", "3"],
        "layer.gravity": ["kind: continuous", None],
        "layer.faults": [None, "kind: lines"],
    }
    text = write_comparison([one, other], pairs_of([one, other]), tmp_path)[0].read_text()
    assert "| layer.faults | not set | kind: lines |" in text


def test_brownfield_scores_are_told_apart():
    green, brown = result("lake"), result("lake-brownfield")
    brown.metrics["scored"]["brownfield"] = True
    assert not any("brownfield" in line for line in caveats_of([green, result("other")]))
    assert not any("brownfield" in line for line in caveats_of([brown, brown]))
    (found,) = [line for line in caveats_of([green, brown]) if "brownfield" in line]
    assert found.startswith("The density of known deposits is evidence in lake-brownfield")


def test_results_of_an_overlay_are_looked_for_where_its_runs_write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loader = ComposingConfigLoader(PROJECT / "conf", env="demo+paper")

    with pytest.raises(StorageError) as raised:
        load_results(loader)

    assert "data/*/demo-paper. Run it first: kedro run --env demo+paper" in str(raised.value)
