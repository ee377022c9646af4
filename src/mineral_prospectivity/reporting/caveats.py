"""What could be wrong, read from scores, data and parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.reporting.comparisons import (
    against_chance,
    beats_chance,
    calibration_slope,
    few_clusters,
    find_score,
    headline_names,
)
from mineral_prospectivity.reporting.undiscovered import undiscovered_caveats
from mineral_prospectivity.reporting.validity import validity_caveats
from mineral_prospectivity.reporting.words import is_absent, named, number, percent, plural
from mineral_prospectivity.reporting.worth import is_example

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from mineral_prospectivity.reporting.thumbnails import Thumbnail

MOST = 0.5
"""Share of a target beyond which it lies outside the area of applicability as a whole."""

FAR = 99.0
"""Percentile of novelty from which a cell counts as unlike the training cells."""


def caveats(
    metrics: Mapping[str, Any],
    quality: Mapping[str, Any],
    undiscovered: Mapping[str, Any],
    maps: Thumbnail,
    *,
    targets: gpd.GeoDataFrame,
    economics: Mapping[str, Any],
) -> list[str]:
    """Return what a reader must know before acting on the map, the gravest first.

    Parameters
    ----------
    metrics
        As :func:`~mineral_prospectivity.scoring.evaluation.report.evaluate` gives them.
    quality
        With ``findings``, and ``deposits.messages`` on deposits that were left out.
    undiscovered
        From :func:`~mineral_prospectivity.scoring.undiscovered.undiscovered_sensitivity`.
    maps
        With the band ``novelty``, if there is one.
    targets
        Ranked, with ``unlike_training`` and ``outside_applicability``.
    economics
        With ``exploration_cost`` and ``discovery_value``.
    """
    found = [
        *_chance(metrics),
        *_brownfield(metrics),
        *_few_deposits(metrics),
        *_optimism(metrics),
        *_slope(metrics),
        *_epistemic(metrics["uncertainty"]),
        *validity_caveats(metrics["validity"]),
        *_novelty(maps),
        *_targets_outside(targets),
        *_example_money(economics),
        *undiscovered_caveats(undiscovered),
        "Cells without a known deposit count as background, though some hold deposits that nobody "
        "has found: the probability is that of a known deposit, and errs on the low side.",
    ]
    named = [*quality.get("findings", ()), *quality.get("deposits", {}).get("messages", ())]
    return [*found, *(f"Data: {finding}." for finding in named)]


def _chance(metrics: Mapping[str, Any]) -> list[str]:
    if beats_chance(metrics) is not False:
        return []
    return [
        f"Nothing shows that this map is better than chance: held-out {against_chance(metrics)}. "
        "Do not choose ground by it; look for layers that tell of these deposits, or for more "
        "deposits."
    ]


def _brownfield(metrics: Mapping[str, Any]) -> list[str]:
    return [metrics["notes"]["brownfield"]] if metrics["scored"]["brownfield"] else []


def _few_deposits(metrics: Mapping[str, Any]) -> list[str]:
    if not few_clusters(metrics):
        return []
    scored = metrics["scored"]
    count = scored["deposit_clusters"]
    verb = "is" if count == 1 else "are"
    return [
        f"There {verb} only {plural(count, 'cluster')} of deposits "
        f"({plural(scored['deposits'], 'deposit')}). Neighbouring deposits tell the same story, "
        f"so an interval here is wide and itself uncertain; where every draw of clusters gives "
        f"the same score, none is given. Nor can so few tell whether probabilities come true."
    ]


def _optimism(metrics: Mapping[str, Any]) -> list[str]:
    """Compare fit and held-out capture: the gap is what a map of known ground flatters itself."""
    name = headline_names(metrics)[-1]
    held_out = find_score(metrics["models"]["ensemble"], name)
    if is_absent(metrics["fit"]) or "value" not in held_out:
        return []
    fit = find_score(metrics["fit"]["models"]["ensemble"], name)
    if "value" not in fit or fit["value"] <= held_out["value"]:
        return []
    area = percent(float(name.removeprefix("capture@")))
    return [
        f"On the deposits that it was made from, the top {area} of the map captures "
        f"{percent(fit['value'])}; on held-out ones {percent(held_out['value'])}. Expect the "
        f"second."
    ]


def _slope(metrics: Mapping[str, Any]) -> list[str]:
    if few_clusters(metrics):
        return []
    slope, words = calibration_slope(metrics)
    return [f"Held out, the probabilities are {words}."] if slope == "off" else []


def _epistemic(uncertainty: Mapping[str, Any]) -> list[str]:
    found = uncertainty.get("epistemic", {"absent": ""})
    if is_absent(found) or is_absent(found["spearman"]) or found["spearman"] > 0:
        return []
    return [
        "Epistemic uncertainty is not larger where the model errs more (Spearman "
        f"{number(found['spearman'])}): do not read low risk as safety."
    ]


def _novelty(maps: Thumbnail) -> list[str]:
    if "novelty" not in maps.names:
        return []
    values = maps.band("novelty").astype(np.float64)
    share = float(np.mean(values[np.isfinite(values)] >= FAR)) if values.size else 0.0
    if share < 1.5 * (1 - FAR / 100):
        return []
    return [
        f"{percent(share)} of the area looks like at most one in a hundred held-out cells (novelty "
        f"of {FAR:g} or more): there the map extrapolates."
    ]


def _example_money(economics: Mapping[str, Any]) -> list[str]:
    if not is_example(economics):
        return []
    cost, value = (number(economics[name]) for name in ("exploration_cost", "discovery_value"))
    return [
        f"The economics are an example: the cost of {cost} a cell and the value of {value} for a "
        "discovery are those that the project comes with. Which cells pay, the order of the "
        "targets and what the budget buys follow from them. Set risk.economics.exploration_cost "
        "and risk.economics.discovery_value to your own."
    ]


def _targets_outside(targets: gpd.GeoDataFrame) -> list[str]:
    """Name the targets whose best cell, or most of whose ground, is unlike any training cell."""
    outside = targets[(targets["unlike_training"] > 1) | (targets["outside_applicability"] > MOST)]
    if outside.empty:
        return []
    names = named([f"{row.target_id} (rank {row.rank})" for row in outside.itertuples()])
    verb = "lies" if len(outside) == 1 else "lie"
    return [
        f"{plural(len(outside), 'target')} of {len(targets)} {verb} outside the area of "
        f"applicability, at the best cell or for the most part: {names}. The layers there are "
        "unlike those of any training cell, so neither the chance nor its interval is supported "
        "by the held-out scores."
    ]
