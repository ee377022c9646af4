import pytest

from mineral_prospectivity.reporting.comparisons import (
    Comparison,
    all_names,
    comparisons,
    ensemble_first,
    find_score,
    headline_names,
    scores_with_intervals,
    unsupported_claims,
    worse_than,
)


@pytest.mark.parametrize(
    ("score", "value", "low", "high", "verdict"),
    [
        ("roc_auc", 0.02, 0.01, 0.03, "better"),
        ("roc_auc", -0.02, -0.03, -0.01, "worse"),
        ("nll", -0.002, -0.003, -0.001, "better"),
        ("brier", 0.002, 0.001, 0.003, "worse"),
        ("nll", 0.002, -0.001, 0.003, "not distinguishable"),
        ("roc_auc", 0.02, 0.0, 0.03, "not distinguishable"),
        ("capture@0.05", 0.1, 0.05, 0.2, "better"),
    ],
)
def test_a_difference_counts_only_where_its_interval_excludes_zero(
    score, value, low, high, verdict
):
    assert Comparison("lightgbm", score, value, low, high).verdict == verdict


def test_claims_without_support_are_named():
    found = [
        Comparison("lightgbm", "roc_auc", 0.01, -0.01, 0.02),
        Comparison("lightgbm", "nll", -0.01, -0.03, 0.01),
        Comparison("distance", "roc_auc", 0.2, 0.1, 0.3),
    ]
    assert unsupported_claims(found, 0.95) == [
        "That the VAE ensemble is better or worse than LightGBM in ROC-AUC and Log loss (NLL): "
        "the 95 % interval of the difference includes 0."
    ]


def test_being_behind_is_told():
    found = [
        Comparison("lightgbm", "nll", 0.01, 0.005, 0.02),
        Comparison("distance", "nll", -1, -2, -0.5),
    ]
    assert worse_than(found) == [
        "LightGBM is better in Log loss (NLL) (difference 0.01, interval 0.005 to 0.02)."
    ]


def test_scores_are_those_of_the_metrics(metrics):
    names = headline_names(metrics)
    assert names == ["roc_auc", "average_precision", "nll", "capture@0.05"]
    value, low, high = scores_with_intervals(metrics, names)["VAE ensemble"]["capture@0.05"]
    assert value == metrics["models"]["ensemble"]["capture"]["0.05"]["value"]
    assert low <= value <= high
    assert find_score(metrics["models"]["lightgbm"], "nll")["value"] > 0
    assert all_names(metrics)[-1] == "capture@0.1"


def test_every_other_model_is_compared(metrics):
    found = comparisons(metrics, ["nll"])
    assert [item.model for item in found] == ["lightgbm", "distance", "prevalence"]


def test_absent_differences_compare_nothing(metrics):
    absent = {**metrics, "differences": {"reference": "ensemble", "models": {"absent": "why"}}}
    assert comparisons(absent, ["nll"]) == []
    assert unsupported_claims([], 0.95) == []


def test_an_absent_score_is_left_out_of_figures(metrics):
    scores = {**metrics["models"]["lightgbm"], "roc_auc": {"absent": "there is one class"}}
    changed = {**metrics, "models": {**metrics["models"], "lightgbm": scores}}
    found = scores_with_intervals(changed, ["roc_auc", "nll"])
    assert set(found["LightGBM"]) == {"nll"}


def test_the_ensemble_stands_before_its_peers_at_every_depth():
    metrics = {
        "models": {"lightgbm": 1, "ensemble": 2},
        "cells": 3,
        "curves": {"a": {"ensemble": 4}},
    }
    ordered = ensemble_first(metrics)
    assert ordered == metrics
    assert list(ordered) == ["models", "cells", "curves"]
    assert list(ordered["models"]) == ["ensemble", "lightgbm"]
