"""What the high-return zones hold, for the paper's model and the default one.

Reads finished runs (``kedro run --env demo``, ``--env demo+paper``, ...) and writes the table of
``docs/paper.md``: ``python benchmarks/paper.py``.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

REPORTING = Path("data/08_reporting")
PAGE = Path("docs/paper.md")
MODELS = {"": "default", "-paper": "paper's (`cvae`)"}
PLACE = re.compile(r"(<!-- results: .*? -->\n).*?(<!-- end of results -->)", re.DOTALL)
HEAD = (
    "| region | model | zones, fit | deposits in them | zones, held out | deposits in them | "
    "AUC, held out | NLL x 1000 |\n|---|---|---|---|---|---|---|---|\n"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", nargs="+", default=["demo", "cloncurry"])
    parser.add_argument("--print", action="store_true", help="print the table, change no file")
    options = parser.parse_args()
    rows = [
        row_of(experiment, suffix, model)
        for experiment in options.experiments
        for suffix, model in MODELS.items()
    ]
    rows.append(
        "| Canada, Ni sulphides | the paper's own figure | about 4 % | 94.7 % | not stated | "
        "not stated | | |\n"
    )
    table = HEAD + "".join(rows)
    if options.print:
        print(table)
        return
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(PLACE.sub(lambda m: f"{m[1]}\n{table}\n{m[2]}", page), encoding="utf-8")


def row_of(experiment: str, suffix: str, model: str) -> str:
    """Return one run as a row of the table."""
    folder = REPORTING / f"{experiment}{suffix}"
    zones = _read(folder / "risk_summary.json")["zones"]
    scores = _read(folder / "metrics.json")["models"]["ensemble"]
    cells = [experiment, model, *_zone(zones["fit"]), *_zone(zones["held_out"])]
    cells += [_interval(scores["roc_auc"], 1, 3), _interval(scores["nll"], 1000, 2)]
    return f"| {' | '.join(cells)} |\n"


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        environment = path.parent.name.replace("-paper", "+paper")
        raise SystemExit(f"{path} is missing: kedro run --env {environment}")
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def _zone(zone: dict[str, Any]) -> tuple[str, str]:
    if "absent" in zone:
        return zone["absent"], ""
    lift = zone["capture"]["value"] / zone["area_share"]
    captured = _interval(zone["capture"], 100, 0, " %")
    return f"{100 * zone['area_share']:.1f} %", f"{captured}, lift {lift:.1f}"


def _interval(score: dict[str, Any], scale: float, digits: int, unit: str = "") -> str:
    value, low, high = (f"{scale * score[name]:.{digits}f}" for name in ("value", "low", "high"))
    return f"{value}{unit} ({low} to {high})"


if __name__ == "__main__":
    main()
