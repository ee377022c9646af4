"""A whole run on a small experiment: what users and scripts rely on."""

from __future__ import annotations

import hashlib
import json
import zipfile
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rio_cogeo import cog_validate

FLOAT_MAPS = [
    "probability",
    "aleatoric",
    "latent",
    "epistemic",
    "total",
    "mutual_information",
    "log_odds_mean",
    "log_odds_sd",
    "novelty",
    "risk_adjusted_return",
]


def read(experiment, name):
    with rasterio.open(experiment.output("maps", f"{name}.tif")) as source:
        return source.read(1).astype(float)


@pytest.mark.parametrize("name", [*FLOAT_MAPS, "risk_return"])
def test_maps_are_cloud_optimised_with_unit_and_description(finished, name):
    path = finished.output("maps", f"{name}.tif")
    valid, errors, _ = cog_validate(path, quiet=True)
    with rasterio.open(path) as source:
        assert source.count == 1
        assert source.dtypes[0] == ("uint8" if name == "risk_return" else "float32")
        assert source.descriptions[0] == name
        assert source.units[0]
        assert source.tags(1)["description"]

    assert valid, errors


def test_float_maps_mark_missing_by_nan(finished):
    for name in FLOAT_MAPS:
        with rasterio.open(finished.output("maps", f"{name}.tif")) as source:
            assert np.isnan(source.nodata)


def test_categories_have_names_and_colours(finished):
    with rasterio.open(finished.output("maps", "risk_return.tif")) as source:
        colours = source.colormap(1)
        values = set(np.unique(source.read(1))) - {0}

    assert values <= {1, 2, 3, 4}
    assert len({colours[value] for value in (1, 2, 3, 4)}) == 4


def test_uncertainties_add_up_on_the_maps(finished):
    p, total = read(finished, "probability"), read(finished, "total")
    aleatoric, epistemic = read(finished, "aleatoric"), read(finished, "epistemic")

    np.testing.assert_allclose(total**2, p * (1 - p), atol=1e-7)
    np.testing.assert_allclose(aleatoric**2 + epistemic**2, total**2, atol=1e-7)
    assert (read(finished, "latent") <= aleatoric + 1e-6)[np.isfinite(p)].all()


def test_out_of_fold_table_has_the_promised_columns(finished):
    table = pd.read_parquet(finished.storage / "07_model_output/small/oof_predictions.parquet")

    promised = [
        "cell",
        "x",
        "y",
        "fold",
        "label",
        "cluster",
        "probability",
        "aleatoric",
        "latent",
        "epistemic",
        "total",
        "mutual_information",
    ]
    assert [c for c in table.columns if c in promised] == promised
    baselines = ["prevalence", "distance", "logistic_regression", "random_forest", "lightgbm"]
    assert [c for c in table.columns if c.startswith("baseline_")] == [
        f"baseline_{name}" for name in baselines
    ]
    assert table["cell"].is_unique
    assert table["label"].sum() > 0


def test_targets_are_ranked_and_the_table_says_the_same(finished):
    targets = gpd.read_file(finished.output("targets.gpkg"))
    table = pd.read_csv(finished.output("targets.csv"))

    assert targets["rank"].tolist() == list(range(1, len(targets) + 1))
    assert table["target_id"].astype(str).tolist() == targets["target_id"].astype(str).tolist()
    assert targets.geometry.is_valid.all()
    assert not gpd.read_file(finished.output("next_samples.gpkg")).empty


def test_every_map_and_feature_has_a_qgis_style_beside_it(finished):
    shown = [*finished.output("maps").glob("*.tif"), *finished.output().glob("*.gpkg")]

    assert len(shown) == len(FLOAT_MAPS) + 2 + 3  # maps, of categories too, and features
    for path in shown:
        root = ElementTree.parse(path.with_suffix(".qml")).getroot()  # noqa: S314 - our own
        assert root.tag == "qgis"


def test_what_the_qgis_project_shows_lies_beside_it(finished):
    with zipfile.ZipFile(finished.output("small.qgz")) as archive:
        project = ElementTree.fromstring(archive.read("small.qgs"))  # noqa: S314 - our own
    sources = {layer.findtext("datasource") for layer in project.iter("maplayer")}

    assert len(sources) == len(FLOAT_MAPS) + 2 + 3 + 1  # maps, features, evidence
    for source in sources:
        assert finished.output(source.split("|")[0]).is_file(), source


def test_metrics_and_report_tell_in_how_many_folds_logits_were_recalibrated(finished):
    metrics = json.loads(finished.output("metrics.json").read_text(encoding="utf-8"))
    path = finished.storage / "06_models/small/calibration.json"
    told, fitted = metrics["recalibration"], json.loads(path.read_text(encoding="utf-8"))
    left = {"intercept": 0.0, "slope": 1.0}
    moved = [fold for fold in fitted["by_fold"].values() if fold != left]
    assert told == {
        "folds": len(fitted["by_fold"]), "recalibrated": len(moved), "map": fitted["overall"],
    }  # fmt: skip
    report = finished.output("report.html").read_text(encoding="utf-8")
    assert f"recalibrated in {len(moved) or 'none'} of {told['folds']} folds" in report


