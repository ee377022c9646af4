"""What a resuming driver finds of a run: nodes that are done, jobs that still go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mineral_prospectivity.runner.board import Job
from mineral_prospectivity.runner.inside import done_object
from mineral_prospectivity.runner.queue import ENDED, TWICE, WORKERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedro.pipeline.node import Node

    from mineral_prospectivity.runner.jobs import JobFactory
    from mineral_prospectivity.runner.queue import Queue
    from mineral_prospectivity.runner.store import Store

JOBS_OBJECT = "jobs.json"


def finished_nodes(store: Store, factory: JobFactory, nodes: Iterable[Node]) -> set[Node]:
    """Return the nodes whose mark says that they are done.

    Marks are read one by one, not listed: a list may lag behind what was written.
    """
    wanted = list(nodes)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="marks") as pool:
        marks = pool.map(lambda node: store.get(done_object(factory.name(node))), wanted)
        return {node for node, mark in zip(wanted, marks, strict=True) if mark is not None}


def living_jobs(
    store: Store, queue: Queue, factory: JobFactory, nodes: Iterable[Node]
) -> list[Job]:
    """Return the jobs of these nodes that have not ended, found by recorded id and by name.

    Of two of one name the recorded one stays, and the other is ended.
    """
    by_name = {factory.name(node): node for node in nodes}
    recorded: dict[str, str] = store.get_json(JOBS_OBJECT) or {}
    ids = {job["jobId"] for job in queue.named(f"{factory.run_id}-*")} | set(recorded.values())
    found: dict[str, Job] = {}
    twins: list[str] = []
    details = queue.describe(ids)
    for detail in sorted(details, key=lambda one: one["jobId"] not in recorded.values()):
        name = detail["jobName"]
        if name in by_name and detail["status"] not in ENDED:
            job = Job(by_name[name], name, detail["jobId"])
            job.read(detail)
            if found.setdefault(name, job) is not job:
                twins.append(job.id)
    queue.terminate(twins, TWICE)
    return list(found.values())
