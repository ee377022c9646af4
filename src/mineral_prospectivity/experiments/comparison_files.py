"""A comparison as tables and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mineral_prospectivity.experiments.comparison import (
    TOP_SHARES,
    MapAgreement,
    caveats_of,
    scores_of,
    what_differs,
)
from mineral_prospectivity.reporting.charts import scores_figure
from mineral_prospectivity.reporting.style import WIDTH, png_bytes, report_style
from mineral_prospectivity.reporting.thumbnails import thumbnail
from mineral_prospectivity.reporting.words import number, percent, score_label, span
from mineral_prospectivity.scoring.bootstrap import LOWER_IS_BETTER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mineral_prospectivity.experiments.comparison import Pair, Results
    from mineral_prospectivity.reporting.comparisons import Comparison

DIFFERENCE_MAP = "PuOr_r"
STRETCH = 99.5
"""Percentile of the differences at which the colours end."""

NOT_SET = "not set"
AS_CONFIGURED = (
    "What differs is as the configuration is now: what was changed after a run stands there, "
    "though not in its results."
)
PAIRED = "Paired differences on the same held-out cells"
ABOUT_PAIRED = (
    "Paired differences have intervals over deposit clusters and blocks of background, the same "
    "draws for both experiments; better or worse is said of the second."
)

NOT_COMPARED = "–"
"""Stands where the reason is given below the table."""

Table = tuple[list[str], list[list[str]]]


def score_table(results: Sequence[Results]) -> Table:
    """Return the scores with their intervals: the head and the rows."""
    scores = scores_of(results)
    names = list(dict.fromkeys(name for one in scores.values() for name in one))
    rows = [
        [score_label(name), *(_score(scores[one.name].get(name)) for one in results)]
        for name in names
    ]
    return ["score", *(one.name for one in results)], rows


def _score(found: tuple[float, float, float] | None) -> str:
    if found is None:
        return "absent"
    value, low, high = found
    return number(value) + _bracketed({"low": low, "high": high})


def _bracketed(found: Mapping[str, float]) -> str:
    """Return an interval in brackets; nothing of one that says nothing."""
    interval = span(found)
    return f" ({interval})" if interval else ""


def settings_table(results: Sequence[Results]) -> Table:
    """Return the parameters and layers that differ: the head and the rows."""
    rows = [
        [name, *(NOT_SET if value is None else value for value in values)]
        for name, values in what_differs(results).items()
    ]
    return ["parameter or layer", *(one.name for one in results)], rows


def difference_table(pairs: Sequence[Pair]) -> Table:
    """Return the paired differences of the scores: the head and the rows."""
    found = [
        {} if isinstance(pair.scores, str) else {gap.score: gap for gap in pair.scores}
        for pair in pairs
    ]
    rows = [
        [score_label(name), *(_difference(one.get(name)) for one in found)]
        for name in dict.fromkeys(name for one in found for name in one)
    ]
    return ["score", *(f"{pair.second} less {pair.first}" for pair in pairs)], rows


def _difference(gap: Comparison | None) -> str:
    if gap is None:
        return NOT_COMPARED
    interval = _bracketed({"low": gap.low, "high": gap.high})
    return f"{number(gap.value)}{interval}: {gap.verdict}"


def pair_table(pairs: Sequence[Pair]) -> Table:
    """Return how alike maps and targets are: the head and the rows."""
    tops = [f"overlap of the top {percent(share)}" for share in TOP_SHARES]
    rows = ["rank correlation", "mean difference", "largest difference", *tops, "area of targets"]
    columns = [_pair_column(pair) for pair in pairs]
    head = ["maps", *(f"{pair.first}, {pair.second}" for pair in pairs)]
    return head, [list(row) for row in zip(rows, *columns, strict=True)]


def _pair_column(pair: Pair) -> list[str]:
    maps, targets = pair.maps, pair.shared_targets
    agree = [NOT_COMPARED] * (3 + len(TOP_SHARES))
    if isinstance(maps, MapAgreement):
        agree = [
            number(maps.rank_correlation),
            number(maps.mean_difference),
            number(maps.largest_difference),
            *(percent(share) for share in maps.overlap.values()),
        ]
    return [*agree, percent(targets) if isinstance(targets, float) else NOT_COMPARED]


def reasons(pairs: Sequence[Pair]) -> list[str]:
    """Return why scores, maps or targets of a pair cannot be compared."""
    return [
        f"{what} of {pair.first} and {pair.second} are not compared: {found}."
        for pair in pairs
        for what, found in (
            ("Scores on the same cells", pair.scores),
            ("Maps", pair.maps),
            ("Targets", pair.shared_targets),
        )
        if isinstance(found, str)
    ]


def remarks(results: Sequence[Results], pairs: Sequence[Pair]) -> list[str]:
    """Return what a reader of the tables must know."""
    paired = any(not isinstance(pair.scores, str) for pair in pairs)
    about = [AS_CONFIGURED, *([ABOUT_PAIRED] if paired else [])]
    return [*about, *caveats_of(results), *reasons(pairs)]


def write_comparison(results: Sequence[Results], pairs: Sequence[Pair], folder: Path) -> list[Path]:
    """Write a comparison as Markdown, CSV and figures; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "comparison.md": _markdown(results, pairs).encode(),
        "scores.csv": _scores_csv(results).encode(),
        "scores.png": png_bytes(_scores_figure(results)),
    }
    if any(isinstance(pair.maps, MapAgreement) for pair in pairs):
        files["differences.png"] = png_bytes(_difference_figure(results, pairs))
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


