"""What the figures say, in plain words computed from them: where, and how sure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mineral_prospectivity.reporting.comparisons import (
    against_chance,
    beats_chance,
    calibration_slope,
    few_clusters,
    find_score,
    headline_names,
)
from mineral_prospectivity.reporting.words import (
    NO_WIDTH,
    is_absent,
    kilometres,
    number,
    percent,
    plural,
    span,
)
from mineral_prospectivity.reporting.worth import is_example

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd


def key_figures(
    metrics: Mapping[str, Any],
    risk: Mapping[str, Any],
    targets: gpd.GeoDataFrame,
    money: Mapping[str, Any],
) -> list[tuple[str, str]]:
    """Return the figures that head the report, each with what it means."""
    pays = "targets have cells that pay after the discount for risk"
    example = ", by the economics of an example" if is_example(money["economics"]) else ""
    name = headline_names(metrics)[-1]
    score, area = find_score(metrics["models"]["ensemble"], name), _area(name)
    held_out = "of the deposits that the model had not seen lie in the most prospective"
    found = "unknown" if is_absent(score) else percent(score["value"])
    interval = "" if is_absent(score) else _interval(score)
    high = _high_return(risk)
    paying = int((targets["testing_return"] > 0).sum())
    clusters = metrics["scored"]["deposit_clusters"]
    return [
        (found, f"{held_out} {area} of the area{interval}"),
        (percent(sum(row["area_share"] for row in high)), "of the area is ground of high return"),
        (f"{paying} of {len(targets)}", f"{pays}{example}"),
        (f"{clusters:,}", "clusters of known deposits are what all of this rests on"),
    ]


def _interval(score: Mapping[str, Any]) -> str:
    """Return an interval in brackets, or why there is none."""
    why = score["interval"]["absent"] if "interval" in score else NO_WIDTH
    return f" ({span(score, percent) or f'no interval: {why}'})"


def _area(name: str) -> str:
    return percent(float(name.removeprefix("capture@")))


def _high_return(risk: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [row for row in risk["categories"] if row["category"].startswith("high return")]


def where(risk: Mapping[str, Any], targets: gpd.GeoDataFrame) -> list[str]:
    """Return where the high-return ground is, and which target leads."""
    rows = _high_return(risk)
    area, share = (sum(row[name] for row in rows) for name in ("area_km2", "area_share"))
    found = sum(row["deposits"] for row in rows)
    total = sum(row["deposits"] for row in risk["categories"])
    sentences = [
        f"Ground of high return covers {number(area)} km² ({percent(share)} of the area) and holds "
        f"{found} of the {plural(total, 'known deposit')}. The map was made from these deposits, "
        f"so this is how it fits them, not a test of it."
    ]
    if targets.empty:
        return [*sentences, "No target meets the conditions set for one."]
    first = targets.iloc[0]
    sentences.append(
        f"{plural(len(targets), 'target')} ranked. The first, {first.target_id}, is best at "
        f"easting {kilometres(first.best_x, 2)} km, northing {kilometres(first.best_y, 2)} km, "
        f"where the chance of a discovery is {percent(first.probability_max)} "
        f"({percent(first.best_lower)} to {percent(first.best_upper)}). It covers "
        f"{number(first.area_km2)} km², with a mean chance of {percent(first.probability_mean)} "
        f"({percent(first.probability_lower)} to {percent(first.probability_upper)}), "
        f"{_known(int(first.known_deposits))}."
    )
    return sentences


def _known(count: int) -> str:
    return "no known deposit inside" if count == 0 else f"{plural(count, 'known deposit')} inside"


def how_sure(metrics: Mapping[str, Any]) -> list[str]:
    """Return how well held-out deposits were found, and whether probabilities come true.

    That they rank no better than chance comes first.
    """
    name = headline_names(metrics)[-1]
    score = find_score(metrics["models"]["ensemble"], name)
    area = _area(name)
    if is_absent(score):
        found = f"How many deposits the top {area} would have found is unknown: {score['absent']}."
    else:
        found = (
            f"Searching the most prospective {area} of the area would have found "
            f"{percent(score['value'])}{_interval(score)} of the deposits of blocks that the model "
            f"had never seen, {score['lift']:.2g} times as many as a search at random."
        )
    return [*_chance(metrics), found, _calibration(metrics)]


def _chance(metrics: Mapping[str, Any]) -> list[str]:
    if beats_chance(metrics) is not False:
        return []
    return [
        f"Held-out deposits do not rank above background beyond chance: {against_chance(metrics)}."
    ]


def _calibration(metrics: Mapping[str, Any]) -> str:
    if few_clusters(metrics):
        clusters = plural(metrics["scored"]["deposit_clusters"], "cluster")
        return f"Whether the probabilities come true, {clusters} of deposits cannot tell."
    error = metrics["calibration"]["ensemble"]["ece"]
    if error["value"] <= error["null_high"]:
        return _as_by_chance(metrics)
    return (
        f"The probabilities do not come true exactly: the calibration error is "
        f"{number(error['value'])}, where an exact map would show at most "
        f"{number(error['null_high'])}."
    ) + (" Trust the ranking more than the numbers." if beats_chance(metrics) else "")


def _as_by_chance(metrics: Mapping[str, Any]) -> str:
    """Say what a calibration error no larger than chance proves: little, unless all else fits."""
    chance = "the calibration error is what an exact map would show by chance"
    slope, words = calibration_slope(metrics)
    if slope == "off":
        return f"The probabilities are {words}, though {chance}."
    if slope == "unknown":
        return f"Whether the probabilities come true is unknown: {words}."
    return (
        "The probabilities come true as often as they say, as far as these deposits can tell: "
        f"{chance}."
    )