def test_metrics_say_why_a_score_is_absent_and_hold_no_nan(finished):
    def refuse(text):
        pytest.fail(f"metrics.json holds {text}")

    metrics = json.loads(
        finished.output("metrics.json").read_text(encoding="utf-8"), parse_constant=refuse
    )
    assert metrics


def test_report_is_one_self_contained_file(finished):
    report = finished.output("report.html").read_text(encoding="utf-8")

    assert report.lstrip().lower().startswith("<!doctype html>")
    for address in ('src="http', "url(http", '<link rel="stylesheet"', '<script src="'):
        assert address not in report


def test_every_node_is_timed_and_the_report_tells(finished):
    timings = {path.stem: json.loads(path.read_text())
               for path in finished.output("timings").glob("*.json")}  # fmt: skip
    assert {
        "data_engineering.tabulate_evidence",
        "uncertainty.predict_map",
        "risk.categorise",
    } <= set(timings)
    found = timings["training.train_members_000_001"]
    assert (found["pipeline"], found["ran"]) == ("training", "locally")
    assert found["seconds"] > 0
    assert found["peak_memory_mib"] > 50
    text = finished.output("report.html").read_text(encoding="utf-8")
    assert "training.train_members_000_001" in text
    assert f"{found['peak_memory_mib']:,.0f}" in text


@pytest.fixture(scope="module")
def risk_alone(finished, tmp_path_factory):
    """Return an experiment of which one pipeline ran again, with a node less than before."""
    experiment = finished.copy(tmp_path_factory.mktemp("risk_alone"))
    experiment.output("targets.csv").unlink()
    old = experiment.output("timings", "training.train_members_of_long_ago.json")
    old.write_text('{"seconds": 1.0, "pipeline": "training", "ran": "locally"}')
    experiment.run("risk")
    return experiment


def test_nodes_that_are_no_more_lose_their_timings(risk_alone):
    assert not risk_alone.output("timings", "training.train_members_of_long_ago.json").exists()
    assert risk_alone.output("timings", "training.train_members_000_001.json").exists()


def test_one_pipeline_runs_alone_from_what_the_others_wrote(risk_alone, finished):
    name = "targets.csv"
    assert risk_alone.output(name).read_bytes() == finished.output(name).read_bytes()


def test_a_second_run_gives_the_same_bytes(finished, tmp_path):
    def hashes(experiment):
        outputs = [*experiment.output("maps").glob("*.*"), *experiment.output().glob("*.q*")]
        outputs += [experiment.output(name) for name in ("metrics.json", "targets.csv")]
        outputs += [experiment.output(name) for name in ("targets.gpkg", "next_samples.gpkg")]
        outputs += [*(experiment.storage / "06_models").rglob("*.safetensors")]
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in outputs}

    again = finished.copy(tmp_path)
    again.run()

    assert hashes(again) == hashes(finished)


def test_layers_add_up_to_the_log_odds_wherever_targets_lie(finished):
    """They add up to the log-odds less those of the baseline, which are the same for all cells."""
    output = finished.storage / "07_model_output/small"
    with rasterio.open(output / "attribution.tif") as source:
        added = source.read().sum(axis=0)
        layers = source.descriptions
    log_odds, p = read(finished, "log_odds_mean"), read(finished, "probability")
    explained = np.isfinite(added)
    baseline = (log_odds - added)[explained]

    assert len(layers) == 14
    np.testing.assert_allclose(baseline, baseline[0], atol=2e-3)
    assert explained.mean() == pytest.approx(0.05, abs=0.01)
    assert p[explained].min() > p[~explained & np.isfinite(p)].max() - 1e-7


def test_every_target_says_why(finished):
    targets = pd.read_csv(finished.output("targets.csv"))
    drivers = pd.read_csv(finished.output("target_drivers.csv"))
    analogues = pd.read_csv(finished.output("target_analogues.csv"))

    assert drivers["target_id"].unique().tolist() == targets["target_id"].tolist()
    assert drivers["contribution"].notna().all()
    assert targets["drivers"].notna().all()
    assert targets["similar_deposits"].notna().all()
    assert set(analogues["target_id"]) == set(targets["target_id"])
    assert targets["dissimilarity"].between(0, 100).all()
    assert targets["novelty"].between(0, 100).all()


def test_layers_that_deposits_follow_outweigh_those_they_do_not(finished):
    importance = pd.read_csv(finished.output("layer_importance.csv")).set_index("layer")
    idle = ["thorium", "uranium", "zinc", "nickel", "elevation"]
    used = ["faults", "copper", "gold", "magnetics"]

    assert len(importance) == 14
    mean = importance["auc_drop"]
    assert mean[used].mean() > 2 * mean[idle].abs().mean()


def test_the_latent_view_is_three_colours_everywhere(finished):
    with rasterio.open(finished.output("latent_view.tif")) as source:
        colours = source.read()
        assert source.descriptions == ("red", "green", "blue")
    known = np.isfinite(read(finished, "probability"))
    assert (np.isfinite(colours) == known).all()
    assert colours[:, known].min() >= 0
    assert colours[:, known].max() <= 255
