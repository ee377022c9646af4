"""Nodes of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.naming import pack_name
from mineral_prospectivity.parameters import EnsembleParameters, FoldParameters
from mineral_prospectivity.pipelines.training.progress import show_training
from mineral_prospectivity.provenance import made_from
from mineral_prospectivity.vae.checkpoint import Checkpoint
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.diversity import Diversity
from mineral_prospectivity.vae.fitting import fit_ensemble
from mineral_prospectivity.vae.kinds import model_settings


def train_members(
    cells: pd.DataFrame,
    evidence: pd.DataFrame,
    evidence_stack: Raster,
    model: Any,
    ensemble: EnsembleParameters,
    folds: FoldParameters,
    checkpoint: Checkpoint,
    *,
    members: Sequence[int],
) -> tuple[Any, ...]:
    """Train the members of one pack, with the fits that leave out folds.

    Returns
    -------
    tuple
        A bundle for each member, which says what it was made from; then the tables of predictions
        outside the folds, of inner predictions for calibration, of predictions with each layer
        shuffled, and of the training's history.
    """
    data = TrainingData.from_tables(cells, evidence, evidence_stack.bands)
    with show_training(pack_name(members)) as progress:
        pack = fit_ensemble(
            data,
            members,
            settings=model_settings(model),
            seed=ensemble.seed,
            folds=folds.count,
            device=ensemble.device,
            diversity=Diversity(ensemble.diversity, folds.block_size),
            progress=progress,
            checkpoint=checkpoint,
        )
    origin = made_from()
    bundles = [pack.bundles[member].made_from(origin) for member in members]
    return *bundles, pack.out_of_fold, pack.inner, pack.permuted, pack.history
