"""Data flow of data engineering: one aligned raster a layer, one stack, one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.pipeline import Node, Pipeline

from mineral_prospectivity.pipelines.data_engineering.nodes import (
    align_layer,
    define_grid,
    label_cells,
    report_quality,
    stack_evidence,
    tabulate_evidence,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def create_pipeline(layers: Sequence[str]) -> Pipeline:
    """Return the pipeline for the layers of an experiment, by name."""
    raw = [f"layer.{name}" for name in layers]
    aligned = [f"aligned.{name}" for name in layers]
    return Pipeline(
        [
            Node(
                define_grid,
                ["params:grid", "params:labels", "deposits", *raw],
                "grid",
                name="define_grid",
            ),
            *(
                Node(
                    align_layer,
                    [f"layer.{name}", "grid", "params:grid"],
                    f"aligned.{name}",
                    name=f"align_{name}",
                )
                for name in layers
            ),
            Node(
                label_cells,
                ["deposits", "params:grid", "params:labels", "params:folds", *aligned],
                ["cells", "located_deposits", "label_report"],
                name="label_cells",
            ),
            Node(
                stack_evidence,
                ["cells", "params:grid", "params:labels", *aligned],
                "evidence_stack",
                name="stack_evidence",
            ),
            Node(
                tabulate_evidence,
                ["evidence_stack", "cells", "params:labels", "params:folds"],
                "evidence",
                name="tabulate_evidence",
            ),
            Node(
                report_quality,
                [
                    "evidence_stack",
                    "cells",
                    "label_report",
                    "params:grid",
                    "params:labels",
                    "params:folds",
                ],
                "data_quality",
                name="report_quality",
            ),
        ],
        tags=["data_engineering"],
    )
