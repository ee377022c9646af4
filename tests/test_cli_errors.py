"""Whatever a user mistypes: ``kedro run`` ends in one plain sentence with a remedy."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project

from mineral_prospectivity.cli import cli, split_params
from mineral_prospectivity.preconditions import warn_of_results_lost
from mineral_prospectivity.runner.environment import load

PROJECT = Path(__file__).parents[1]
PIPELINES = "data_engineering, evaluation, risk, training, uncertainty"
LAYER_TYPE = "mineral_prospectivity.datasets.EvidenceLayerDataset"

SELECTIONS = {
    "--pipelines nope": f"--pipelines: there is no 'nope'; there are {PIPELINES}",
    "--pipeline nope": f"--pipelines: there is no 'nope'; there are {PIPELINES}",
    "--pipelines riks": "--pipelines: there is no 'riks'; did you mean risk?",
    "--nodes rank_targts": "--nodes: there is no 'rank_targts'; did you mean risk.rank_targets?",
    "--nodes nonsense --pipelines training": (
        "--nodes: there is no 'nonsense'; there are training.train_members_000_004"
    ),
    "--namespaces nope": f"--namespaces: there is no 'nope'; there are {PIPELINES}",
    "--tags training --nodes risk.rank_targets": (
        "--tags, --nodes: together they leave no node to run. Drop one of them"
    ),
    "--to-outputs target": (
        "--to-outputs: there is no 'target'; did you mean targets or targets_table or "
        "target_drivers?"
    ),
    "--runner nope": (
        "--runner: there is no 'nope'; there are ParallelRunner, SequentialRunner, ThreadRunner"
    ),
}

SYNTAX = "Check indentation (spaces, no tabs), colons and brackets there"
CATALOGS = {
    "a type that does not exist": (
        "catalog_layers.yml",
        lambda text: text.replace("EvidenceLayerDataset", "EvidenceLayer", 1),
        f"catalog entry 'layer.magnetics': there is no type {LAYER_TYPE[:-7]}. Take {LAYER_TYPE}",
    ),
    "no filepath": (
        "catalog_layers.yml",
        lambda text: re.sub(r"  filepath: .*magnetics.tif\n", "", text),
        "catalog entry 'layer.magnetics' has no filepath: add one, such as ${globals:raw}/file.tif",
    ),
    "no type": (
        "catalog_layers.yml",
        lambda text: text.replace("  type: mineral_prospectivity.datasets.VectorDataset\n", ""),
        "catalog entry 'deposits' has no type: add type: "
        "mineral_prospectivity.datasets.VectorDataset",
    ),
    "a key that its type does not know": (
        "catalog_layers.yml",
        lambda text: text.replace("deposits.gpkg\n", "deposits.gpkg\n  colour: red\n"),
        "catalog entry 'deposits': colour: mineral_prospectivity.datasets.VectorDataset has no "
        "such key. Remove or correct it",
    ),
    "an entry that is none": (
        "catalog_layers.yml",
        lambda text: text + "layer.x: 5\n",
        "catalog entry 'layer.x' is 5: give it a type and a filepath",
    ),
    "a name that no globals define": (
        "catalog_layers.yml",
        lambda text: text.replace("globals:raw", "globals:rw"),
        "Globals key 'rw' not found and no default value provided.",
    ),
    "a bracket left open": (
        "catalog_layers.yml",
        lambda text: "a: 1\ndeposits: [\n",
        "<conf>/demo/catalog_layers.yml, line 3: is no valid YAML: expected the node content, "
        f"but found '<stream end>'. {SYNTAX}",
    ),
    "a tab": (
        "parameters.yml",
        lambda text: "grid:\n\tcrs: EPSG:7845\n",
        "<conf>/demo/parameters.yml, line 2: is no valid YAML: found character '\\t' that cannot "
        f"start any token. {SYNTAX}",
    ),
    "globals that are no YAML": (
        "globals.yml",
        lambda text: "experiment: [\n",
        "<conf>/demo/globals.yml, line 2: is no valid YAML: expected the node content, but found "
        f"'<stream end>'. {SYNTAX}",
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _project():
    bootstrap_project(PROJECT)


def run(*arguments):
    """Return how ``kedro run`` ends."""
    return CliRunner().invoke(cli, ["run", *arguments])


def message(result):
    """Return what people see of an error."""
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.output.removeprefix("Error: ").strip()


@pytest.mark.parametrize("arguments", SELECTIONS)
def test_what_does_not_exist_cannot_be_selected(arguments):
    found = message(run(*arguments.split()))

    assert found == SELECTIONS[arguments]


def test_an_environment_that_does_not_exist():
    found = message(run("--env", "nope"))

    # Who has experiments of their own sees their names, too.
    assert re.fullmatch(
        r"--env nope: there is no environment 'nope' in .*conf; there are: .*cloncurry, demo.*",
        found,
    )


@pytest.mark.parametrize("case", CATALOGS)
def test_a_catalog_that_cannot_be_used(case, tmp_path):
    file, edit, expected = CATALOGS[case]
    conf = tmp_path / "conf"
    shutil.copytree(PROJECT / "conf" / "base", conf / "base")
    shutil.copytree(PROJECT / "conf" / "demo", conf / "demo")
    path = conf / "demo" / file
    path.write_text(edit(path.read_text()))

    found = message(run("--conf-source", str(conf), "--pipelines", "data_engineering"))

    assert expected in found.replace(str(conf), "<conf>").splitlines()


@pytest.mark.parametrize(
    ("params", "wrong"),
    [
        ("ensemble.size", "ensemble.size"),
        ("grid.bounds=1,2,3,4", "2"),
        ("=3", "=3"),
        ("evaluation.baselines=[prevalence", "evaluation.baselines=[prevalence"),
    ],
)
def test_params_that_cannot_be_read_are_told_with_the_form_that_can(params, wrong):
    result = run("--params", params)

    assert result.exit_code == 2
    assert result.output.endswith(
        f"Error: --params: {wrong!r} cannot be read. Give name=value, with commas between and "
        "lists in brackets: --params 'ensemble.size=3,evaluation.capture_areas=[0.01,0.1]'\n"
    )


@pytest.mark.parametrize(
    ("params", "said"),
    [
        (
            "evaluation.baselines=prevalence",
            "evaluation.baselines = 'prevalence': input should be a valid list, such as "
            "[prevalence]",
        ),
        (
            "ensemble=3",
            "ensemble = 3: is a group of parameters: size, members_per_node, seed, diversity, "
            "device",
        ),
    ],
)
def test_params_of_another_form_than_the_parameter(params, said):
    assert message(run("--params", params)) == f"parameters that cannot be used:\n  - {said}"


def test_params_take_lists_and_groups():
    given = "labels.include={STATUS: [Mine, Deposit]},grid.bounds=[0,0,9,9],folds.count=3"

    assert split_params(None, None, given) == {
        "labels": {"include": {"STATUS": ["Mine", "Deposit"]}},
        "grid": {"bounds": [0, 0, 9, 9]},
        "folds": {"count": 3},
    }


def test_params_that_write_over_results_are_told(tmp_path, caplog):
    loader = load("demo", str(PROJECT / "conf"), {"ensemble": {"size": 3}})
    results = tmp_path / "data/08_reporting/demo"
    warn_of_results_lost(loader, tmp_path)
    assert caplog.messages == []

    results.mkdir(parents=True)
    (results / "data_quality.json").write_text("{}")
    warn_of_results_lost(load("demo", str(PROJECT / "conf")), tmp_path)
    assert caplog.messages == []
    warn_of_results_lost(loader, tmp_path)
    assert caplog.messages[0].startswith(f"--params: the results in {results} are written over.")
    assert caplog.messages[0].endswith("then --env demo+<name>")


def test_both_spellings_of_pipelines_at_once():
    result = run("--pipelines", "risk", "--pipeline", "risk")

    assert result.exit_code == 2
    assert result.output.endswith(
        "Error: Options '--pipeline' and '--pipelines' cannot be used together\n"
    )
