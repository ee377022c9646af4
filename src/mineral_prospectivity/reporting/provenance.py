"""What a result was made with."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("kedro", "torch", "numpy", "scipy", "scikit-learn", "lightgbm", "rasterio", "geopandas")


def provenance() -> dict[str, Any]:
    """Return versions of the project, of Python and of the packages that numbers depend on.

    The commit is that of the project's checkout; a package installed without one has none.
    """
    return {
        "mineral-prospectivity": _version("mineral-prospectivity"),
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown: there is no git"
    found = subprocess.run(  # noqa: S603 - a fixed command
        [git, "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "unknown: not a checkout"
