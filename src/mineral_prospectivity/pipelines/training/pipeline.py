"""Data flow of training: one node a pack of members, each member with its own bundle."""

from __future__ import annotations

from functools import partial, update_wrapper
from typing import TYPE_CHECKING

from kedro.pipeline import Node, Pipeline

from mineral_prospectivity.naming import BATCH_TAG, bundle_names, pack_name
from mineral_prospectivity.pipelines.training.nodes import train_members

if TYPE_CHECKING:
    from collections.abc import Sequence


def create_pipeline(packs: Sequence[Sequence[int]]) -> Pipeline:
    """Return the pipeline that trains the members of each pack in one node."""
    return Pipeline([_training_node(pack) for pack in packs], tags=["training"])


def _training_node(pack: Sequence[int]) -> Node:
    name = pack_name(pack)
    return Node(
        update_wrapper(partial(train_members, members=tuple(pack)), train_members),
        [
            "cells",
            "evidence",
            "evidence_stack",
            "params:model",
            "params:ensemble",
            "params:folds",
            f"{name}.checkpoint",
        ],
        [
            *bundle_names([pack]),
            f"{name}.out_of_fold",
            f"{name}.inner",
            f"{name}.permuted",
            f"{name}.history",
        ],
        name=f"train_{name}",
        tags=[BATCH_TAG],
    )
