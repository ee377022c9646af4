"""Environments compose from left to right over base."""

from __future__ import annotations

from pathlib import Path

import pytest

from mineral_prospectivity.config import ComposingConfigLoader, shape_of
from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.parameters import validate_parameters

CONF = Path(__file__).parents[1] / "conf"

FILES = {
    "base/globals.yml": "storage: data\nexperiment: ???\nraw: ${storage}/01_raw/${experiment}\n",
    "base/parameters.yml": (
        "experiment: ${globals:experiment}\nensemble: {size: 10, seed: 3}\nfolds: {count: 5}\n"
    ),
    "base/catalog.yml": "table: {type: a, filepath: '${globals:raw}/x', load_args: {k: 1}}\n",
    "demo/globals.yml": "experiment: demo\n",
    "demo/parameters.yml": "grid: {crs: 'EPSG:32633', resolution: 500}\n",
    "demo/catalog.yml": (
        "layer.magnetics: {type: b, filepath: '${globals:raw}/m.tif'}\n"
        "deposits: {type: c, filepath: '${globals:raw}/d.gpkg'}\n"
    ),
    "lake/globals.yml": "experiment: lake\n",
    "lake/parameters.yml": "grid: {crs: 'EPSG:7845', resolution: 250}\nensemble: {size: 4}\n",
    "lake/catalog.yml": (
        "layer.gravity: {type: b, filepath: g.tif}\n"
        "deposits: {type: c, filepath: d.gpkg}\n"
        "peer.survey: {type: b, filepath: p.tif}\n"
        "table: {type: z}\n"
    ),
    "aws/globals.yml": "storage: s3://bucket/prefix\n",
    "aws/parameters.yml": "ensemble: {members_per_node: 3}\n",
}


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_without_environment_the_demo_region_is_meant(conf):
    loader = ComposingConfigLoader(conf)

    assert loader.experiment == "demo"
    assert loader["catalog"]["layer.magnetics"]["filepath"] == "data/01_raw/demo/m.tif"


def test_an_overlay_alone_runs_the_demo_region(conf):
    loader = ComposingConfigLoader(conf, env="aws")

    assert loader.experiment == "demo"
    assert loader["catalog"]["deposits"]["filepath"] == "s3://bucket/prefix/01_raw/demo/d.gpkg"


def test_environments_compose(conf):
    loader = ComposingConfigLoader(conf, env="lake+aws")

    assert loader.experiment == "lake"
    assert loader.storage == "s3://bucket/prefix"
    assert loader["parameters"]["ensemble"] == {"size": 4, "seed": 3, "members_per_node": 3}


def paper(conf, model):
    (conf / "paper").mkdir()
    (conf / "paper/parameters.yml").write_text(f"model: {model}\n")
    (conf / "lake/parameters.yml").write_text("model: {latent: 4, head_scale: 2.0}\n")
    return ComposingConfigLoader(conf, env="lake+paper")["parameters"]["model"]


@pytest.mark.parametrize("model", ["cvae", "{kind: cvae}"])
def test_settings_of_one_kind_of_model_do_not_leak_into_another(conf, model):
    assert paper(conf, model) == {"kind": "cvae"}


def test_a_model_that_names_no_kind_adds_to_what_there_is(conf):
    assert paper(conf, "{latent: 2}") == {"latent": 2, "head_scale": 2.0}


def test_a_run_may_change_the_settings_of_a_model_that_was_only_named(conf):
    (conf / "lake/parameters.yml").write_text("model: cvae\n")
    loader = ComposingConfigLoader(conf, env="lake", runtime_params={"model": {"steps": 50}})

    assert loader["parameters"]["model"] == {"kind": "cvae", "steps": 50}


@pytest.mark.parametrize("experiment", ["demo", "cloncurry"])
def test_the_papers_configuration_has_results_of_its_own(experiment):
    plain = ComposingConfigLoader(CONF, env=experiment)["catalog"]  # read before the next loader
    loader = ComposingConfigLoader(CONF, env=f"{experiment}+paper")
    parameters = validate_parameters(loader["parameters"])

    assert (loader.experiment, loader.results) == (experiment, f"{experiment}-paper")
    for name, entry in loader["catalog"].items():
        before, after = plain[name].get("filepath"), entry.get("filepath")
        if name.startswith(("layer.", "peer.", "truth.", "_")) or name == "deposits":
            assert after == before
        else:
            assert after != before
            renamed = before.replace(f"/{experiment}/", f"/{experiment}-paper/")
            assert after == renamed.replace(f"/{experiment}.qgz", f"/{experiment}-paper.qgz")
    assert parameters.model.kind == "cvae"
    assert parameters.ensemble.size == 100
    assert parameters.risk.categories.measure == "relative"


def test_brownfield_has_results_of_its_own():
    loader = ComposingConfigLoader(CONF, env="cloncurry+brownfield")
    assert validate_parameters(loader["parameters"]).labels.brownfield
    assert (loader.results, loader.environment) == ("cloncurry-brownfield", "cloncurry+brownfield")
    assert not validate_parameters(
        ComposingConfigLoader(CONF, env="cloncurry")["parameters"]
    ).labels.brownfield


def test_each_overlay_that_keeps_its_results_apart_adds_its_name():
    assert ComposingConfigLoader(CONF, env="paper+brownfield").results == "demo-paper-brownfield"


def test_layers_of_one_experiment_do_not_reach_another(conf):
    assert "layer.magnetics" not in ComposingConfigLoader(conf, env="lake")["catalog"]


def test_a_layer_is_told_its_name(conf):
    catalog = ComposingConfigLoader(conf)["catalog"]

    assert catalog["layer.magnetics"]["name"] == "magnetics"
    assert "name" not in catalog["deposits"]


def test_a_catalog_entry_replaces_that_of_base_whole(conf):
    assert ComposingConfigLoader(conf, env="lake")["catalog"]["table"] == {"type": "z"}


def test_run_parameters_win(conf):
    loader = ComposingConfigLoader(conf, env="lake", runtime_params={"ensemble": {"size": 7}})

    assert loader["parameters"]["ensemble"]["size"] == 7


def test_unknown_experiment_is_refused_with_those_there_are(conf):
    with pytest.raises(
        ConfigurationError,
        match=r"there is no environment 'lak' in .*; there are: aws, demo, lake$",
    ):
        ComposingConfigLoader(conf, env="lak+aws")


def test_shape_follows_catalog_and_ensemble(conf):
    shape = shape_of(ComposingConfigLoader(conf, env="lake+aws"))

    assert shape.layers == ("gravity",)
    assert shape.peers == ("survey",)
    assert shape.truths == ()
    assert shape.packs == ((0, 1, 2), (3,))
    assert shape.members == (0, 1, 2, 3)


def test_an_experiment_without_layers_is_refused(conf):
    (conf / "demo/catalog.yml").write_text("deposits: {type: c, filepath: d.gpkg}\n")

    with pytest.raises(ConfigurationError, match="declares 0 evidence layers and its deposits"):
        shape_of(ComposingConfigLoader(conf))
