"""The document of all scores, ready for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.scoring.bootstrap import bootstrap_scores
from mineral_prospectivity.scoring.evaluation.calibration import (
    calibration_scores,
    classification_scores,
    interval_width,
)
from mineral_prospectivity.scoring.evaluation.curves import (
    AREAS,
    capture_curves,
    prediction_area_plot,
)
from mineral_prospectivity.scoring.evaluation.headline import (
    fold_scores,
    paired_differences,
    point_scores,
    with_intervals,
)
from mineral_prospectivity.scoring.evaluation.scored import (
    ENSEMBLE,
    PREFIXES,
    ScoredCells,
    model_name,
    or_absent,
    require,
)
from mineral_prospectivity.scoring.evaluation.truth import truth_scores
from mineral_prospectivity.scoring.evaluation.uncertainty import uncertainty_scores
from mineral_prospectivity.scoring.resampling import resampling_units

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mineral_prospectivity.scoring.evaluation.truth import KnownProbability
    from mineral_prospectivity.scoring.resampling import ResamplingUnits

_NOTES = {
    "held_out": "Everything but the section fit scores predictions by fits that never saw the "
    "cell's block.",
    "crps": "For a 0/1 outcome the CRPS of a Bernoulli forecast is the Brier score; it is "
    "reported once, as brier.",
    "intervals": "Percentile bootstrap over deposit clusters{blocks}, the same draws for every "
    "model.",
}

BROWNFIELD = (
    "Brownfield: the density of known deposits is evidence. These scores say how well the map "
    "finds more beside what is known; they say nothing of new districts, and do not compare with "
    "those of a greenfield run."
)


def evaluate(
    oof: pd.DataFrame,
    *,
    models: Sequence[str],
    fitted: pd.DataFrame | None = None,
    truth: KnownProbability | None = None,
    capture_areas: Sequence[float] = (0.01, 0.02, 0.05, 0.1),
    bootstrap: int = 500,
    confidence: float = 0.95,
    bins: int = 15,
    seed: int = 0,
    block_size: float | None = None,
    brownfield: bool = False,
) -> dict[str, Any]:
    """Score out-of-fold predictions; see ``docs/metrics.md`` for every key.

    Parameters
    ----------
    oof
        One row a cell: ``fold``, ``label``, ``cluster``, the columns ``models`` and, where there
        are, ``deposits``, ``weight``, ``x``, ``y`` and the uncertainties.
    models
        Columns of probabilities, ``probability`` (the ensemble) among them; ``baseline_lightgbm``
        is reported as ``lightgbm``. Of a column that leaves [0, 1] only the ranking is scored.
    fitted
        Predictions by what saw the labels, with ``label``, ``probability`` of the fit and columns
        ``peer_<name>`` of published maps, which may be any score: reported apart, as ``fit``. A
        map without values in some cells is scored in the others.
    truth
        What a simulation knows, in the rows' order of ``oof``.
    capture_areas
        Shares of the area at which capture is quoted.
    bootstrap, confidence, seed
        Replicates, level of the intervals, and seed.
    bins
        Bins of equal mass of the reliability.
    block_size
        Side of the blocks of background that replicates draw, m; None keeps the background.
    brownfield
        Whether the density of known deposits was evidence; the scores are marked by it.

    Returns
    -------
    dict
        Plain values for JSON. A score that the cells do not define is ``{"absent": reason}``.

    Raises
    ------
    ConfigurationError
        When a column is missing.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> label = np.tile([1, 0, 0, 0], 30)
    >>> table = pd.DataFrame(
    ...     {"fold": np.repeat(np.arange(3), 40), "label": label,
    ...      "cluster": np.where(label == 1, np.arange(120), -1),
    ...      "probability": np.where(label == 1, 0.4, 0.2)}
    ... )
    >>> scores = evaluate(table, models=["probability"], bootstrap=50)
    >>> scores["models"]["ensemble"]["roc_auc"]["value"]
    1.0
    """
    require(oof, ["fold", "cluster", "probability", *([] if block_size is None else ["x", "y"])])
    cells = ScoredCells.of(oof, models)
    folds = oof["fold"].to_numpy(dtype=np.int64)
    intervals = or_absent(
        lambda: bootstrap_scores(
            cells.labels, cells.models, cells.deposits, cells.weights, _units(oof, block_size),
            reference=ENSEMBLE, capture_areas=capture_areas, replicates=bootstrap,
            confidence=confidence, seed=seed,
        )
    )  # fmt: skip
    calibration = {
        name: or_absent(calibration_scores, cells, p, bins, seed)
        for name, p in cells.models.items()
    }
    if "sharpness" in calibration[ENSEMBLE]:
        width = interval_width(oof, cells.weights)
        calibration[ENSEMBLE]["sharpness"]["mean_interval_width"] = width
    return {
        "scored": {**_counts(oof, cells), "brownfield": brownfield},
        "models": {
            name: with_intervals(point_scores(cells, p, capture_areas), name, intervals)
            | {"by_fold": fold_scores(cells, p, folds)}
            for name, p in cells.models.items()
        },
        "differences": paired_differences(cells.models, ENSEMBLE, intervals),
        "calibration": calibration,
        "classification": {
            name: classification_scores(cells, p, folds) for name, p in cells.models.items()
        },
        "uncertainty": uncertainty_scores(oof, cells),
        "curves": {
            "area": AREAS.tolist(),
            "prediction_rate": capture_curves(cells),
            "prediction_area": prediction_area_plot(cells),
        },
        "fit": _fit(fitted, capture_areas),
        "truth": {"absent": "the probability given the layers is not known"}
        if truth is None
        else truth_scores(cells, truth, capture_areas),
        "validity": {"absent": "the folds were not checked"},
        "recalibration": {"absent": "no calibration was given"},
        "notes": _notes(block_size, brownfield=brownfield),
    }


def _notes(block_size: float | None, *, brownfield: bool) -> dict[str, str]:
    blocks = "" if block_size is None else f" and background blocks of {block_size / 1000:g} km"
    notes = {**_NOTES, "intervals": _NOTES["intervals"].format(blocks=blocks)}
    return {**notes, "brownfield": BROWNFIELD} if brownfield else notes


def _units(oof: pd.DataFrame, block_size: float | None) -> ResamplingUnits:
    if block_size is None:
        return resampling_units(oof["label"], oof["cluster"])
    return resampling_units(oof["label"], oof["cluster"], oof["x"], oof["y"], block_size)


def _counts(oof: pd.DataFrame, cells: ScoredCells) -> dict[str, Any]:
    positive = cells.labels == 1
    return {
        "rows": len(oof),
        "cells": float(cells.weights.sum()),
        "deposit_cells": int(positive.sum()),
        "deposits": int(cells.deposits.sum()),
        "deposit_clusters": int(oof.loc[positive, "cluster"].nunique()),
        "folds": int(oof["fold"].nunique()),
        "prevalence": float(np.average(cells.labels, weights=cells.weights)),
    }


def _fit(fitted: pd.DataFrame | None, capture_areas: Sequence[float]) -> dict[str, Any]:
    if fitted is None:
        return {"absent": "no predictions of the fit were given"}
    require(fitted, ["probability"])
    found: dict[str, Any] = {"area": AREAS.tolist(), "models": {}, "success_rate": {}}
    for name in map(str, fitted.columns):
        if name != "probability" and not name.startswith(PREFIXES):
            continue
        cells = ScoredCells.of(fitted[fitted[name].notna()], [name])
        model = model_name(name)
        scores = point_scores(cells, cells.models[model], capture_areas)
        found["models"][model] = {"rows": len(cells.labels), **scores}
        found["success_rate"] |= capture_curves(cells)
    return found
