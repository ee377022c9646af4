import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.special import expit, logit
from sklearn.metrics import log_loss

import publish
import quality
from judging.contestants import PEERS, Contestant, Outcome, overridden, peer_contestants
from judging.experiments import declare_arrays, load_experiment
from judging.figure import draw_deposits
from judging.page import difference, quality_table
from judging.regions import ALL, DEVELOPMENT, GROWING, REGIONS, RegionSpec
from judging.scores import LIMIT, judge
from judging.store import Store
from judging.told import told_predictions, told_terms
from judging.words import deposits_page, quality_page
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.scoring.capture import capture
from mineral_prospectivity.scoring.ranking import roc_auc
from mineral_prospectivity.simulation import simulate_region


@pytest.fixture(scope="module")
def judged(experiment):
    rng = np.random.default_rng(1)
    p = experiment.limit
    noisy = [expit(np.log(p / (1 - p)) + rng.normal(0, 1, len(p))) for _ in range(2)]
    runs = {"ensemble": noisy, "same": noisy, "flat": [np.full(len(p), p.mean())] * 2}
    return judge(experiment, runs, "ensemble", replicates=200), noisy


def test_a_score_is_the_mean_over_the_deals(judged, experiment):
    found, noisy = judged
    cells = experiment.cells
    own = found["models"]["ensemble"]
    assert own["roc_auc"]["value"] == pytest.approx(
        np.mean([roc_auc(cells["label"], p) for p in noisy]), abs=1e-12
    )
    captured = np.mean([capture(p, cells["deposits"], 0.05) for p in noisy])
    limit = capture(experiment.limit, cells["deposits"], 0.05)
    assert own["capture@0.05"]["value"] == pytest.approx(captured, abs=1e-12)
    assert own["share_of_limit"]["capture@0.05"] == pytest.approx(captured / limit)
    assert found["deals"] == 2
    expected = np.mean([capture(p, experiment.limit, 0.05) for p in noisy])
    best = capture(experiment.limit, experiment.limit, 0.05)
    assert own["expected_share_of_limit"]["capture@0.05"] == pytest.approx(expected / best)
    assert found["models"][LIMIT]["expected_share_of_limit"]["capture@0.05"] == 1.0


def test_differences_are_paired(judged):
    found, _ = judged
    same = found["differences"]["same"]["nll"]
    assert (same["value"], same["low"], same["high"], same["share_better"]) == (0, 0, 0, 0.5)
    assert found["differences"]["flat"]["roc_auc"]["low"] > 0
    assert LIMIT not in found["differences"]
    assert found["models"][LIMIT]["nll"]["value"] < found["models"]["ensemble"]["nll"]["value"]


def test_a_published_map_is_scored_apart_where_it_has_values(judged):
    found, _ = judged
    assert found["fitted"]["map"]["cells"] == 800


def test_the_page_marks_what_is_beyond_doubt(judged):
    found, _ = judged
    found["models"]["ensemble"]["cpu_seconds"] = 3.2
    table = quality_table({"small": found})
    first, second = table.splitlines()[2:4]
    assert first.startswith("| small | limit |")
    assert "**ensemble**" in second or "same" in second
    assert difference({"value": -1, "low": -2, "high": -0.5}, 1) == "**-1.00 (-2.00 to -0.50)**"
    assert difference({"value": -1, "low": -2, "high": 0.5}, 1) == "-1.00 (-2.00 to +0.50)"
    summary = {"seeds": [100], "machine": "m", "software": "s", "experiments": {"small": found}}
    page = quality_page(summary, "figure.png", {})
    assert "`small`, AUC: better than flat; level with same." in page
    assert "- NLL lower than every peer's: met on `small`." in page
    found["models"]["flat"]["roc_auc"]["value"] = 1.0
    del found["models"]["flat"]["nll"], found["differences"]["flat"]["nll"]
    page = quality_page(summary, "figure.png", {})
    assert "`small`, NLL: level with same; infinite for flat. By the mean, place 1 of 3" in page
    assert "- AUC not below the best peer's: missed on `small`." in page


