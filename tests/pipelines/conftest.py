"""A small experiment, drawn by the simulator, that whole runs are tested on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from mineral_prospectivity.simulation import simulate_region, write_region

if TYPE_CHECKING:
    from collections.abc import Sequence

PROJECT = Path(__file__).parents[2]
SMALL = {
    "grid": {"crs": "EPSG:32633", "resolution": 500.0},
    "folds": {"count": 3, "block_size": 8000.0},
    "ensemble": {"size": 3, "members_per_node": 2},
    "model": {"steps": 40, "head_columns": 32},
    "evaluation": {"bootstrap": 50},
}


@dataclass(frozen=True)
class Experiment:
    """A configuration of its own, whose storage is a folder of its own."""

    conf: Path
    storage: Path

    def run(self, pipeline: str = "__default__", **params: Any) -> None:
        """Run a pipeline of the experiment in this process."""
        with KedroSession.create(
            PROJECT, conf_source=str(self.conf), env="small", runtime_params=params
        ) as session:
            session.run(pipeline_names=[pipeline])

    def output(self, *parts: str) -> Path:
        """Return a path in the reporting folder."""
        return self.storage.joinpath("08_reporting", "small", *parts)

    def catalog(self, name: str) -> dict[str, Any]:
        """Return an entry of the experiment's own catalog."""
        return yaml.safe_load((self.conf / "small/catalog_layers.yml").read_text())[name]

    def change(self, remove: Sequence[str] = (), **entries: dict[str, Any]) -> None:
        """Change entries of the experiment's own catalog; ``__`` stands for the dot."""
        path = self.conf / "small/catalog_layers.yml"
        catalog = yaml.safe_load(path.read_text())
        for name, values in entries.items():
            name = name.replace("__", ".")
            catalog[name] = catalog.get(name, {}) | values
        for name in remove:
            del catalog[name]
        path.write_text(yaml.safe_dump(catalog))


def make_experiment(folder: Path) -> Experiment:
    """Draw a region, and declare it as the demo region is declared."""
    conf, storage = folder / "conf", folder / "data"
    shutil.copytree(PROJECT / "conf" / "base", conf / "base")
    shutil.copytree(PROJECT / "conf" / "demo", conf / "demo")
    shutil.copytree(PROJECT / "conf" / "demo", conf / "small")
    settings = {"experiment": "small", "storage": str(storage)}
    (conf / "small/globals.yml").write_text(yaml.safe_dump(settings))
    (conf / "small/parameters.yml").write_text(yaml.safe_dump(SMALL))
    region = simulate_region(7, shape=(72, 80), prevalence=0.008)
    write_region(region, storage / "01_raw" / "small")
    return Experiment(conf, storage)


@pytest.fixture(autouse=True, scope="session")
def _project() -> None:
    bootstrap_project(PROJECT)


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    """Return an experiment that has not run."""
    return make_experiment(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, _project: None) -> Experiment:
    """Return an experiment after the default run."""
    made = make_experiment(tmp_path_factory.mktemp("finished"))
    made.run()
    return made
