"""Nodes of evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mineral_prospectivity.geo.bands import layers_alone
from mineral_prospectivity.geo.context import without_context
from mineral_prospectivity.geo.evidence import layer_evidence, stack
from mineral_prospectivity.geo.grid import cell_centres
from mineral_prospectivity.geo.layers import EvidenceLayer
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tabulate import evidence_table, valid_cells
from mineral_prospectivity.labels import require_same_cells, require_same_data, require_same_grid
from mineral_prospectivity.labels.deposit_density import DEPOSIT_DENSITY
from mineral_prospectivity.parameters import (
    EvaluationParameters,
    FoldParameters,
    GridParameters,
    LabelParameters,
)
from mineral_prospectivity.scoring.baselines import CONTEXT, WITHOUT_EVIDENCE, baseline_predictions
from mineral_prospectivity.scoring.evaluation import KnownProbability, evaluate
from mineral_prospectivity.scoring.importance import layer_importance
from mineral_prospectivity.scoring.validity import Ground, area_mask, check_validity
from mineral_prospectivity.uq.calibration import LogitCalibration
from mineral_prospectivity.uq.moments import LogitMoments
from mineral_prospectivity.vae.data import TrainingData

FIT = ["probability", "log_odds_mean", "log_odds_sd"]
"""Maps of the fit that saw all labels, which is scored apart."""

MAP_SAMPLE = 5000
"""Cells of the map, drawn uniformly, that stand for all that are predicted."""

PROMISED = [
    "cell",
    "x",
    "y",
    "fold",
    "label",
    "cluster",
    "probability",
    "aleatoric",
    "latent",
    "epistemic",
    "total",
    "mutual_information",
]
"""First columns of the out-of-fold table, which users and scripts rely on."""


def predict_baselines(
    cells: pd.DataFrame,
    evidence: pd.DataFrame,
    evidence_stack: Raster,
    parameters: EvaluationParameters,
) -> pd.DataFrame:
    """Return the baselines' out-of-fold probabilities on the folds of the ensemble.

    Where the context of cells is evidence, which members may read or not, each that reads
    evidence stands there twice: of the layers alone, and as ``<name>_context`` with it.
    """
    names, layers = parameters.baselines, layers_alone(evidence_stack.bands)
    found = baseline_predictions(evidence, layers, cells, names, seed=parameters.seed)
    if len(layers) == len(evidence_stack.bands):
        return found
    readers = [name for name in names if name not in WITHOUT_EVIDENCE]
    wider = baseline_predictions(
        evidence, evidence_stack.bands, cells, readers, seed=parameters.seed
    )
    return found.assign(**{name + CONTEXT: wider[name] for name in readers})


def collect_out_of_fold(
    cells: pd.DataFrame, ensemble: pd.DataFrame, baselines: pd.DataFrame
) -> pd.DataFrame:
    """Return one table of what every model said of cells it never saw."""
    require_same_cells(ensemble, cells, "predictions of the ensemble", "training and uncertainty")
    names = {name: f"baseline_{name}" for name in baselines.columns if name != "cell"}
    table = ensemble.merge(baselines.rename(columns=names), on="cell", validate="one_to_one")
    others = [name for name in ensemble.columns if name not in PROMISED]
    return table[[*PROMISED, *names.values(), *others]]


def sample_references(
    cells: pd.DataFrame, prediction: Raster, grid: GridParameters, **references: EvidenceLayer
) -> pd.DataFrame:
    """Return what the fit, the published peers and the known truths say of the cells."""
    require_same_grid(cells, prediction.grid, "prediction", "training and uncertainty")
    aligned = [
        layer_evidence(layer.named(name), prediction.grid, reproject=grid.reproject)
        for name, layer in references.items()
    ]
    return evidence_table(stack([prediction.select(FIT), *aligned]), cells["cell"].to_numpy())


def check_folds(
    cells: pd.DataFrame,
    evidence: pd.DataFrame,
    evidence_stack: Raster,
    oof_predictions: pd.DataFrame,
    members: dict[str, Any],
    grid: GridParameters,
    folds: FoldParameters,
    parameters: EvaluationParameters,
) -> tuple[dict[str, Any], Raster]:
    """Return whether the folds ask what the map is asked, and how unlike training each cell is.

    Both are asked of the layers, whatever else is evidence. The members must have been trained on
    the evidence that there is now, as the baselines are.
    """
    now = TrainingData.from_tables(cells, evidence, evidence_stack.bands).digest()
    require_same_data(members["training_data"], now, "members", "training and uncertainty")
    own = without_context(evidence_stack)
    names = [name for name in own.names if name != DEPOSIT_DENSITY.name]
    layers = own.select(names)
    valid = valid_cells(layers, grid.min_coverage)
    rng = np.random.default_rng(parameters.seed)
    drawn = np.sort(rng.choice(valid, min(MAP_SAMPLE, len(valid)), replace=False))
    found, area = check_validity(
        cells,
        evidence[names].to_numpy(),
        layers.bands,
        Ground(
            np.column_stack(cell_centres(layers.grid, drawn)),
            evidence_table(layers, drawn)[names].to_numpy(),
        ),
        oof_predictions["probability"].to_numpy(np.float64),
        block_size=folds.block_size,
        seed=parameters.seed,
    )
    return found, area.map(layers, min_coverage=grid.min_coverage)


def delimit(dissimilarity: Raster) -> Raster:
    """Return where the model applies."""
    return area_mask(dissimilarity)


def compare(
    oof_predictions: pd.DataFrame,
    references: pd.DataFrame,
    validity: dict[str, Any],
    calibration: dict[str, Any],
    parameters: EvaluationParameters,
    folds: FoldParameters,
    labels: LabelParameters,
) -> dict[str, Any]:
    """Return every score, with intervals and paired differences, and what they are worth."""
    baselines = [name for name in oof_predictions.columns if name.startswith("baseline_")]
    peers = [name for name in references.columns if name.startswith("peer_")]
    known = oof_predictions[["label", "deposits", "weight"]]
    scores = evaluate(
        oof_predictions,
        models=["probability", *baselines],
        fitted=known.join(references[["probability", *peers]]),
        truth=_known_probability(oof_predictions, references),
        capture_areas=parameters.capture_areas,
        bootstrap=parameters.bootstrap,
        confidence=parameters.confidence,
        bins=parameters.bins,
        seed=parameters.seed,
        block_size=folds.block_size,
        brownfield=labels.brownfield,
    )
    return {
        **scores,
        "validity": validity,
        "recalibration": _recalibration(calibration),
        "made_with": {
            **calibration.get("made_with", {}),
            "evaluation": parameters.model_dump(mode="json"),
        },
    }


def _recalibration(calibration: dict[str, Any]) -> dict[str, Any]:
    """Return in how many folds the ensemble's logits were recalibrated, and how on the map."""
    if calibration.get("method") == "none":
        return {"absent": "uncertainty.calibration is none"}
    fitted = [LogitCalibration.from_dict(fold) for fold in calibration["by_fold"].values()]
    moved = sum(not fold.is_identity for fold in fitted)
    return {"folds": len(fitted), "recalibrated": moved, "map": calibration["overall"]}


