"""A checkout as somebody has it who has just cloned the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
FILES = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Makefile",
    "README.md",
    "mkdocs.yml",
    "pyproject.toml",
    "requirements.lock",
]
SMALL = {
    "grid": {"crs": "EPSG:32633", "resolution": 1000.0},
    "folds": {"count": 3},
    "model": {"steps": 30, "head_columns": 32, "head_background": 500},
    "ensemble": {"size": 2},
    "evaluation": {"bootstrap": 50, "baselines": ["prevalence", "lightgbm"]},
}
"""The demo region with larger cells and less of everything, so that a run takes seconds."""


@dataclass(frozen=True)
class Checkout:
    """A copy of the project, whose data are its own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables of a shell whose virtual environment is active."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return plain | {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "src"),
            "DO_NOT_TRACK": "1",
            "OMP_NUM_THREADS": "1",
            "COLUMNS": "200",
        }

    def run(self, command: str | list[str]) -> str:
        """Run a command in the folder, a string in bash, and return what it printed."""
        done = subprocess.run(
            command if isinstance(command, list) else ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


def check_out(folder: Path) -> Checkout:
    """Copy what a clone holds, without what tests it."""
    left_out = shutil.ignore_patterns("local", "__pycache__", "*.egg-info", ".ipynb_checkpoints")
    for name in ("conf", "src", "docs", "notebooks", "benchmarks", "infra"):
        shutil.copytree(PROJECT / name, folder / name, ignore=left_out)
    shutil.copytree(PROJECT / "data/01_raw/demo", folder / "data/01_raw/demo")
    for name in FILES:
        shutil.copy(PROJECT / name, folder)
    (folder / ".venv").symlink_to(sys.prefix)
    return Checkout(folder)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a checkout of which nothing has run."""
    return check_out(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def finished(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Checkout:
    """Return a checkout after `kedro run` of a smaller demo region; all workers share one."""

    def run(folder: Path) -> None:
        made = check_out(folder)
        (folder / "conf/demo/parameters.yml").write_text(yaml.safe_dump(SMALL))
        made.run(["kedro", "run"])

    return Checkout(made_once("finished_checkout", run))
