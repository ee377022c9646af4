"""Which nodes run as jobs, which here, and which can start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mineral_prospectivity.runner.provenance import is_parameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node


class Graph:
    """Progress through a pipeline's nodes.

    Parameters
    ----------
    pipeline
        What is to be run.
    tag
        Nodes with this tag are jobs.
    """

    def __init__(self, pipeline: Pipeline, tag: str) -> None:
        self._needs = {node: set(parents) for node, parents in pipeline.node_dependencies.items()}
        self._order = pipeline.nodes
        self.jobs = [node for node in self._order if tag in node.tags]
        self.here = [node for node in self._order if tag not in node.tags]
        self._is_job = set(self.jobs)
        self.started: set[Node] = set()
        self.done: set[Node] = set()

    def ready_jobs(self) -> list[Node]:
        """Return the jobs that can be submitted now, in the pipeline's order."""
        return [node for node in self._ready() if node in self._is_job]

    def ready_here(self) -> Node | None:
        """Return the first node that can run here now."""
        return next((node for node in self._ready() if node not in self._is_job), None)

    def start(self, node: Node) -> None:
        """Take note that a node was submitted, or runs."""
        self.started.add(node)

    def finish(self, node: Node) -> None:
        """Take note that a node is done, so that others can start."""
        self.started.add(node)
        self.done.add(node)

    @property
    def unfinished(self) -> list[Node]:
        """The nodes that are not done."""
        return [node for node in self._order if node not in self.done]

    def _ready(self) -> Iterable[Node]:
        return (
            node
            for node in self._order
            if node not in self.started and self._needs[node] <= self.done
        )


def still_needed(
    pipeline: Pipeline, done: set[Node], catalog: CatalogProtocol[Any, Any], jobs: Iterable[Node]
) -> set[Node]:
    """Return the nodes a resumed run must execute.

    Those not done, and those done here whose output was only in the memory of the driver that
    died and is needed again. A job's outputs are never in memory.
    """
    producer = {name: node for node in pipeline.nodes for name in node.outputs}
    needed = set(pipeline.nodes) - done
    fixed = set(jobs)
    queue = list(needed)
    while queue:
        node = queue.pop()
        for name in node.inputs:
            parent = producer.get(name)
            if parent is None or parent in needed or parent in fixed or is_parameter(name):
                continue
            if is_in_memory(catalog, name):
                needed.add(parent)
                queue.append(parent)
    return needed


def is_in_memory(catalog: CatalogProtocol[Any, Any], name: str) -> bool:
    """Say whether a dataset lives in this process alone."""
    return bool(getattr(catalog.get(name), "_EPHEMERAL", False))