def weigh_layers(
    cells: pd.DataFrame, permuted: pd.DataFrame, parameters: EvaluationParameters
) -> pd.DataFrame:
    """Return how much worse held-out predictions get when a layer is shuffled."""
    own = cells[cells["cell"].isin(permuted["cell"])]
    require_same_cells(permuted, own, "predictions of the ensemble", "training and uncertainty")
    prefix = "permuted_"
    shuffled = {
        str(name).removeprefix(prefix): permuted[name].to_numpy(np.float64)
        for name in permuted
        if str(name).startswith(prefix)
    }
    return layer_importance(
        permuted["label"],
        permuted["intact"],
        shuffled,
        deposits=permuted["deposits"],
        weights=permuted["weight"],
        clusters=permuted["cluster"],
        replicates=parameters.bootstrap,
        confidence=parameters.confidence,
        seed=parameters.seed,
    )


def _known_probability(
    oof_predictions: pd.DataFrame, references: pd.DataFrame
) -> KnownProbability | None:
    if "truth_p_given_layers" not in references:
        return None
    return KnownProbability(
        references["truth_p_given_layers"].to_numpy(np.float64),
        out_of_sample=_moments(oof_predictions),
        in_sample=_moments(references),
        drawn=references["truth_p"].to_numpy(np.float64) if "truth_p" in references else None,
    )


def _moments(table: pd.DataFrame) -> LogitMoments:
    """Return the ensemble's Gaussian of the log-odds as one member, shape ``(1, cells)``.

    Tables hold no more of the members' mixture, and nothing of the latent part.
    """
    mean = table["log_odds_mean"].to_numpy(np.float64)[None]
    variance = table["log_odds_sd"].to_numpy(np.float64)[None] ** 2
    return LogitMoments.of(mean, variance, np.zeros_like(mean))
