"""What a result was made with."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mineral_prospectivity.provenance import code_commit

PACKAGES = ("kedro", "torch", "numpy", "scipy", "scikit-learn", "lightgbm", "rasterio", "geopandas")


def provenance() -> dict[str, Any]:
    """Return versions of the project, of Python and of the packages that numbers depend on.

    The commit is that of the image or of the project's checkout; a package without either has none.
    """
    return {
        "mineral-prospectivity": _version("mineral-prospectivity"),
        "commit": code_commit(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
