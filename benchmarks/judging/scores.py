"""Scores over several deals of the folds, and paired differences over deposit clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.scoring.bootstrap import LOWER_IS_BETTER
from mineral_prospectivity.scoring.calibration_line import calibration_line
from mineral_prospectivity.scoring.capture import capture_curve
from mineral_prospectivity.scoring.kernels import SegmentTable
from mineral_prospectivity.scoring.reliability import reliability
from mineral_prospectivity.scoring.resampling import resampling_units
from mineral_prospectivity.scoring.sample import UndefinedMetricError
from mineral_prospectivity.scoring.selective import augrc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from judging.experiments import Experiment

AREAS = (0.01, 0.02, 0.04, 0.05, 0.1)
BINS = 15
LIMIT = "limit"
"""Name of p given the layers, which no model that sees them can be expected to beat."""

TOLD = "told_the_terms"
"""Name of the model that is told what to look for: see :mod:`judging.told`."""

BEYOND = (LIMIT, TOLD)
"""What stands beside the models, and knows what none is given."""

Replicates = dict[str, np.ndarray]
"""Of each score: its value on the cells as they are, then those of the bootstrap replicates."""


def judge(
    experiment: Experiment,
    runs: Mapping[str, Sequence[np.ndarray]],
    reference: str,
    replicates: int = 1000,
) -> dict[str, Any]:
    """Return all scores of an experiment, ready for JSON.

    A score is its mean over the deals of the folds. Replicates draw deposit clusters and blocks of
    background, the same for every model and deal; the mean over deals is taken inside a replicate,
    so an interval speaks of other deposits and other ground, not of other deals.

    Parameters
    ----------
    experiment
        What was predicted.
    runs
        Probabilities of each model, one array ``(cells,)`` a deal, the same deals for all models.
    reference
        The model whose differences to the others are wanted.
    replicates
        Of the bootstrap.
    """
    table = experiment.cells
    block_size = experiment.parameters.folds.block_size
    bootstrap = _Bootstrap(table, block_size, replicates)
    if experiment.limit is not None:
        runs = {**runs, LIMIT: [experiment.limit]}
    scores = {name: bootstrap.mean_scores(deals) for name, deals in runs.items()}
    models = {
        name: {
            **_headline(scores[name]),
            **_calibration(table, deals),
            "share_of_limit": _shares(scores[name], scores.get(LIMIT, {})),
            "expected_share_of_limit": _expected_shares(experiment, deals),
        }
        for name, deals in runs.items()
    }
    return {
        "reference": reference,
        "deals": len(runs[reference]),
        "cells": len(table),
        "bands": len(experiment.bands),
        "deposit_cells": int(table["label"].sum()),
        "clusters": int(table.loc[table["label"] == 1, "cluster"].nunique()),
        "models": models,
        "differences": {
            name: _differences(scores[reference], found)
            for name, found in scores.items()
            if name not in (reference, *BEYOND)
        },
        "fitted": _published(experiment),
    }


class _Bootstrap:
    """The replicates of an experiment, and every score on them."""

    def __init__(self, cells: pd.DataFrame, block_size: float, replicates: int) -> None:
        self._arrays = [
            cells[name].to_numpy(np.float64) for name in ("label", "deposits", "weight")
        ]
        self._units = resampling_units(
            cells["label"], cells["cluster"], cells["x"], cells["y"], block_size
        )
        drawn = self._units.draw(replicates, seed=0)
        self._multiplicity = np.column_stack([np.ones(self._units.count), drawn])

    def mean_scores(self, deals: Sequence[np.ndarray]) -> Replicates:
        """Return each score, mean over the deals, ``(1 + replicates,)``; finite ones alone."""
        labels, deposits, weights = self._arrays
        each = []
        for p in deals:
            table = SegmentTable.of(labels, p.astype(np.float64), deposits, weights, self._units)
            with np.errstate(invalid="ignore"):  # an infinite loss that a replicate leaves out
                each.append(table.scores(self._multiplicity, AREAS))
        means = {name: np.mean([found[name] for found in each], axis=0) for name in each[0]}
        return {name: values for name, values in means.items() if np.isfinite(values).all()}


def _headline(scores: Replicates) -> dict[str, Any]:
    return {name: _interval(values) for name, values in scores.items()}


def _interval(values: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(values[1:], (0.025, 0.975))
    return {"value": float(values[0]), "low": float(low), "high": float(high)}


def _differences(reference: Replicates, other: Replicates) -> dict[str, Any]:
    """Return the reference's score less the other's, and how often the reference is better."""
    found = {}
    for name in (name for name in reference if name in other):
        gap = reference[name] - other[name]
        sign = -1 if name in LOWER_IS_BETTER else 1
        better = float(np.mean((np.sign(sign * gap[1:]) + 1) / 2))
        found[name] = _interval(gap) | {"share_better": better}
    return found


def _calibration(table: pd.DataFrame, deals: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return ECE with the upper end of its null band, slope and AUGRC, each mean over deals."""
    y, w = (table[name].to_numpy(np.float64) for name in ("label", "weight"))
    errors = [reliability(y, p, w, bins=BINS).expected for p in deals]
    found: dict[str, Any] = {
        "ece": float(np.mean([error.value for error in errors])),
        "ece_null_high": float(np.mean([error.null_high for error in errors])),
        "augrc": float(np.mean([augrc(np.square(p - y), p * (1 - p), w) for p in deals])),
    }
    try:
        found["slope"] = float(np.mean([calibration_line(y, p, w).slope for p in deals]))
    except UndefinedMetricError as error:
        found["slope"] = {"absent": str(error)}
    return found


def _shares(own: Replicates, limit: Replicates) -> dict[str, float]:
    """Return capture divided by the limit's, by area."""
    names = [f"capture@{area:g}" for area in AREAS]
    return {
        name: float(own[name][0] / limit[name][0])
        for name in names
        if name in limit and limit[name][0] > 0
    }


def _expected_shares(experiment: Experiment, deals: Sequence[np.ndarray]) -> dict[str, float]:
    """Return the same with the deposits to be expected, by the limit, for those that there are.

    It is free of the luck of the deposits drawn.
    """
    limit, cells = experiment.limit, experiment.cells["weight"].to_numpy(np.float64)
    if limit is None:
        return {}
    expected = limit * cells
    best = capture_curve(limit, expected, cells).at(AREAS)
    found = [capture_curve(p, expected, cells).at(AREAS) for p in deals]
    shares = np.mean(found, axis=0) / best
    return {f"capture@{area:g}": float(share) for area, share in zip(AREAS, shares, strict=True)}


def _published(experiment: Experiment) -> dict[str, Any]:
    """Return the scores of published maps, fitted to the deposits that they are scored on."""
    found = {}
    for name in (name for name in experiment.references if name.startswith("peer_")):
        known = experiment.references[name].notna().to_numpy()
        if not known.any():
            continue
        p = experiment.references.loc[known, name].to_numpy(np.float64)
        block_size = experiment.parameters.folds.block_size
        part = _Bootstrap(experiment.cells[known], block_size, 200)
        found[name.removeprefix("peer_")] = _headline(part.mean_scores([p])) | {
            "cells": int(known.sum())
        }
    return found
