"""A checkout as somebody has it who has just cloned the project."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


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


def check_out(folder: Path) -> Checkout:
    """Copy what a clone holds, without what tests it."""
    left_out = shutil.ignore_patterns("local", "__pycache__", "*.egg-info", ".ipynb_checkpoints")
    for name in ("conf", "src", "docs", "benchmarks", "infra"):
        shutil.copytree(PROJECT / name, folder / name, ignore=left_out)
    shutil.copytree(PROJECT / "data/01_raw/demo", folder / "data/01_raw/demo")
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile"):
        shutil.copy(PROJECT / name, folder)
    return Checkout(folder)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a checkout of which nothing has run."""
    return check_out(tmp_path_factory.mktemp("checkout"))