def _markdown(results: Sequence[Results], pairs: Sequence[Pair]) -> str:
    lines = [f"# {', '.join(one.name for one in results)}", "", "## What differs", ""]
    settings, differences = settings_table(results), difference_table(pairs)
    lines += [*(_rows(settings) if settings[1] else ["Nothing."]), "", f"- {AS_CONFIGURED}"]
    lines += ["", "## Scores on held-out blocks", ""]
    lines += [*_rows(score_table(results)), "", *(f"- {line}" for line in caveats_of(results))]
    lines += ["", "![Scores with intervals](scores.png)", "", f"## {PAIRED}", ""]
    if differences[1]:
        lines += [*_rows(differences), "", f"- {ABOUT_PAIRED}"]
    else:
        lines += ["None: see below."]
    lines += ["", "## Maps and targets", ""]
    lines += [*_rows(pair_table(pairs)), "", *(f"- {line}" for line in reasons(pairs))]
    lines += [
        "- Differences are of the second less the first. The overlap of the top is the part of the "
        "most prospective cells of one that are also those of the other; targets: area in both "
        "over area in either."
    ]
    if any(isinstance(pair.maps, MapAgreement) for pair in pairs):
        lines += ["", "![Differences of probability](differences.png)"]
    return "\n".join([*lines, ""])


def _rows(table: Table) -> list[str]:
    head, rows = table
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines]


def _scores_csv(results: Sequence[Results]) -> str:
    rows = [
        {"experiment": experiment, "score": name, "value": value, "low": low, "high": high}
        for experiment, scores in scores_of(results).items()
        for name, (value, low, high) in scores.items()
    ]
    return pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")


def _scores_figure(results: Sequence[Results]) -> Figure:
    scores = scores_of(results)
    names = dict.fromkeys(name for one in scores.values() for name in one)
    return scores_figure(
        scores,
        {name: score_label(name) for name in names},
        model=results[0].name,
        lower_is_better=LOWER_IS_BETTER,
    )


def _difference_figure(results: Sequence[Results], pairs: Sequence[Pair]) -> Figure:
    by_name = {one.name: one for one in results}
    alike = [pair for pair in pairs if isinstance(pair.maps, MapAgreement)]
    with report_style():
        figure = Figure(figsize=(WIDTH, 4.2 * -(-len(alike) // 2)), layout="constrained")
        panels = figure.subplots(-(-len(alike) // 2), min(2, len(alike)), squeeze=False).ravel()
        for axes, pair in zip(panels, alike, strict=False):
            first, second = (
                thumbnail(by_name[name].probability) for name in (pair.first, pair.second)
            )
            gap = np.asarray(second.values[0], float) - np.asarray(first.values[0], float)
            limit = float(np.nanpercentile(np.abs(gap), STRETCH)) or 1.0
            picture = axes.imshow(
                gap, cmap=DIFFERENCE_MAP, vmin=-limit, vmax=limit, extent=first.extent
            )
            axes.set_title(f"{pair.second} less {pair.first}")
            axes.set(xlabel="east, km", ylabel="north, km")
            figure.colorbar(picture, ax=axes, shrink=0.8, label="difference of probability")
        for axes in panels[len(alike) :]:
            axes.set_axis_off()
    return figure
