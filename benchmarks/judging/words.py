"""The sentences of the page: what was won, what was lost, and against which demand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from judging.page import (
    deposits_table,
    mean_curve,
    mean_of,
    quality_table,
    uncertainty_table,
)
from judging.scores import BEYOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from judging.regions import RegionSpec

    Judge = Callable[[Mapping[str, Any]], bool | None]

ABOUT_QUALITY = """\
Scores are means over the deals. Differences are paired: the ensemble's score less the other's on
the same cells, with a 95 % interval from 1000 replicates that draw deposit clusters and blocks of
background; bold where it excludes 0. The NLL of a model that gave a deposit the probability 0 is
infinite, and its difference is not shown. `_platt` is the same model recalibrated on inner folds;
the ensemble is only where these gain from it. `_context` reads the means around each cell beside
the layers, where members of the ensemble may do so. AUGRC ranks cells by p (1 - p).
`logistic_regression` chooses its penalty and `lightgbm_tuned` its setting on inner folds.
`publisher_posterior` is the map that the publisher made of the same deposits, as fitted, where it
has values.

`limit` is p given the layers, known on simulated regions alone; no model can be expected to beat
it. `told_the_terms` is a logistic regression on the very terms that deposits were drawn by: it
learns from the same deposits how much each counts, and nothing else. What it misses of the limit,
few deposits make any model miss.
"""

ABOUT_UNCERTAINTY = """\
Coverage is of the known p given the layers, by the log-odds and their SD that the maps carry; it
can be asked of {simulated} alone. In sample it does not depend on the deal. Learning curves, odd
inputs and labels bought are judged on a fifth of the ground that no fit has seen. Shifted: every
continuous band moved up by its range; scaled: trebled about its median; permuted: every band dealt
anew over the cells; foreign: another region with the same layers. Foreign regions obey the same
law on other ground: 0.5 is right where their layers look like those trained on, and more where
they do not. `epistemic` ranks cells nearly as p does, hence its high correlation with the error;
the SD of the log-odds does not, and finds the gap of the log-odds only a little. The warning of a
layer that may be missing is right on `sim_103_omitted` alone of the simulated regions.
"""

ABOUT_DEPOSITS = """\
How near a model comes to what the layers can tell depends on how many deposits it has to learn
from. Regions of the demo region's law, on one, four and sixteen times the ground: the deposits grow
with it, and nothing else changes. *Over the limit's* is the NLL less that of p given the layers.
Captures here count the deposits that are to be expected, by p given the layers, so that no luck of
the draw is in them. The models are those of the section on quality.
"""

SCORES = {"nll": ("NLL", -1), "roc_auc": ("AUC", 1), "capture@0.05": ("capture at 5 %", 1)}


def quality_page(summary: Mapping[str, Any], figure: str, regions: Mapping[str, RegionSpec]) -> str:
    """Return the section on scores."""
    found = summary["experiments"]
    return "\n".join([
        "## Quality\n",
        _measured(summary),
        ABOUT_QUALITY,
        *(f"- `{name}`: {_region(name, one, regions)}" for name, one in found.items()),
        "\n### Met and missed\n",
        *_met_and_missed(found, QUALITY),
        "\n### Won, lost and level\n",
        *(line for name, one in found.items() for line in _verdicts(name, one)),
        f"\n![Paired differences to each peer]({figure})\n",
        quality_table(found),
        "",
    ])  # fmt: skip


def uncertainty_page(
    summary: Mapping[str, Any], figure: str, regions: Mapping[str, RegionSpec]
) -> str:
    """Return the section on uncertainty."""
    found = summary["experiments"]
    simulated = [name for name in found if name == "demo" or name in regions]
    return "\n".join([
        "## Uncertainty\n",
        _measured(summary),
        ABOUT_UNCERTAINTY.format(simulated=", ".join(simulated)),
        "### Met and missed\n",
        *_met_and_missed(found, UNCERTAINTY),
        "",
        f"![Coverage, learning, odd inputs, labels bought]({figure})\n",
        uncertainty_table(found),
        "",
    ])  # fmt: skip


def deposits_page(
    summary: Mapping[str, Any], figure: str, regions: Mapping[str, RegionSpec]
) -> str:
    """Return the section on how many deposits a map takes."""
    found = summary["experiments"]
    return "\n".join([
        "## Deposits\n",
        _measured(summary),
        ABOUT_DEPOSITS,
        *(f"- `{name}`: {_region(name, one, regions)}" for name, one in found.items()),
        "\n### Met and missed\n",
        *_met_and_missed(found, DEPOSITS),
        f"\n![Share of what is possible against deposits]({figure})\n",
        deposits_table(found),
        "",
    ])  # fmt: skip


def _met_and_missed(found: Mapping[str, Any], demands: Mapping[str, Judge]) -> Iterator[str]:
    """Say of every demand where it is met and where it is missed, by the mean over the deals."""
    for demand, judge in demands.items():
        verdicts = {name: judge(answers) for name, answers in found.items()}
        sides = {
            side: [f"`{name}`" for name, verdict in verdicts.items() if verdict is met]
            for side, met in (("met on", True), ("missed on", False))
        }
        said = [f"{side} {', '.join(names)}" for side, names in sides.items() if names]
        yield f"- {demand}: {'; '.join(said) or 'asked nowhere'}."


def _within(low: float, high: float, question: str, *path: str) -> Judge:
    def judge(answers: Mapping[str, Any]) -> bool | None:
        value = mean_of(answers, question, *path)
        return None if value is None else low <= value <= high

    return judge


def _epistemic_falls(answers: Mapping[str, Any]) -> bool | None:
    little, all_of_it = (
        mean_of(answers, "learning", "curve", share, "epistemic") for share in ("25", "100")
    )
    return None if little is None or all_of_it is None else all_of_it < little


def _bald_beats_random(answers: Mapping[str, Any]) -> bool | None:
    bald, random = (mean_curve(answers, strategy) for strategy in ("bald", "random"))
    return bald[-1] < random[-1] if bald and random else None


def _not_below_the_best_peer(score: str, sign: int = 1) -> Judge:
    def judge(found: Mapping[str, Any]) -> bool | None:
        models = _by_mean(found, score, sign)
        return models[found["reference"]] >= max(models.values())

    return judge


def _in_the_null_band(found: Mapping[str, Any]) -> bool:
    own = found["models"][found["reference"]]
    return own["ece"] <= own["ece_null_high"]


def _near_the_limit(score: str, of: str = "share_of_limit") -> Judge:
    def judge(found: Mapping[str, Any]) -> bool | None:
        share = found["models"][found["reference"]][of].get(score)
        return None if share is None else share >= 0.9

    return judge


QUALITY: dict[str, Judge] = {
    "NLL lower than every peer's": _not_below_the_best_peer("nll", -1),
    "AUC not below the best peer's": _not_below_the_best_peer("roc_auc"),
    "Capture at 4 % not below the best peer's": _not_below_the_best_peer("capture@0.04"),
    "Capture at 10 % not below the best peer's": _not_below_the_best_peer("capture@0.1"),
    "ECE inside the band of an exact map": _in_the_null_band,
    "Capture at 1 %, .9 of the limit's or more": _near_the_limit("capture@0.01"),
    "Capture at 2 %, .9 of the limit's or more": _near_the_limit("capture@0.02"),
    "Capture at 5 %, .9 of the limit's or more": _near_the_limit("capture@0.05"),
}

DEPOSITS: dict[str, Judge] = {
    "NLL lower than every peer's": _not_below_the_best_peer("nll", -1),
    "ECE inside the band of an exact map": _in_the_null_band,
    **{
        f"Expected deposits at {area} %, .9 of the limit's or more": _near_the_limit(
            f"capture@{area / 100:g}", "expected_share_of_limit"
        )
        for area in (1, 2, 5)
    },
}

UNCERTAINTY: dict[str, Judge] = {
    "Coverage of the 90 % interval from .85 to .95 in sample": _within(
        0.85, 0.95, "intervals", "coverage", "in_sample", "0.9"
    ),
    "Coverage of the 90 % interval of .85 or more held out": _within(
        0.85, 1, "intervals", "coverage", "held_out", "0.9"
    ),
    "Shifted inputs told by novelty, AUROC .95 or more": _within(
        0.95, 1, "learning", "auroc", "shifted", "novelty"
    ),
    "Permuted inputs told by novelty, AUROC .85 or more": _within(
        0.85, 1, "learning", "auroc", "permuted", "novelty"
    ),
    "Epistemic lower with 100 % of the ground than with 25 %": _epistemic_falls,
    "NLL after 240 labels lower with BALD than at random": _bald_beats_random,
}


def _measured(summary: Mapping[str, Any]) -> str:
    deals = ", ".join(str(seed) for seed in summary["seeds"])
    word = "Deal" if len(summary["seeds"]) == 1 else "Deals"
    return f"{word} {deals}. {summary['machine']}; {summary['software']}.\n"


def _region(name: str, found: Mapping[str, Any], regions: Mapping[str, RegionSpec]) -> str:
    what = f"{found['cells']:,} cells, {found['bands']} bands, "
    what += f"{found['deposit_cells']} deposit cells in {found['clusters']} clusters"
    return f"{what}; simulated, {regions[name].title}" if name in regions else what


def _verdicts(name: str, found: Mapping[str, Any]) -> Iterator[str]:
    for score, (label, sign) in SCORES.items():
        sides: dict[str, list[str]] = {
            "better than": [], "worse than": [], "level with": [], "infinite for": []
        }  # fmt: skip
        for peer, gaps in found["differences"].items():
            side = _side(gaps[score], sign) if score in gaps else "infinite for"
            sides[side].append(peer)
        said = [f"{side} {', '.join(peers)}" for side, peers in sides.items() if peers]
        yield f"- `{name}`, {label}: {'; '.join(said)}.{_place(found, score, sign)}"


def _side(gap: Mapping[str, float], sign: int) -> str:
    low, high = sorted((sign * gap["low"], sign * gap["high"]))
    return "better than" if low > 0 else "worse than" if high < 0 else "level with"


def _place(found: Mapping[str, Any], score: str, sign: int) -> str:
    """Say who leads by the mean alone, whatever the interval."""
    models = _by_mean(found, score, sign)
    order = sorted(models, key=lambda name: -models[name])
    place = order.index(found["reference"]) + 1
    return f" By the mean, place {place} of {len(order)}, {order[0]} first."


def _by_mean(found: Mapping[str, Any], score: str, sign: int) -> dict[str, float]:
    """Return each model's score, the higher the better; an infinite NLL is the worst."""
    return {
        name: sign * scores[score]["value"] if score in scores else -math.inf
        for name, scores in found["models"].items()
        if name not in BEYOND
    }
