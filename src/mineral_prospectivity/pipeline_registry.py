"""The five pipelines, shaped after the experiment's catalog and the ensemble's size."""

from __future__ import annotations

from pathlib import Path

from kedro.pipeline import Pipeline
from kedro.utils import find_kedro_project

from mineral_prospectivity.config import ComposingConfigLoader, Shape, shape_of
from mineral_prospectivity.pipelines import (
    data_engineering,
    evaluation,
    risk,
    training,
    uncertainty,
)

_shape: list[Shape] = []


def shape_after(loader: ComposingConfigLoader) -> None:
    """Shape the pipelines after this configuration, from now on."""
    _shape[:] = [shape_of(loader)]


def register_pipelines() -> dict[str, Pipeline]:
    """Return the pipelines by name; without a session they are those of the demo region.

    Each is a namespace of its nodes, so that Kedro-Viz folds it into one box; datasets keep their
    names, because the pipelines meet there.
    """
    if not _shape:
        project = find_kedro_project(Path.cwd()) or Path.cwd()
        shape_after(ComposingConfigLoader(project / "conf"))
    shape = _shape[0]
    flows = {
        "data_engineering": data_engineering.create_pipeline(shape.layers),
        "training": training.create_pipeline(shape.packs),
        "uncertainty": uncertainty.create_pipeline(shape.packs, shape.shards),
        "evaluation": evaluation.create_pipeline(shape.peers, shape.truths),
        "risk": risk.create_pipeline(),
    }
    pipelines = {
        name: Pipeline(flow, namespace=name, prefix_datasets_with_namespace=False)
        for name, flow in flows.items()
    }
    return {"__default__": sum(pipelines.values(), start=Pipeline([])), **pipelines}
