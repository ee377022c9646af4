"""Data flow of evaluation: baselines on the same folds, one table, one set of metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.pipeline import Node, Pipeline

from mineral_prospectivity.pipelines.evaluation.nodes import (
    check_folds,
    collect_out_of_fold,
    compare,
    delimit,
    predict_baselines,
    sample_references,
    weigh_layers,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def create_pipeline(peers: Sequence[str], truths: Sequence[str]) -> Pipeline:
    """Return the pipeline for an experiment with these published peers and known truths."""
    references = {f"peer_{name}": f"peer.{name}" for name in peers}
    references |= {f"truth_{name}": f"truth.{name}" for name in truths}
    return Pipeline(
        [
            Node(
                predict_baselines,
                ["cells", "evidence", "evidence_stack", "params:evaluation"],
                "baselines_out_of_fold",
                name="predict_baselines",
            ),
            Node(
                collect_out_of_fold,
                ["cells", "ensemble_out_of_fold", "baselines_out_of_fold"],
                "oof_predictions",
                name="collect_out_of_fold",
            ),
            Node(
                sample_references,
                {
                    "cells": "cells",
                    "prediction": "prediction",
                    "grid": "params:grid",
                    **references,
                },
                "references",
                name="sample_references",
            ),
            Node(
                check_folds,
                [
                    "cells",
                    "evidence",
                    "evidence_stack",
                    "oof_predictions",
                    "members",
                    "params:grid",
                    "params:folds",
                    "params:evaluation",
                ],
                ["validity", "dissimilarity"],
                name="check_folds",
            ),
            Node(delimit, "dissimilarity", "maps.applicability", name="delimit"),
            Node(
                compare,
                [
                    "oof_predictions",
                    "references",
                    "validity",
                    "calibration",
                    "params:evaluation",
                    "params:folds",
                    "params:labels",
                ],
                "metrics",
                name="compare",
            ),
            Node(
                weigh_layers,
                ["cells", "permuted_out_of_fold", "params:evaluation"],
                "layer_importance",
                name="weigh_layers",
            ),
        ],
        tags=["evaluation"],
    )
