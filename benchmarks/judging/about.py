"""What a result was measured with."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("mineral-prospectivity", "torch", "lightgbm", "scikit-learn", "numpy", "scipy")


def about() -> dict[str, str]:
    """Return machine and versions."""
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return {
        "machine": f"{os.cpu_count()} cores, {_processor()}",
        "software": f"Python {platform.python_version()}, {versions}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
