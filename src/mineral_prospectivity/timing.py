"""Hooks that note how long each node took, for the report."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

TIMINGS = "timings"
"""The catalog entry that keeps them; without one, nothing is noted."""


class TimingHooks:
    """Time every node from its first input to its last output: maps are computed as they are saved.

    In a job of AWS Batch the same hooks run, so its nodes are timed where they were computed.
    """

    def __init__(self) -> None:
        self._catalog: CatalogProtocol[Any, Any] | None = None
        self._began: dict[str, float] = {}
        self._saved: dict[str, set[str]] = {}

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """Begin anew, and forget nodes that the project has no more."""
        self._catalog, self._began, self._saved = catalog, {}, {}
        timings = catalog.get(TIMINGS)
        if timings is not None:
            known = (*pipelines.values(), pipeline)
            timings.keep({node.name for own in known for node in own.nodes})

    @hook_impl
    def before_dataset_loaded(self, node: Node) -> None:
        """Start the clock with the first input."""
        self._began.setdefault(node.name, time.perf_counter())

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Start the clock of a node without inputs."""
        self._began.setdefault(node.name, time.perf_counter())

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Stop the clock with the last output."""
        saved = self._saved.setdefault(node.name, set())
        saved.add(dataset_name)
        timings = None if self._catalog is None else self._catalog.get(TIMINGS)
        if timings is not None and saved >= set(node.outputs):
            seconds = time.perf_counter() - self._began[node.name]
            timings.save({node.name: {"seconds": round(seconds, 3), **_place(node)}})


def _place(node: Node) -> dict[str, Any]:
    """Return the pipeline of a node, where it ran, and the memory that its process has used."""
    from mineral_prospectivity.runner.inside import is_job

    return {
        "pipeline": node.namespace or "",
        "ran": "AWS Batch" if is_job() else "locally",
        **peak_memory(),
    }


def peak_memory() -> dict[str, float]:
    """Return the largest memory that this process has held, MiB; nothing where none can tell."""
    try:
        import resource
    except ImportError:  # Windows
        return {}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return {"peak_memory_mib": round(peak / unit)}
