"""A brownfield run beside the default's results: marked, sharded and blind to held-out deposits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from mineral_prospectivity.config import ComposingConfigLoader
from mineral_prospectivity.errors import StorageError
from mineral_prospectivity.experiments.comparison import load_results
from mineral_prospectivity.labels.deposit_density import (
    DEPOSIT_DENSITY,
    KnownDeposits,
    density_table,
    fit_column,
    likeliest_bandwidth,
)
from mineral_prospectivity.vae.cross_fitting import left_out_folds

BROWNFIELD = Path(__file__).parents[2] / "conf/brownfield"
NAME = DEPOSIT_DENSITY.name


@pytest.fixture(scope="module")
def finished_brownfield(drawn, tmp_path_factory):
    made = drawn.copy(tmp_path_factory.mktemp("brownfield"))
    shutil.copytree(BROWNFIELD, made.conf / "brownfield")
    made.run(
        env="small+brownfield",
        evaluation={"baselines": ["prevalence", "logistic_regression"]},
        uncertainty={"shards": 2},
        folds={"count": 4},
    )
    return made


@pytest.fixture(scope="module")
def storage(finished_brownfield):
    return finished_brownfield.storage


def test_results_lie_beside_those_of_the_default(storage):
    for layer in (path for path in storage.iterdir() if path.name > "02"):
        assert [path.name for path in layer.iterdir()] == ["small-brownfield"]


def test_scores_and_report_say_what_they_speak_of(storage):
    folder = storage / "08_reporting/small-brownfield"
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["scored"]["brownfield"] is True
    assert "say nothing of new districts" in metrics["notes"]["brownfield"]
    assert metrics["notes"]["brownfield"] in (folder / "report.html").read_text()


def test_the_map_reads_the_density_of_all_deposits(storage):
    cells = pd.read_parquet(storage / "05_model_input/small-brownfield/cells.parquet")
    with rasterio.open(storage / "03_primary/small-brownfield/evidence.tif") as source:
        assert source.descriptions[-1] == NAME
        last = source.read(source.count)
    known = KnownDeposits.of(cells, (), likeliest_bandwidth(cells))
    expected = known.log_density(cells[["x", "y"]].to_numpy())
    np.testing.assert_allclose(last.ravel()[cells["cell"]], expected, rtol=1e-5)
    with rasterio.open(storage / "08_reporting/small-brownfield/maps/probability.tif") as source:
        assert np.isfinite(source.read(1).ravel()[cells["cell"]]).all()


def test_held_out_deposits_are_unknown_in_the_table(storage):
    folder = storage / "05_model_input/small-brownfield"
    evidence, cells = (pd.read_parquet(folder / f"{one}.parquet") for one in ("evidence", "cells"))
    for left_out in left_out_folds(4, nested=True):
        known = cells.assign(deposits=cells["deposits"].where(~cells["fold"].isin(left_out), 0))
        expected = density_table(known, [left_out])[fit_column(left_out)]
        np.testing.assert_array_equal(evidence[fit_column(left_out)], expected)


def test_targets_are_held_against_the_density_that_the_map_reads(storage):
    """A background that reads no deposits of its own fold would make every target look rich."""
    cells = pd.read_parquet(storage / "05_model_input/small-brownfield/cells.parquet")
    with rasterio.open(storage / "03_primary/small-brownfield/evidence.tif") as source:
        density = source.read(source.count).ravel()[cells["cell"]]
    drivers = pd.read_csv(storage / "08_reporting/small-brownfield/target_drivers.csv")
    typical = drivers.loc[drivers["band"] == NAME, "typical"]
    background = (cells["label"] == 0).to_numpy()
    assert len(typical)
    np.testing.assert_allclose(typical, np.median(density[background]), atol=0.02)


def test_the_layers_importance_tells_of_the_density(storage):
    table = pd.read_csv(storage / "08_reporting/small-brownfield/layer_importance.csv")
    assert NAME in set(table["layer"])


def test_its_name_in_a_comparison_is_that_of_its_results(finished_brownfield):
    loader = ComposingConfigLoader(
        finished_brownfield.conf, env="small+brownfield", runtime_params={"folds": {"count": 4}}
    )
    found = load_results(loader)
    assert found.name == "small-brownfield"
    found = ComposingConfigLoader(finished_brownfield.conf, env="small")
    with pytest.raises(StorageError, match=r"kedro run --env small$"):
        load_results(found)
