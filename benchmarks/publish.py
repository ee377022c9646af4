"""Write ``docs/benchmarks.md`` and its figures from what the benchmarks have kept."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from judging.experiments import PROJECT
from judging.regions import DEVELOPMENT, REGIONS
from judging.words import quality_page, uncertainty_page

PARTS = {"quality": quality_page, "uncertainty": uncertainty_page}
HEAD = """# Benchmarks

Written by `make bench-quality` from the results of `benchmarks/quality.py` and
`benchmarks/uncertainty.py`; wins and losses alike. Every score is of cells of blocks that the model
never saw. A deal is one way of dealing the spatial blocks to folds; settings were chosen on deals 0
to 4 and on other simulated regions than those reported here.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=PROJECT / "data/benchmarks")
    parser.add_argument("--write", type=Path, default=PROJECT / "docs/benchmarks.md")
    options = parser.parse_args()
    images = options.write.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    sections = [HEAD]
    for part, page in PARTS.items():
        summary = options.store / part / "summary.json"
        if not summary.exists():
            print(f"{summary} is missing: left out until benchmarks/{part}.py has run")
            continue
        found = json.loads(summary.read_text(encoding="utf-8"))
        refuse_development(found)
        figure = images / f"benchmark_{part}.png"
        shutil.copyfile(options.store / part / f"{part}.png", figure)
        sections.append(page(found, f"images/{figure.name}", REGIONS))
    options.write.write_text("\n".join(sections), encoding="utf-8")
    print(options.write)


def refuse_development(summary: dict) -> None:
    """Stop where settings may have been chosen on what would be published."""
    chosen_on = [name for name in summary["experiments"] if name in DEVELOPMENT]
    early = [seed for seed in summary["seeds"] if seed < 100]
    if chosen_on or early:
        raise SystemExit(
            f"not published: {', '.join(chosen_on) or 'no'} development regions, "
            f"{early or 'no'} development seeds are among the results"
        )


if __name__ == "__main__":
    main()
