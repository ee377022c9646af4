"""Tables of the report: headings and rows of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mineral_prospectivity.reporting.words import (
    NO_WIDTH,
    is_absent,
    kilometres,
    listed,
    number,
    percent,
    span,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

MISSING = "–"


@dataclass(frozen=True)
class Table:
    """Rows of text under headings; the first column names the row.

    Parameters
    ----------
    caption, headings, rows
        What is shown.
    targets
        The target that each row tells of: the page links these rows with its map.
    """

    caption: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    targets: Sequence[str] = ()


def category_rows(risk: Mapping[str, Any]) -> Table:
    """Return what each category holds."""
    rows = [
        (
            row["category"],
            f"{row['area_km2']:,.0f}",
            percent(row["area_share"]),
            str(row["deposits"]),
            MISSING if row["deposit_share"] is None else percent(row["deposit_share"]),
            MISSING if row["lift"] is None else number(row["lift"]),
        )
        for row in risk["categories"]
    ]
    headings = ("Category", "Area, km²", "of the area", "Known deposits", "of them", "Lift")
    return Table("What each category holds (the fit, not a test)", headings, rows)


def zone_rows(risk: Mapping[str, Any]) -> Table:
    """Return what share of the deposits the high-return zones hold, as fit and held out."""
    names = {"fit": "Fit: the map saw these deposits", "held_out": "Held out: it did not"}
    rows = [(name, *_zone_cells(risk["zones"][key])) for key, name in names.items()]
    headings = ("High-return zones", "of the area", "Known deposits", "of them", "Interval")
    return Table("What the high-return zones hold", headings, rows)


def _zone_cells(zone: Mapping[str, Any]) -> tuple[str, str, str, str]:
    if is_absent(zone):
        return (MISSING, MISSING, MISSING, zone["absent"])
    capture = zone["capture"]
    return (
        percent(zone["area_share"]),
        f"{zone['captured']} of {zone['deposits']}",
        percent(capture["value"]),
        span(capture, percent) or f"none: {NO_WIDTH}",
    )


def target_rows(targets: gpd.GeoDataFrame) -> Table:
    """Return where each target is best, the chance of a discovery in it, and what drives it."""
    headings = (
        "Rank", "Target", "Best cell: easting, km", "northing, km", "Best chance", "Area, km²",
        "Mean chance", "90 %", "Discoveries", "Category", "Known", "Nearest deposit",
        "What drives it",
    )  # fmt: skip
    rows = [
        (
            str(target.rank),
            target.target_id,
            kilometres(target.best_x, 2),
            kilometres(target.best_y, 2),
            f"{percent(target.probability_max)} "
            f"({percent(target.best_lower)} to {percent(target.best_upper)})",
            number(target.area_km2),
            percent(target.probability_mean),
            f"{percent(target.probability_lower)} to {percent(target.probability_upper)}",
            number(target.expected_discoveries),
            target.category,
            str(target.known_deposits),
            _nearest(target.nearest_deposit, target.deposit_distance),
            target.drivers or MISSING,
        )
        for target in targets.itertuples()
    ]
    return Table(_order(targets), headings, rows, targets.target_id.tolist())


def _order(targets: gpd.GeoDataFrame) -> str:
    """Return what ranks these targets."""
    if (targets["cells_to_test"] > 0).all():
        return "Targets, by the return of the cells that pay"
    if not (targets["cells_to_test"] > 0).any():
        return "Targets, by mean chance of a discovery: no cell pays"
    return "Targets, by the return of the cells that pay, then by mean chance of a discovery"


def worth_rows(targets: gpd.GeoDataFrame) -> Table:
    """Return what testing each target costs and returns, and what the budget funds."""
    rows = [
        (
            str(target.rank),
            target.target_id,
            number(target.expected_value),
            number(target.risk_adjusted_return),
            f"{target.cells_to_test:,} of {target.cells:,}",
            number(target.testing_cost),
            number(target.testing_return),
            percent(target.funded_share) if target.selected else MISSING,
        )
        for target in targets.itertuples()
    ]
    headings = (
        "Rank", "Target", "Expected value", "Risk-adjusted", "Cells that pay", "Cost of these",
        "Return of these", "Funded",
    )  # fmt: skip
    caption = "What the targets are worth (currency)"
    return Table(caption, headings, rows, targets.target_id.tolist())


def map_target_rows(targets: gpd.GeoDataFrame) -> Table:
    """Return the targets as the list beside the map shows them."""
    rows = [
        (
            str(target.rank),
            target.target_id,
            number(target.area_km2),
            percent(target.probability_mean),
            str(target.known_deposits),
        )
        for target in targets.itertuples()
    ]
    headings = ("Rank", "Target", "km²", "Chance", "Known")
    return Table("Targets", headings, rows, targets.target_id.tolist())


def _nearest(name: str | None, distance: float) -> str:
    if pd.isna(distance):
        return MISSING
    place = "inside" if distance == 0 else f"{kilometres(distance)} km"
    return place if pd.isna(name) else f"{name}, {place}"


def sample_rows(samples: gpd.GeoDataFrame) -> Table:
    """Return the sites to sample next, one a row."""
    rows = [
        (
            str(site.rank),
            kilometres(site.geometry.x, 2),
            kilometres(site.geometry.y, 2),
            percent(site.probability),
            number(site.epistemic),
            number(site.mutual_information),
        )
        for site in samples.itertuples()
    ]
    headings = (
        "Order", "Easting, km", "Northing, km", "Probability", "Epistemic SD", "Information, nats",
    )  # fmt: skip
    return Table("Sites whose label would teach the models most", headings, rows)


def quality_rows(quality: Mapping[str, Any]) -> Table:
    """Return coverage, range and outliers of every evidence band."""
    rows = []
    for name, band in quality["bands"].items():
        span = f"{number(band['min'])} to {number(band['max'])}" if "min" in band else MISSING
        median = number(band["quantiles"]["0.5"]) if "quantiles" in band else MISSING
        outliers = percent(band["outliers"]) if "outliers" in band else MISSING
        rows.append((name, band["unit"], percent(band["coverage"]), median, span, outliers))
    headings = ("Band", "Unit", "Coverage", "Median", "Range", "Outliers")
    return Table("Evidence bands", headings, rows)


def fold_rows(quality: Mapping[str, Any]) -> Table:
    """Return what each fold holds, where the quality report tells."""
    rows = [
        (
            f"fold {row['fold'] + 1}",
            f"{row['cells']:,.0f}",
            f"{row['deposits']:,.0f}",
            MISSING if pd.isna(row["clusters"]) else f"{row['clusters']:,.0f}",
        )
        for row in quality.get("folds", ())
    ]
    return Table("What each fold holds", ("Fold", "Cells", "Deposits", "Clusters"), rows)


def timing_rows(timings: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return what each pipeline took: its nodes' seconds summed, and the largest memory."""
    rows = []
    longest_first = sorted(timings.values(), key=lambda timing: -timing["seconds"])
    for pipeline in dict.fromkeys(timing["pipeline"] for timing in longest_first):
        own = [timing for timing in timings.values() if timing["pipeline"] == pipeline]
        memory = [timing["peak_memory_mib"] for timing in own if "peak_memory_mib" in timing]
        rows.append((
            pipeline.replace("_", " "),
            str(len(own)),
            number(sum(timing["seconds"] for timing in own)),
            f"{max(memory):,.0f}" if memory else MISSING,
            listed(sorted({timing["ran"] for timing in own})),
        ))  # fmt: skip
    headings = ("Pipeline", "Nodes", "Seconds, summed", "Peak memory, MiB", "Ran")
    return Table("Time and memory", headings, rows)


def node_timing_rows(timings: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return what each node took, the longest first."""
    rows = [
        (
            name,
            number(timing["seconds"]),
            f"{timing['peak_memory_mib']:,.0f}" if "peak_memory_mib" in timing else MISSING,
            timing["ran"],
        )
        for name, timing in sorted(timings.items(), key=lambda item: -item[1]["seconds"])
    ]
    headings = ("Node", "Seconds", "Peak memory so far, MiB", "Ran")
    return Table("Time and memory, node by node", headings, rows)


def flat_rows(caption: str, values: Mapping[str, Any]) -> Table:
    """Return nested values as dotted names and text."""
    return Table(caption, ("Name", "Value"), list(_flatten(values, "")))


def _flatten(values: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and value:
            rows += _flatten(value, f"{path}.")
        else:
            rows.append((path, MISSING if value is None else str(value)))
    return rows