def test_the_section_on_deposits_says_how_near_models_come_to_the_limit(judged, tmp_path):
    found, _ = judged
    found["models"]["ensemble"]["expected_share_of_limit"]["capture@0.05"] = 0.91
    summary = {"seeds": [100], "machine": "m", "software": "s", "experiments": {"small": found}}
    page = deposits_page(summary, "figure.png", {})
    assert "- Expected deposits at 5 %, .9 of the limit's or more: met on `small`." in page
    limit, *_ = [line for line in page.splitlines() if line.startswith("| small |")]
    assert "| limit |" in limit
    assert "| 0.00 | 1.00, 1.00, 1.00 |" in limit
    draw_deposits(summary["experiments"], tmp_path / "deposits.png")
    assert (tmp_path / "deposits.png").stat().st_size > 10_000


def test_every_deal_keeps_the_cells_and_moves_the_folds(experiment):
    one, two = (experiment.deal(seed) for seed in (100, 101))
    assert set(one["fold"]) == {0, 1, 2}
    assert not one["fold"].equals(two["fold"])
    pd.testing.assert_frame_equal(one.drop(columns="fold"), two.drop(columns="fold"))


def counted(made, code="a"):
    def run(experiment, cells):
        made.append(code)
        return Outcome(pd.DataFrame({"peer": np.full(len(cells), 0.5)}), {"peer": 2.0})

    return Contestant(("peer",), run, code)


def test_what_was_made_is_found_again_unless_its_code_changed(tmp_path, experiment):
    store, made = Store(tmp_path), []
    who = counted(made)
    assert store.find(experiment, who, 100) is None
    store.keep(experiment, who, 100, who.run(experiment, experiment.deal(100)))
    found = store.find(experiment, who, 100)
    assert found.seconds == {"peer": 2.0}
    assert (found.predictions["peer"] == 0.5).all()
    assert store.estimate(experiment, who) == pytest.approx(2.0)
    assert store.find(experiment, who, 101) is None
    assert store.find(experiment, counted(made, "b"), 100) is None
    frozen = Store(tmp_path, frozenset(["peer"]))
    assert frozen.find(experiment, counted(made, "b"), 100) is not None


def test_a_peer_predicts_every_cell_and_its_recalibration_costs_more(experiment):
    outcome = peer_contestants("weights_of_evidence", experiment)[0].run(
        experiment, experiment.deal(100)
    )
    assert list(outcome.predictions) == ["weights_of_evidence", "weights_of_evidence_platt"]
    assert outcome.predictions.notna().all(axis=None)
    seconds = outcome.seconds
    assert seconds["weights_of_evidence_platt"] > seconds["weights_of_evidence"]


def test_peers_are_judged_with_the_context_and_without(experiment):
    around = [Band("gravity_within_1000m", "gravity", context=True)]
    evidence = experiment.evidence.assign(gravity_within_1000m=experiment.cells["label"] + 0.0)
    wider = replace(experiment, bands=(*experiment.bands, *around), evidence=evidence)
    alone, also = peer_contestants("lightgbm_default", wider)
    assert alone.models == ("lightgbm_default", "lightgbm_default_platt")
    assert also.models == ("lightgbm_default_context", "lightgbm_default_context_platt")
    (plain,) = peer_contestants("lightgbm_default", experiment)
    deal = experiment.deal(100)
    said = [who.run(on, deal).predictions for who, on in ((alone, wider), (plain, experiment))]
    pd.testing.assert_frame_equal(*said)
    assert not np.allclose(also.run(wider, deal).predictions, said[0])
    assert len(peer_contestants("distance", wider)) == 1


def test_a_model_that_is_told_the_terms_comes_near_the_limit():
    spec = RegionSpec(3, "a test", (100, 120), {"prevalence": 0.02, "hidden": 0.0})
    terms = told_terms(spec)
    region = simulate_region(spec.seed, spec.shape, **spec.options)
    label, limit = region.labels.ravel(), region.probability_given_layers.ravel()
    cell = np.arange(label.size)
    cells = pd.DataFrame(
        {"cell": cell, "label": label, "fold": cell % 3, "weight": 1.0, "training": True}
    )
    p = told_predictions(terms, cells)
    assert log_loss(label, p) == pytest.approx(log_loss(label, limit), rel=0.03)
    assert np.corrcoef(logit(p), logit(limit))[0, 1] > 0.98
    omitted = replace(spec, options={**spec.options, "omit": ("conductivity",)})
    assert told_terms(omitted).shape == (label.size, terms.shape[1] - 1)


