"""Write ``docs/benchmarks.md`` and its figures from what the benchmarks have kept."""

from __future__ import annotations

import argparse
import json
import re
import shutil
from pathlib import Path

from judging.experiments import PROJECT
from judging.regions import DEVELOPMENT, GROWING, REGIONS
from judging.words import deposits_page, quality_page, uncertainty_page

PARTS = {"quality": quality_page, "deposits": deposits_page, "uncertainty": uncertainty_page}
HEAD = """# Benchmarks

Written by `make bench-quality` from the results of `benchmarks/quality.py`,
`benchmarks/deposits.py` and `benchmarks/uncertainty.py`; wins and losses alike. Every score is of
cells of blocks that the model never saw. A deal is one way of dealing the spatial blocks to folds;
settings were chosen on deals 0 to 4 and on other simulated regions than those reported here.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=PROJECT / "data/benchmarks")
    parser.add_argument("--write", type=Path, default=PROJECT / "docs/benchmarks.md")
    options = parser.parse_args()
    publish(options.store, options.write)


def publish(store: Path, page: Path) -> None:
    """Write the sections that have results; of the others, the page keeps what it has."""
    images = page.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    sections = sections_of(page)
    for part, section in PARTS.items():
        summary = store / part / "summary.json"
        if not summary.exists():
            print(f"{summary} is missing: its section stays until benchmarks/{part}.py has run")
            continue
        found = json.loads(summary.read_text(encoding="utf-8"))
        refuse_development(found)
        figure = images / f"benchmark_{part}.png"
        shutil.copyfile(store / part / f"{part}.png", figure)
        sections[part] = section(found, f"images/{figure.name}", REGIONS | GROWING)
    written = [sections[part] for part in PARTS if part in sections]
    page.write_text("\n".join([HEAD, *written]), encoding="utf-8")
    print(page)


def sections_of(page: Path) -> dict[str, str]:
    """Return the sections of a published page; none where there is no page yet."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    found = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    by_title = {section.splitlines()[0].removeprefix("## "): section for section in found}
    return {
        part: by_title[part.capitalize()].rstrip("\n") + "\n"
        for part in PARTS
        if part.capitalize() in by_title
    }


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
