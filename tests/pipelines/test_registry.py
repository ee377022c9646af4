"""What the pipelines may read of one another."""

from __future__ import annotations

from pathlib import Path

import pytest

from mineral_prospectivity.config import ComposingConfigLoader
from mineral_prospectivity.pipeline_registry import register_pipelines, shape_after

PROJECT = Path(__file__).parents[2]
FIVE = ["data_engineering", "training", "uncertainty", "evaluation", "risk"]


@pytest.fixture(scope="module")
def pipelines():
    shape_after(ComposingConfigLoader(PROJECT / "conf"))
    return register_pipelines()


def test_there_are_five_and_the_default_runs_all(pipelines):
    assert list(pipelines) == ["__default__", *FIVE]
    assert len(pipelines["__default__"].nodes) == sum(len(pipelines[n].nodes) for n in FIVE)


@pytest.mark.parametrize("name", FIVE)
def test_each_is_a_namespace_of_its_nodes_and_of_nothing_else(pipelines, name):
    nodes, datasets = pipelines[name].nodes, pipelines[name].datasets()

    assert {node.namespace for node in nodes} == {name}
    assert not {dataset for dataset in datasets if dataset.startswith(f"{name}.")}


@pytest.mark.parametrize("name", [n for n in FIVE if n != "evaluation"])
def test_only_evaluation_reads_the_truth(pipelines, name):
    read = {dataset for node in pipelines[name].nodes for dataset in node.inputs}

    assert not {dataset for dataset in read if dataset.startswith(("truth.", "peer."))}


def test_evaluation_reads_both_truths(pipelines):
    assert {"truth.p", "truth.p_given_layers"} <= pipelines["evaluation"].inputs()


def test_evaluation_hands_no_truth_to_risk_or_report(pipelines):
    """What evaluation derives from a truth ends in the metrics."""
    assert "references" not in pipelines["risk"].inputs()
