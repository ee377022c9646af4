"""Results that are damaged, or older than what they rest on, are refused."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from kedro.framework.session import KedroSession

from mineral_prospectivity.errors import BundleError, OutdatedError, StorageError
from mineral_prospectivity.reporting.qgis import MAPS
from mineral_prospectivity.vae.bundle import MemberBundle

from .changes import deposits, entry, raster, refused
from .conftest import PROJECT


@pytest.fixture(scope="module")
def mapped(engineered, tmp_path_factory):
    """Return an experiment with members and maps."""
    experiment = engineered.copy(tmp_path_factory.mktemp("mapped"))
    experiment.set_parameters(evaluation={"baselines": [], "bootstrap": 50})
    experiment.run("training")
    experiment.run("uncertainty")
    experiment.run("evaluation")
    return experiment


def cut_off(experiment):
    path = experiment.model("member_001.safetensors")
    path.write_bytes(path.read_bytes()[:-100])


def tampered_with(experiment):
    path = experiment.model("member_001.safetensors")
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def tampered_header(experiment):
    path = experiment.model("member_001.safetensors")
    path.write_bytes(path.read_bytes().replace(b"member", b"mumber", 1))


def engineered_again(change=lambda experiment: None, **params):
    """Run data engineering on changed data or with other parameters, and nothing after it."""

    def again(experiment):
        change(experiment)
        experiment.run("data_engineering", **params)

    return again


def made_of_old(name, **groups):
    """Let a document say that it was made with these parameters."""

    def change(experiment):
        path = experiment.output(f"{name}.json")
        path.write_text(json.dumps(json.loads(path.read_text()) | {"made_with": groups}))

    return change


def damaged_calibration(experiment):
    path = experiment.model("calibration.json")
    path.write_bytes(path.read_bytes()[:-9])


def of_other_data(experiment):
    path = experiment.model("calibration.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"training_data": "f" * 64}))


def more_layers(experiment):
    gravity = {"filepath": str(experiment.raw("gravity.tif")), "kind": "continuous"}
    kind = experiment.catalog()["layer.magnetics"]["type"]
    experiment.change("layer.gravity", type=kind, **gravity)


DAMAGED = (
    "<storage>/06_models/small/member_001.safetensors: the member bundle is damaged: its content "
    "does not have the SHA-256 that it states. Copy it again, or train the member again"
)


BAD_RESULTS = {
    "member cut off": (
        cut_off,
        "uncertainty",
        {},
        BundleError,
        "<storage>/06_models/small/member_001.safetensors: the member bundle is cut off or "
        "damaged (Error while deserializing: incomplete metadata, file not fully covered). Copy "
        "it again, or train the member again",
    ),
    "member tampered with": (
        tampered_with,
        "uncertainty",
        {},
        BundleError,
        DAMAGED,
    ),
    "member whose header was tampered with": (
        tampered_header,
        "uncertainty",
        {},
        BundleError,
        DAMAGED,
    ),
    "members that were never trained": (
        lambda experiment: None,
        "uncertainty",
        {"ensemble": {"size": 4}},
        StorageError,
        "files that this run reads are missing:\n"
        "  - member_003.bundle (<storage>/06_models/small/member_003.safetensors): run training "
        "first\n"
        "  - members_002_003.inner (<storage>/06_models/small/members_002_003_inner.parquet): run "
        "training first\n"
        "  - members_002_003.out_of_fold "
        "(<storage>/06_models/small/members_002_003_out_of_fold.parquet): run training first\n"
        "  - members_002_003.permuted "
        "(<storage>/06_models/small/members_002_003_permuted.parquet): run training first",
    ),
    "layers in another order": (
        engineered_again(lambda experiment: experiment.keep("faults", "magnetics", "lithology")),
        "uncertainty",
        {},
        BundleError,
        "band 1 of the evidence is 'faults_distance', the members expect 'magnetics' there. "
        "Select the bands in the order of Ensemble.bands, or train the members again",
    ),
    "another number of layers": (
        engineered_again(more_layers),
        "uncertainty",
        {},
        BundleError,
        "the members expect 11 bands, the evidence has 12; missing: none; not expected: "
        "'gravity'. Declare the layers as they were, or train the members again",
    ),
    "a layer in another unit": (
        engineered_again(entry("layer.magnetics", unit="T")),
        "uncertainty",
        {},
        BundleError,
        "band 'magnetics' has the unit 'T', the members were trained with 'nT'. Convert it, or "
        "train the members again",
    ),
    "other values of a layer": (
        engineered_again(raster("magnetics", np.arange(160) % 37)),
        "uncertainty",
        {},
        OutdatedError,
        "member_000: made with other evidence, labels or folds than data_engineering has written "
        "since. Run training again",
    ),
    "other values of a layer, before the scores": (
        engineered_again(raster("magnetics", np.arange(160) % 37)),
        "evaluation",
        {},
        OutdatedError,
        "members: made with other evidence, labels or folds than data_engineering has written "
        "since. Run training and uncertainty again",
    ),
    "other values of a layer, before the targets": (
        engineered_again(raster("magnetics", np.arange(160) % 37)),
        "risk",
        {},
        OutdatedError,
        "members: made with other evidence, labels or folds than data_engineering has written "
        "since. Run training, uncertainty and evaluation again",
    ),
    "other deposits, before the targets": (
        engineered_again(deposits(lambda frame: frame.iloc[:-1])),
        "risk",
        {},
        OutdatedError,
        "predictions of the ensemble: made with other folds than data_engineering has written "
        "since. Run training, uncertainty and evaluation again",
    ),
    "another grid, before the maps": (
        engineered_again(grid={"resolution": 1000.0}),
        "uncertainty",
        {"grid": {"resolution": 1000.0}},
        OutdatedError,
        "member_000: made with other evidence, labels or folds than data_engineering has written "
        "since. Run training again",
    ),
    "another grid, before the scores": (
        engineered_again(grid={"resolution": 1000.0}),
        "evaluation",
        {"grid": {"resolution": 1000.0}, "evaluation": {"baselines": []}},
        OutdatedError,
        "prediction: made with other cells than data_engineering has written since. Run training "
        "and uncertainty again",
    ),
    "another grid, before the targets": (
        engineered_again(grid={"resolution": 1000.0}),
        "risk",
        {"grid": {"resolution": 1000.0}},
        OutdatedError,
        "prediction: made with other cells than data_engineering has written since. Run training "
        "and uncertainty again",
    ),
    "other folds, before the maps": (
        engineered_again(folds={"seed": 1}),
        "uncertainty",
        {"folds": {"seed": 1}},
        OutdatedError,
        "member_000: made with other evidence, labels or folds than data_engineering has written "
        "since. Run training again",
    ),
    "other folds, before the scores": (
        engineered_again(folds={"seed": 1}),
        "evaluation",
        {"folds": {"seed": 1}, "evaluation": {"baselines": ["prevalence"]}},
        OutdatedError,
        "predictions of the ensemble: made with other folds than data_engineering has written "
        "since. Run training and uncertainty again",
    ),
    "another grid and context than the data have": (
        lambda experiment: None,
        "risk",
        {"grid": {"resolution": 250.0, "context": 4000.0}},
        OutdatedError,
        "the data were made with other parameters. Run data_engineering again:\n"
        "  - grid.context is 4000.0, it was null\n"
        "  - grid.resolution is 250.0, it was 500.0",
    ),
    "another number of folds": (
        lambda experiment: None,
        "training",
        {"folds": {"count": 4}},
        OutdatedError,
        "the data were made with other parameters. Run data_engineering again:\n"
        "  - folds.count is 4, it was 3",
    ),
    "a parameter of the data that is gone": (
        made_of_old("data_quality", labels={"halo": 3.0}, alignment={"nodata": "auto"}),
        "training",
        {},
        OutdatedError,
        "the data were made with other parameters. Run data_engineering again:\n"
        "  - labels.halo was 3.0, and is no longer a parameter\n"
        '  - alignment.nodata was "auto", and is no longer a parameter',
    ),
    "maps of members of another model": (
        lambda experiment: None,
        "uncertainty",
        {"model": {"steps": 60}, "ensemble": {"seed": 5, "diversity": "clusters"}},
        OutdatedError,
        "the members were trained with other parameters. Run training again:\n"
        "  - model.steps is 60, it was 40\n"
        "  - ensemble.seed is 5, it was 0\n"
        '  - ensemble.diversity is "clusters", it was "seeds"',
    ),
    "scores of members of another seed": (
        lambda experiment: None,
        "evaluation",
        {"ensemble": {"seed": 5}},
        OutdatedError,
        "the members were trained with other parameters. Run training, uncertainty and evaluation "
        "again:\n"
        "  - ensemble.seed is 5, it was 0",
    ),
    "targets of another ensemble, calibrated and scored in another way": (
        lambda experiment: None,
        "risk",
        {
            "ensemble": {"size": 4},
            "uncertainty": {"calibration": "none"},
            "evaluation": {"bootstrap": 60},
        },
        OutdatedError,
        "the members were trained with other parameters. Run training, uncertainty and evaluation "
        "again:\n"
        "  - ensemble.size is 4, it was 3\n"
        "the members were calibrated with other parameters. Run uncertainty and evaluation again:\n"
        '  - uncertainty.calibration is "none", it was "platt"\n'
        "the scores were computed with other parameters. Run evaluation again:\n"
        "  - evaluation.bootstrap is 60, it was 50",
    ),
    "scores of a map that has been trained anew since": (
        made_of_old("metrics", model={"kind": "vae", "steps": 60}),
        "risk",
        {},
        OutdatedError,
        "the scores were computed with other parameters. Run evaluation again:\n"
        "  - model.steps is 40, it was 60",
    ),
    "maps of members of another kind of model": (
        lambda experiment: experiment.set_parameters(model={"kind": "cvae"}),
        "uncertainty",
        {},
        OutdatedError,
        "the members were trained with other parameters. Run training again:\n"
        '  - model.kind is "cvae", it was "vae"',
    ),
}


WRITTEN_BEFORE = {
    "evaluation": {
        "07_model_output/small/baselines_out_of_fold.parquet",
        "07_model_output/small/oof_predictions.parquet",
        "08_reporting/small/layer_importance.csv",
    },
    "risk": {
        "07_model_output/small/economics.tif",
        "07_model_output/small/hot_spots.tif",
        "08_reporting/small/maps/risk_adjusted_return.tif",
        "08_reporting/small/maps/risk_return.tif",
        "08_reporting/small/next_samples.gpkg",
    }
    | {f"08_reporting/small/maps/{one.name}.qml" for one in MAPS},
}
"""Files of nodes that were done before the one that refused."""


@pytest.mark.parametrize("case", BAD_RESULTS)
def test_bad_results(case, mapped, tmp_path):
    change, pipeline, params, kind, message = BAD_RESULTS[case]
    experiment = mapped.copy(tmp_path)
    change(experiment)
    before = experiment.written()

    assert refused(experiment, pipeline, **params) == (kind, message)

    changed = {name for name, _ in experiment.written().items() ^ before.items()}
    assert changed <= WRITTEN_BEFORE.get(pipeline, set())


def test_a_job_leaves_it_to_who_dispatched_it(mapped, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_BATCH_JOB_ID", "5c1f")
    experiment = mapped.copy(tmp_path)
    experiment.run("risk", ensemble={"seed": 5})
    assert experiment.output("report.html").exists()


def test_members_of_another_training_do_not_mix(mapped, tmp_path):
    """One pack was trained again with another diversity, the other was not."""
    experiment = mapped.copy(tmp_path)
    path = experiment.model("member_002.safetensors")
    bundle = MemberBundle.load(path)
    replace(bundle, header=replace(bundle.header, diversity="clusters")).save(path)
    assert refused(experiment, "uncertainty") == (
        BundleError,
        "member_002 was trained with another ensemble.diversity (clusters) than member_000 "
        "(seeds). Train it again",
    )


def test_a_damaged_calibration_is_named_before_work_is_spent(mapped, tmp_path):
    experiment = mapped.copy(tmp_path)
    damaged_calibration(experiment)
    before = experiment.written()
    kind, message = refused(experiment, "evaluation")
    assert kind is StorageError
    assert message.startswith("<storage>/06_models/small/calibration.json: is no JSON")
    assert experiment.written() == before


def test_maps_are_made_with_a_calibration_of_the_same_data(mapped, tmp_path):
    experiment = mapped.copy(tmp_path)
    of_other_data(experiment)
    with (
        KedroSession.create(PROJECT, conf_source=str(experiment.conf), env="small") as session,
        pytest.raises(Exception, match="was fitted to the training data ffffffffffff, member_000"),
    ):
        session.run(pipeline_names=["uncertainty"], node_names=["uncertainty.predict_map"])


def test_targets_on_ground_that_was_not_explained_are_refused(mapped, tmp_path):
    experiment = mapped.copy(tmp_path)
    wide = {"targets": {"area_share": 0.9}, "hot_spots": {"significance": 0.9}}
    kind, message = refused(experiment, "risk", risk=wide)
    assert kind is OutdatedError
    assert message.endswith(
        "cells of targets are not explained; it was made for less ground than "
        "risk.targets.area_share = 0.9. Run uncertainty again"
    )
    assert not experiment.output("targets.gpkg").exists()


def test_a_map_without_a_hot_spot_has_a_report_and_no_target(mapped, tmp_path):
    experiment = mapped.copy(tmp_path)
    experiment.run("risk", risk={"hot_spots": {"significance": 1e-300}})
    assert gpd.read_file(experiment.output("targets.gpkg")).empty
    assert pd.read_csv(experiment.output("targets.csv")).empty
    summary = json.loads(experiment.output("risk_summary.json").read_text())
    assert summary["targets"]["found"] == summary["hot_spots"]["significant"] == 0
    assert experiment.output("report.html").exists()
