"""The page on metrics names the columns that the tables have."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def documented(section: str) -> list[str]:
    """Return the names in the first column of a section's table, in order."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", text, flags=re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def test_every_column_of_the_targets_is_explained(finished):
    results = finished.folder / "data/08_reporting/demo"
    columns = documented("Targets")

    assert pd.read_csv(results / "targets.csv").columns.tolist() == columns
    polygons = gpd.read_file(results / "targets.gpkg").columns.tolist()
    assert polygons == [*columns[: columns.index("x")], "geometry"]
