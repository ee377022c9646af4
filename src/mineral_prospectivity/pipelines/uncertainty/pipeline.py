"""Data flow of uncertainty: calibrate on inner folds, then stream the ensemble over the map."""

from __future__ import annotations

from functools import partial, update_wrapper
from typing import TYPE_CHECKING

from kedro.pipeline import Node, Pipeline

from mineral_prospectivity.api.prediction import MAPS
from mineral_prospectivity.naming import BATCH_TAG, bundle_names, pack_name, part_name
from mineral_prospectivity.pipelines.uncertainty.nodes import (
    assemble_map,
    calibrate,
    collect_permuted,
    describe_members,
    explain_map,
    predict_map,
    predict_part,
    publish_latent_view,
    publish_maps,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

PREDICTION_TAG = "prediction"
"""Nodes whose jobs may be given other resources than those of training."""


def create_pipeline(packs: Sequence[Sequence[int]], shards: int = 1) -> Pipeline:
    """Return the pipeline for an ensemble trained in these packs, its map predicted in shards."""
    tables = [f"{pack_name(pack)}.{table}" for table in ("out_of_fold", "inner") for pack in packs]
    bundles = bundle_names(packs)
    return Pipeline(
        [
            Node(
                calibrate,
                ["cells", "members", "params:uncertainty", *tables],
                ["calibration", "ensemble_out_of_fold"],
                name="calibrate",
            ),
            Node(
                describe_members,
                ["cells", "evidence", "evidence_stack", *bundles],
                "members",
                name="describe_members",
            ),
            *_prediction(bundles, shards),
            Node(
                publish_maps,
                "prediction",
                [f"maps.{band.name}" for band in MAPS],
                name="publish_maps",
            ),
            Node(
                collect_permuted,
                ["cells", "calibration", *[f"{pack_name(pack)}.permuted" for pack in packs]],
                "permuted_out_of_fold",
                name="collect_permuted",
            ),
            Node(
                explain_map,
                [
                    "cells",
                    "evidence",
                    "evidence_stack",
                    "prediction",
                    "calibration",
                    "params:grid",
                    "params:risk.targets",
                    "params:ensemble",
                    *bundle_names(packs),
                ],
                ["attribution", "latent"],
                name="explain_map",
            ),
            Node(
                publish_latent_view,
                ["latent", "cells"],
                "latent_view",
                name="publish_latent_view",
            ),
        ],
        tags=["uncertainty"],
    )


def _prediction(bundles: Sequence[str], shards: int) -> list[Node]:
    """Return one node for the whole map, or one for each part and one that assembles them."""
    inputs = ["evidence_stack", "members", "calibration", "params:grid", "params:ensemble"]
    inputs += bundles
    tags = [BATCH_TAG, PREDICTION_TAG]
    if shards == 1:
        return [Node(predict_map, inputs, "prediction", name="predict_map", tags=tags)]
    names = [part_name(part) for part in range(shards)]
    parts = [
        Node(
            update_wrapper(partial(predict_part, part=part, count=shards), predict_part),
            inputs,
            f"{name}.prediction",
            name=f"predict_{name}",
            tags=tags,
        )
        for part, name in enumerate(names)
    ]
    outputs = [f"{name}.prediction" for name in names]
    whole = Node(assemble_map, ["evidence_stack", *outputs], "prediction", name="assemble_map")
    return [*parts, whole]
