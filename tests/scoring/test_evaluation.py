import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.scoring.capture import capture
from mineral_prospectivity.scoring.evaluation import KnownProbability, evaluate
from mineral_prospectivity.scoring.evaluation.curves import AREAS
from mineral_prospectivity.scoring.ranking import roc_auc
from mineral_prospectivity.scoring.resampling import resampling_units
from mineral_prospectivity.uq.moments import LogitMoments

MODELS = ("probability", "baseline_lightgbm", "baseline_prevalence")
OPTIONS = {"models": MODELS, "bootstrap": 100, "capture_areas": (0.05, 0.1)}


def predictions(cells=3000, seed=0):
    rng = np.random.default_rng(seed)
    logit = rng.normal(-3.5, 1.2, cells)
    labels = (rng.random(cells) < expit(logit)).astype(np.int8)
    p = expit(logit + rng.normal(0, 0.3, cells))
    x, y = rng.uniform(0, 100, (2, cells))
    return pd.DataFrame({
        "cell": np.arange(cells), "x": x, "y": y, "fold": (x // 25).astype(int), "label": labels,
        "deposits": labels * rng.integers(1, 3, cells), "weight": 1.0,
        "cluster": np.where(labels == 1, rng.integers(0, 40, cells), -1),
        "probability": p, "total": np.sqrt(p * (1 - p)), "epistemic": rng.random(cells) * p,
        "baseline_lightgbm": expit(logit + rng.normal(0, 1, cells)),
        "baseline_prevalence": labels.mean(),
        "truth": expit(logit),
    })  # fmt: skip


@pytest.fixture(scope="module")
def table():
    return predictions()


@pytest.fixture(scope="module")
def metrics(table):
    return evaluate(table, fitted=table.assign(probability=table["truth"]), **OPTIONS)


def numbers(document):
    if isinstance(document, dict):
        return [x for value in document.values() for x in numbers(value)]
    if isinstance(document, list):
        return [x for value in document for x in numbers(value)]
    return [document]


def test_the_document_is_strict_json_of_plain_values(metrics):
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert {type(x) for x in numbers(metrics)} <= {int, float, str, bool}


def test_models_are_named_and_scored_with_intervals(metrics, table):
    assert list(metrics["models"]) == ["ensemble", "lightgbm", "prevalence"]
    found = metrics["models"]["ensemble"]
    assert found["roc_auc"]["value"] == roc_auc(table["label"], table["probability"])
    assert found["roc_auc"]["low"] < found["roc_auc"]["value"] < found["roc_auc"]["high"]
    at = found["capture"]["0.05"]
    assert at["value"] == capture(table["probability"], table["deposits"], 0.05)
    assert at["lift"] == pytest.approx(at["value"] / 0.05)
    assert at["low"] <= at["value"] <= at["high"]
    assert set(found["by_fold"]) == {"0", "1", "2", "3"}


def test_differences_are_the_ensembles_less_the_others(metrics):
    assert metrics["differences"]["reference"] == "ensemble"
    gap = metrics["differences"]["models"]["lightgbm"]["nll"]
    values = [metrics["models"][name]["nll"]["value"] for name in ("ensemble", "lightgbm")]
    assert gap["value"] == pytest.approx(values[0] - values[1])
    assert gap["high"] < 0
    assert gap["share_better"] == 1


def test_what_is_not_defined_is_absent_with_its_reason(metrics):
    assert metrics["calibration"]["prevalence"]["line"] == {"absent": "p is the same in every cell"}
    assert metrics["uncertainty"]["novelty"] == {"absent": "the predictions hold no novelty"}
    assert metrics["truth"] == {"absent": "the probability given the layers is not known"}
    assert "absent" in metrics["calibration"]["ensemble"]["sharpness"]["mean_interval_width"]


def test_the_fit_is_reported_apart(metrics, table):
    assert metrics["fit"]["models"]["ensemble"]["roc_auc"]["value"] == roc_auc(
        table["label"], table["truth"]
    )
    assert len(metrics["fit"]["success_rate"]["ensemble"]) == len(AREAS)
    assert evaluate(table, **OPTIONS)["fit"] == {"absent": "no predictions of the fit were given"}


def test_a_published_map_is_scored_where_it_has_values(table):
    peer = table["truth"].where(table["cell"] >= 100)
    found = evaluate(table, fitted=table.assign(peer_posterior=peer), **OPTIONS)["fit"]
    known = table[table["cell"] >= 100]
    assert found["models"]["posterior"]["rows"] == len(known)
    assert found["models"]["posterior"]["roc_auc"]["value"] == roc_auc(
        known["label"], known["truth"]
    )


NO_PROBABILITY = "a score, no probability"


def test_a_published_map_may_be_any_score(table):
    """A favourability of 0 to 100 ranks; it has no likelihood."""
    found = evaluate(table, fitted=table.assign(peer_old=100 * table["truth"]), **OPTIONS)
    json.dumps(found, allow_nan=False)
    peer, fit = found["fit"]["models"]["old"], table["truth"]
    assert peer["roc_auc"]["value"] == roc_auc(table["label"], fit)
    assert peer["capture"]["0.05"]["value"] == capture(fit, table["deposits"], 0.05)
    for name in ("nll", "brier"):
        assert NO_PROBABILITY in peer[name]["absent"]


def test_a_held_out_score_that_is_no_probability_is_ranked_alone(table):
    scored = table.assign(baseline_lightgbm=30 * table["baseline_lightgbm"] - 1)
    found = evaluate(scored, **OPTIONS)
    json.dumps(found, allow_nan=False)
    assert NO_PROBABILITY in found["calibration"]["lightgbm"]["absent"]
    assert NO_PROBABILITY in found["models"]["lightgbm"]["nll"]["absent"]
    assert set(found["differences"]["models"]["lightgbm"]) == {
        "roc_auc", "average_precision", "capture@0.05", "capture@0.1",
    }  # fmt: skip
    assert found["models"]["lightgbm"]["roc_auc"]["low"] > 0.5


def test_the_notes_say_what_replicates_draw(table):
    told = [evaluate(table, **OPTIONS, block_size=size)["notes"] for size in (None, 20.0)]
    assert "over deposit clusters, the same" in told[0]["intervals"]
    assert "over deposit clusters and background blocks of 0.02 km, the" in told[1]["intervals"]


def test_counts_say_what_was_scored(metrics, table):
    assert metrics["scored"]["deposits"] == table["deposits"].sum()
    assert metrics["scored"]["deposit_cells"] == table["label"].sum()
    assert metrics["scored"]["prevalence"] == pytest.approx(table["label"].mean())


def test_a_sampled_background_is_weighted_up(table):
    sampled = table[(table["label"] == 1) | (table["cell"] % 2 == 0)].copy()
    sampled["weight"] = np.where(sampled["label"] == 1, 1.0, 2.0)
    found = evaluate(sampled, **OPTIONS)
    assert found["scored"]["prevalence"] == pytest.approx(table["label"].mean(), rel=0.1)
    p, y, w = (sampled[name] for name in ("probability", "label", "weight"))
    assert found["models"]["ensemble"]["roc_auc"]["value"] == roc_auc(y, p, w)
    line = found["calibration"]["ensemble"]["line"]
    assert line["in_the_large"] == pytest.approx(0, abs=0.2)


def test_intervals_of_one_cluster_are_absent_but_scores_are_not(table):
    lone = table.assign(cluster=np.where(table["label"] == 1, 0, -1))
    found = evaluate(lone, **OPTIONS)
    reason = {"absent": "1 deposit clusters: a bootstrap needs at least 2"}
    assert found["models"]["ensemble"]["brier"]["interval"] == reason
    assert found["differences"]["models"] == reason


def test_an_interval_needs_every_replicate(table):
    lone = table.assign(deposits=np.where(table["cluster"] == table["cluster"].max(), 1, 0))
    at = evaluate(lone, **OPTIONS)["models"]["ensemble"]["capture"]["0.1"]
    assert at["interval"] == {"absent": "some replicates do not define it"}
    assert 0 <= at["value"] <= 1


def test_blocks_of_background_widen_the_intervals(table):
    def width(**options):
        auc = evaluate(table, **OPTIONS, **options)["models"]["ensemble"]["nll"]
        return auc["high"] - auc["low"]

    assert width(block_size=20.0) > width()
    assert resampling_units(table["label"], table["cluster"]).blocks == 1


def test_an_infinite_likelihood_is_absent(table):
    p = table["baseline_lightgbm"].where(table["label"].cumsum() != 1, 0.0)
    found = evaluate(table.assign(baseline_lightgbm=p), **OPTIONS)
    assert "infinite" in found["models"]["lightgbm"]["nll"]["absent"]
    assert "nll" not in found["differences"]["models"]["lightgbm"]


def test_the_known_probability_is_the_limit_and_is_covered(table):
    rng = np.random.default_rng(5)
    logit = np.log(table["truth"] / (1 - table["truth"])).to_numpy()
    variance = np.full((1, len(table)), 0.25)
    moments = LogitMoments(logit + rng.normal(0, 0.5, (1, len(table))), variance, 0 * variance)
    found = evaluate(table, truth=KnownProbability(table["truth"].to_numpy(), moments), **OPTIONS)[
        "truth"
    ]
    assert found["limit"]["roc_auc"]["value"] == roc_auc(table["label"], table["truth"])
    assert found["coverage"]["out_of_sample"]["0.9"]["coverage"] == pytest.approx(0.9, abs=0.03)
    assert found["coverage"]["in_sample"] == {"absent": "no moments of the members were given"}
    own, limit = (capture(table[name], table["deposits"], 0.1) for name in ("probability", "truth"))
    assert found["models"]["ensemble"]["capture_ratio"]["0.1"] == pytest.approx(own / limit)
    assert found["models"]["ensemble"]["rmse"] < found["models"]["lightgbm"]["rmse"]


def test_a_missing_column_is_named(table):
    with pytest.raises(ConfigurationError, match="predictions: no column baseline_forest; there"):
        evaluate(table, models=["probability", "baseline_forest"])
    with pytest.raises(ConfigurationError, match="no column cluster; there are cell, x, y"):
        evaluate(table.drop(columns="cluster"), models=["probability"])
