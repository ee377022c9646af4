"""Commands that run no node do not wait for what nodes import."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "sklearn", "geopandas", "rasterio", "matplotlib", "boto3")


def test_settings_and_commands_load_no_heavy_library():
    code = (
        "import sys, mineral_prospectivity.settings, mineral_prospectivity.cli; "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip().endswith("[]")
