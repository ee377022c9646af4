"""A small experiment, drawn by the simulator, that whole runs are tested on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from mineral_prospectivity.simulation import simulate_region, write_region

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).parents[2]
SMALL = {
    "grid": {"crs": "EPSG:32633", "resolution": 500.0},
    "folds": {"count": 3, "block_size": 8000.0},
    "ensemble": {"size": 3, "members_per_node": 2},
    "model": {"steps": 40, "head_columns": 32, "head_background": 500},
    "evaluation": {"bootstrap": 50},
}


@dataclass(frozen=True)
class Experiment:
    """A configuration of its own, whose storage is a folder of its own."""

    conf: Path
    storage: Path

    def run(self, pipeline: str = "__default__", *, env: str = "small", **params: Any) -> None:
        """Run a pipeline of the experiment in this process."""
        with KedroSession.create(
            PROJECT, conf_source=str(self.conf), env=env, runtime_params=params
        ) as session:
            session.run(pipeline_names=[pipeline])

    def output(self, *parts: str) -> Path:
        """Return a path in the reporting folder."""
        return self.storage.joinpath("08_reporting", "small", *parts)

    def raw(self, *parts: str) -> Path:
        """Return a path in the folder of raw data."""
        return self.storage.joinpath("01_raw", "small", *parts)

    def model(self, *parts: str) -> Path:
        """Return a path in the folder of models."""
        return self.storage.joinpath("06_models", "small", *parts)

    def written(self) -> dict[str, str]:
        """Return the SHA-256 of every file that runs have left, by its path in the storage.

        Timings are left out: they differ from run to run.
        """
        files = [path for path in self.storage.rglob("*") if path.is_file()]
        return {
            path.relative_to(self.storage).as_posix(): sha256(path.read_bytes()).hexdigest()
            for path in files
            if path.relative_to(self.storage).parts[0] != "01_raw" and path.parent.name != "timings"
        }

    def change(self, name: str, **fields: Any) -> None:
        """Change fields of an entry of the experiment's own catalog; None removes a field."""
        catalog = self.catalog()
        entry = catalog.get(name, {}) | fields
        catalog[name] = {field: value for field, value in entry.items() if value is not None}
        self._write_catalog(catalog)

    def set_parameters(self, **groups: dict[str, Any]) -> None:
        """Replace groups of the experiment's own parameters."""
        (self.conf / "small/parameters.yml").write_text(yaml.safe_dump(SMALL | groups))

    def keep(self, *layers: str) -> None:
        """Declare these of the evidence layers, in this order, and no others."""
        catalog = self.catalog()
        others = {name: catalog[name] for name in catalog if not name.startswith("layer.")}
        kept = {f"layer.{name}": catalog[f"layer.{name}"] for name in layers}
        self._write_catalog(others | kept)

    def catalog(self) -> dict[str, Any]:
        """Return the experiment's own catalog."""
        catalog: dict[str, Any] = yaml.safe_load(self._catalog.read_text())
        return catalog

    @property
    def _catalog(self) -> Path:
        return self.conf / "small/catalog_layers.yml"

    def _write_catalog(self, catalog: dict[str, Any]) -> None:
        self._catalog.write_text(yaml.safe_dump(catalog, sort_keys=False))

    def copy(self, folder: Path) -> Experiment:
        """Return a copy whose storage is its own."""
        copied = Experiment(folder / "conf", folder / "data")
        shutil.copytree(self.conf, copied.conf)
        shutil.copytree(self.storage, copied.storage)
        copied.settle()
        return copied

    def settle(self) -> None:
        """Tell the configuration where the storage is."""
        settings = {"experiment": "small", "storage": str(self.storage)}
        (self.conf / "small/globals.yml").write_text(yaml.safe_dump(settings))


def make_experiment(folder: Path) -> Experiment:
    """Draw a region, and declare it as the demo region is declared."""
    made = Experiment(folder / "conf", folder / "data")
    shutil.copytree(PROJECT / "conf" / "base", made.conf / "base")
    shutil.copytree(PROJECT / "conf" / "demo", made.conf / "demo")
    shutil.copytree(PROJECT / "conf" / "demo", made.conf / "small")
    made.settle()
    (made.conf / "small/parameters.yml").write_text(yaml.safe_dump(SMALL))
    write_region(simulate_region(7, shape=(72, 80), prevalence=0.008), made.raw())
    return made


@pytest.fixture(autouse=True, scope="session")
def _project() -> None:
    bootstrap_project(PROJECT)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory, _project: None) -> Experiment:
    """Return an experiment of three layers, one of each sort, that has not run."""
    made = make_experiment(tmp_path_factory.mktemp("drawn"))
    made.keep("magnetics", "lithology", "faults")
    return made


@pytest.fixture(scope="session")
def engineered(drawn: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """Return an experiment whose data engineering has run."""
    experiment = drawn.copy(tmp_path_factory.mktemp("engineered"))
    experiment.run("data_engineering")
    return experiment


@pytest.fixture(scope="session")
def finished(
    made_once: Callable[[str, Callable[[Path], None]], Path], _project: None
) -> Experiment:
    """Return an experiment after the default run, which all workers share."""
    folder = made_once("finished_experiment", lambda folder: make_experiment(folder).run())
    return Experiment(folder / "conf", folder / "data")
