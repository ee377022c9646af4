"""What is about to be submitted, and what it will cost."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from mineral_prospectivity.runner.cost import cost_of
from mineral_prospectivity.runner.progress import MINUTE, duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kedro.pipeline.node import Node

    from mineral_prospectivity.runner.settings import BatchSettings
    from mineral_prospectivity.runner.store import Store

DURATIONS_OBJECT = "runs/durations.json"
MOST_NAMES = 4


class Expectation(NamedTuple):
    """How long a job takes, and how we know."""

    seconds: float
    source: str


class Durations:
    """How long jobs take, by their kind.

    Nodes with the same tags, and as many outputs (a pack writes one more a member), do the same
    work for runs that write to the same folder.

    Parameters
    ----------
    settings
        Know it until a run has measured it.
    root
        Keeps what runs have measured.
    results
        Name of the folder that the run writes to.
    """

    def __init__(self, settings: BatchSettings, root: Store, results: str) -> None:
        self._root = root
        self._results = results
        self._measured: dict[str, Any] = root.get_json(DURATIONS_OBJECT) or {}
        self._unknown = Expectation(settings.expected_minutes * MINUTE, "as batch.yml expects")

    def of(self, node: Node) -> Expectation:
        """Return what to expect of a node's job."""
        found = self._measured.get(self._kind(node))
        if found is None:
            return self._unknown
        return Expectation(float(found["seconds"]), f"as measured in run {found['run']}")

    def keep(self, run_id: str, seconds: Iterable[tuple[Node, float]]) -> None:
        """Keep what the jobs of a run took."""
        by_kind: dict[str, list[float]] = {}
        for node, one in seconds:
            by_kind.setdefault(self._kind(node), []).append(one)
        for kind, all_of_it in by_kind.items():
            self._measured[kind] = {"seconds": statistics.median(all_of_it), "run": run_id}
        if by_kind:
            self._root.put_json(DURATIONS_OBJECT, self._measured)

    def _kind(self, node: Node) -> str:
        return " ".join([self._results, *sorted(node.tags), f"({len(node.outputs)})"])


def describe_plan(
    settings: BatchSettings,
    run_id: str,
    jobs: Sequence[Node],
    here: Sequence[Node],
    durations: Durations,
) -> str:
    """Return the plan in a few lines: jobs, hours, cost."""
    expected = [(settings.resources_of(node.tags), durations.of(node)) for node in jobs]
    cost = cost_of(((given, one.seconds) for given, one in expected), settings.instance)
    kinds = Counter(one for _, one in expected)
    each = [
        f"  {count} x {duration(one.seconds)}, {one.source}" for one, count in sorted(kinds.items())
    ]
    return "\n".join(
        [
            f"run {run_id}: {_names(jobs)} as jobs on queue {settings.queue!r}; "
            f"{len(here)} nodes run here",
            *each,
            f"  {cost.hours:.2f} job hours, {cost.vcpu_hours:.2f} vCPU hours, "
            f"{cost.gpu_hours:.2f} GPU hours",
            f"  about {cost} (a share of {settings.instance.name}; prices in batch.yml)",
        ]
    )


def _names(nodes: Sequence[Node]) -> str:
    names = [node.name for node in nodes]
    if len(names) > MOST_NAMES:
        names = [*names[: MOST_NAMES - 1], "…", names[-1]]
    return f"{len(nodes)} nodes ({', '.join(names)})"
