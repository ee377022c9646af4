"""What is about to be submitted, and what it will cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mineral_prospectivity.runner.cost import cost_of
from mineral_prospectivity.runner.progress import MINUTE, duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedro.pipeline.node import Node

    from mineral_prospectivity.runner.settings import BatchSettings
    from mineral_prospectivity.runner.store import Store

DURATION_OBJECT = "runs/duration.json"
MOST_NAMES = 4


def expected_seconds(settings: BatchSettings, root: Store) -> tuple[float, str]:
    """Return how long a job takes, and how we know: from the last run, else from batch.yml."""
    measured = root.get_json(DURATION_OBJECT)
    if measured:
        return float(measured["seconds"]), f"as measured in run {measured['run']}"
    return settings.expected_minutes * MINUTE, "as batch.yml expects"


def describe_plan(
    settings: BatchSettings,
    run_id: str,
    jobs: Sequence[Node],
    here: Sequence[Node],
    expectation: tuple[float, str],
) -> str:
    """Return the plan in a few lines: jobs, hours, cost."""
    seconds, source = expectation
    given = [settings.resources_of(node.tags) for node in jobs]
    cost = cost_of(((resources, seconds) for resources in given), settings.instance)
    return "\n".join(
        [
            f"run {run_id}: {_names(jobs)} as jobs on queue {settings.queue!r}; "
            f"{len(here)} nodes run here",
            f"  {duration(seconds)} a job, {source}: {cost.hours:.2f} job hours, "
            f"{cost.vcpu_hours:.2f} vCPU hours, {cost.gpu_hours:.2f} GPU hours",
            f"  about {cost} (a share of {settings.instance.name}; prices in batch.yml)",
        ]
    )


def _names(nodes: Sequence[Node]) -> str:
    names = [node.name for node in nodes]
    if len(names) > MOST_NAMES:
        names = [*names[: MOST_NAMES - 1], "…", names[-1]]
    return f"{len(nodes)} nodes ({', '.join(names)})"
