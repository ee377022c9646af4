"""Data flow of uncertainty: calibrate on inner folds, then stream the ensemble over the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.pipeline import Node, Pipeline

from mineral_prospectivity.api.prediction import MAPS
from mineral_prospectivity.naming import bundle_names, pack_name
from mineral_prospectivity.pipelines.uncertainty.nodes import (
    calibrate,
    predict_map,
    publish_maps,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def create_pipeline(packs: Sequence[Sequence[int]]) -> Pipeline:
    """Return the pipeline for an ensemble that was trained in these packs of members."""
    tables = [f"{pack_name(pack)}.{table}" for table in ("out_of_fold", "inner") for pack in packs]
    return Pipeline(
        [
            Node(
                calibrate,
                ["cells", "params:uncertainty", *tables],
                ["calibration", "ensemble_out_of_fold"],
                name="calibrate",
            ),
            Node(
                predict_map,
                [
                    "cells",
                    "evidence",
                    "evidence_stack",
                    "calibration",
                    "params:grid",
                    "params:ensemble",
                    *bundle_names(packs),
                ],
                "prediction",
                name="predict_map",
            ),
            Node(
                publish_maps,
                "prediction",
                [f"maps.{band.name}" for band in MAPS],
                name="publish_maps",
            ),
        ],
        tags=["uncertainty"],
    )
