"""The parameters page says what the typed models say."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_up_to_date():
    generator = runpy.run_path(str(DOCS / "generate_parameters.py"))

    assert (DOCS / "parameters.md").read_text(encoding="utf-8") == generator["reference"]()
