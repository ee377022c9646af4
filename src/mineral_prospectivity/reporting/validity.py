"""What speaks for and against the held-out scores, as tables and caveats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mineral_prospectivity.reporting.tables import Table
from mineral_prospectivity.reporting.words import is_absent, model_label, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

KILOMETRE = 1000.0
NOTABLE_OUTSIDE = 0.05
"""Share of the map outside the area of applicability from which it is a caveat."""

_WHAT = {"cells": "training cell", "deposits": "training deposit"}
_SPACES = {"geographic": ("on the ground", "km", KILOMETRE), "feature": ("in the layers", "", 1.0)}
_DISPERSION = "Dispersion of blocks"
_FOLDS_ARE = {True: "harder", False: "easier", None: "as hard"}


def validity_section(validity: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables and sentences of the section, or why there are none."""
    if is_absent(validity):
        return dict(validity)
    return {
        "distances": distance_rows(validity),
        "optimism": optimism_rows(validity),
        "findings": _findings(validity),
    }


def _findings(validity: Mapping[str, Any]) -> list[str]:
    inside = 1 - validity["applicability"]["share_outside"]
    found = validity["dispersion"]
    beyond = "more than" if found["excessive"] else "no more than"
    return [
        f"{percent(inside)} of the map lies inside the area of applicability: no less like its "
        "nearest training cell than held-out training cells are to theirs "
        "(maps/applicability.tif).",
        f"{_DISPERSION}, {number(found['value'])} over {found['blocks']} blocks: {beyond} chance "
        f"gives where the probabilities are right ({number(found['null_low'])} to "
        f"{number(found['null_high'])}). With few deposit clusters a missing layer need not show.",
    ]


def distance_rows(validity: Mapping[str, Any]) -> Table:
    """Return how far held-out cells and cells to be predicted lie from training."""
    rows = []
    for what, spaces in validity["distances"].items():
        for space, found in spaces.items():
            where, unit, scale = _SPACES[space]
            held_out, to_predict = (_range(found[name], scale) for name in _SAMPLES)
            rows.append((
                f"nearest {_WHAT[what]}, {where}{f', {unit}' if unit else ''}",
                held_out,
                to_predict,
                number(found["w"] / scale),
                _FOLDS_ARE[found["harder"]],
            ))  # fmt: skip
    headings = (
        "Distance to the", "Held-out cells", "Cells to be predicted", "W", "Folds are",
    )  # fmt: skip
    return Table("Do the folds ask what the map is asked? Median (5 % to 95 %)", headings, rows)


_SAMPLES = ("held_out", "to_predict")


def _range(found: Mapping[str, float], scale: float) -> str:
    low, median, high = (number(found[name] / scale) for name in ("low", "median", "high"))
    return f"{median} ({low} to {high})"


def optimism_rows(validity: Mapping[str, Any]) -> Table:
    """Return the scores of quick models on spatial and on random folds."""
    rows = []
    for model, found in validity["optimism"].items():
        cells = []
        for score in ("roc_auc", "nll"):
            for kind in ("spatial", "random"):
                value = found[kind][score]
                cells.append(f"absent: {value['absent']}" if is_absent(value) else number(value))
        rows.append((model_label(model), *cells))
    headings = ("Model", "AUC, spatial", "AUC, random", "NLL, spatial", "NLL, random")
    return Table("What random folds would have promised", headings, rows)


def validity_caveats(validity: Mapping[str, Any]) -> list[str]:
    """Return what a reader must know of folds, missing layers and ground unlike the training."""
    if is_absent(validity):
        return []
    return [*_missing_layer(validity), *_easier(validity), *_outside(validity)]


def _missing_layer(validity: Mapping[str, Any]) -> list[str]:
    found = validity["dispersion"]
    if not found["excessive"]:
        return []
    return [
        f"Deposits gather in blocks more than the probabilities say ({_DISPERSION.lower()} "
        f"{number(found['value'])}; chance gives at most {number(found['null_high'])}): a layer "
        "that matters may be missing. Then the intervals are too narrow."
    ]


def _easier(validity: Mapping[str, Any]) -> list[str]:
    found = validity["distances"]["deposits"]["geographic"]
    if found["harder"] is not False:
        return []
    held_out, to_predict = (number(found[name]["median"] / KILOMETRE) for name in _SAMPLES)
    return [
        f"Held-out cells lie nearer to training deposits (median {held_out} km) than the cells of "
        f"the map do ({to_predict} km): the held-out scores flatter. Raise folds.block_size."
    ]


def _outside(validity: Mapping[str, Any]) -> list[str]:
    share = validity["applicability"]["share_outside"]
    if share < NOTABLE_OUTSIDE:
        return []
    return [
        f"About {percent(share)} of the map lies outside the area of applicability: its layers are "
        "unlike those of any training cell, and the held-out scores do not speak of it "
        "(maps/applicability.tif)."
    ]