def test_a_variant_changes_the_parameters_that_it_names(experiment):
    changed = overridden(experiment.parameters, ["model.latent=4", "ensemble.size=2"])
    assert (changed.model.latent, changed.ensemble.size) == (4, 2)
    assert changed.folds == experiment.parameters.folds


def test_a_variant_cannot_change_what_all_are_judged_on(experiment):
    with pytest.raises(SystemExit, match="grid would change what all are judged on"):
        overridden(experiment.parameters, ["grid.context=4000", "model.latent=4"])


@pytest.mark.parametrize("name", ["nowhere", "{folder}/demo"])
def test_a_folder_that_is_no_experiment_is_not_taken_for_one_of_its_name(tmp_path, name):
    (tmp_path / "demo").mkdir()
    with pytest.raises(SystemExit, match=r"neither a folder of .*conf nor one with features\.npy"):
        quality.load(name.format(folder=tmp_path), tmp_path)


def test_folds_are_not_dealt_anew_under_the_density_of_deposits():
    with pytest.raises(SystemExit, match="makes evidence of the experiment's own folds"):
        load_experiment("demo+brownfield")


def test_reported_regions_are_not_those_of_development():
    reported = {spec.seed for spec in (*REGIONS.values(), *GROWING.values())}
    assert min(reported) > 100
    assert not reported & {spec.seed for spec in DEVELOPMENT.values()}
    assert set(ALL) == set(REGIONS) | set(GROWING) | set(DEVELOPMENT)
    assert all(peer.candidates for peer in PEERS.values())


def test_publishing_one_benchmark_keeps_the_section_of_the_other(tmp_path):
    page = tmp_path / "docs/benchmarks.md"
    page.parent.mkdir()
    page.write_text("# Old head\n\n## Quality\n\nWon.\n\n### Lost\n\n## Uncertainty\n\nOld.\n")
    kept = tmp_path / "store/uncertainty"
    kept.mkdir(parents=True)
    summary = {"seeds": [100], "machine": "m", "software": "s", "experiments": {}}
    (kept / "summary.json").write_text(json.dumps(summary))
    (kept / "uncertainty.png").touch()
    publish.publish(tmp_path / "store", page)
    text = page.read_text()
    assert text.startswith(publish.HEAD + "\n## Quality\n\nWon.\n\n### Lost\n\n## Uncertainty\n")
    assert "Old" not in text
    publish.publish(tmp_path / "nothing", page)
    assert page.read_text() == text


def test_results_of_development_are_not_published():
    with pytest.raises(SystemExit, match=r"not published: no development regions, \[3\]"):
        publish.refuse_development({"experiments": {"demo": {}}, "seeds": [3, 100]})
    with pytest.raises(SystemExit, match="not published: dev_11 development regions"):
        publish.refuse_development({"experiments": {"dev_11": {}}, "seeds": [100]})


def test_a_folder_of_arrays_becomes_an_experiment(tmp_path):
    folder = tmp_path / "arrays"
    folder.mkdir()
    rng = np.random.default_rng(2)
    y, x = np.mgrid[0:30, 0:30] * 500.0 + 250
    features = rng.normal(size=(900, 2))
    np.save(folder / "features.npy", features)
    np.save(folder / "labels.npy", (features[:, 0] > 1.8).astype(int))
    np.save(folder / "coordinates.npy", np.column_stack([x.ravel(), y.ravel()]) + 5e5)
    metadata = {"feature_names": ["a", "b"], "coordinates": "coordinates.npy", "crs": "EPSG:32633"}
    (folder / "features_metadata.json").write_text(json.dumps(metadata))
    conf = tmp_path / "store" / "conf"
    name = declare_arrays(folder, conf)
    declared = yaml.safe_load((conf / name / "parameters.yml").read_text())
    assert declared["grid"]["resolution"] == 500
    found = load_experiment(name, conf)
    assert len(found.cells) == 900
    assert found.cells["label"].sum() == (features[:, 0] > 1.8).sum()
    assert found.limit is None
