"""Looking at a run, and ending it, from any machine and after its driver is gone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mineral_prospectivity.runner.adoption import JOBS_OBJECT
from mineral_prospectivity.runner.board import STATE_OF, State, log_stream, reclaims, running_time
from mineral_prospectivity.runner.cost import Cost, cost_of
from mineral_prospectivity.runner.errors import BatchError
from mineral_prospectivity.runner.inside import done_object
from mineral_prospectivity.runner.logs import FOLLOW_PAUSE, follow
from mineral_prospectivity.runner.queue import ENDED, Queue
from mineral_prospectivity.runner.record import OBJECT, read_record
from mineral_prospectivity.runner.run import RUNS
from mineral_prospectivity.runner.settings import Resources
from mineral_prospectivity.runner.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_logs import CloudWatchLogsClient

    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.settings import BatchSettings

NOT_SUBMITTED = "not submitted"


@dataclass(frozen=True)
class JobStatus:
    """What is known of a node's job; ``detail`` is empty when Batch has forgotten it."""

    node: str
    name: str
    state: str
    seconds: float
    reclaimed: int
    detail: dict[str, Any]

    @property
    def log_stream(self) -> str:
        """Where its last attempt wrote."""
        return log_stream(self.detail)

    @property
    def reason(self) -> str:
        """Why it ended."""
        return str(self.detail.get("statusReason") or "")


class RunFiles:
    """A run that was begun, by whichever driver.

    Parameters
    ----------
    aws, settings
        Where it runs.
    run_id
        Its id.

    Raises
    ------
    BatchError
        If the bucket has no such run.
    """

    def __init__(self, aws: Aws, settings: BatchSettings, run_id: str) -> None:
        self.id = run_id
        self.settings = settings
        self.store = Store(aws.s3, settings.root).below(f"{RUNS}/{run_id}")
        self.queue = Queue(aws.batch, settings.queue)
        self.record = read_record(self.store)

    def jobs(self) -> list[JobStatus]:
        """Return every job of the run: from Batch, or from its mark when Batch has forgotten it."""
        latest = {detail["jobName"]: detail for detail in self._details()}
        return [
            self._status(node, name, latest.get(name, {}))
            for node, name in self.record["jobs"].items()
        ]

    def _details(self) -> list[dict[str, Any]]:
        """Return what Batch knows of the run's jobs, oldest first: a name may have had several."""
        recorded = self.store.get_json(JOBS_OBJECT) or {}
        ids = {job["jobId"] for job in self.queue.named(f"{self.id}-*")} | set(recorded.values())
        return sorted(self.queue.describe(ids), key=lambda one: one.get("createdAt", 0))

    def _status(self, node: str, name: str, detail: dict[str, Any]) -> JobStatus:
        if detail:
            state = str(STATE_OF[detail["status"]])
            return JobStatus(node, name, state, running_time(detail), reclaims(detail), detail)
        mark = self.store.get_json(done_object(name))
        if mark:
            return JobStatus(node, name, str(State.DONE), mark["seconds"], 0, {})
        return JobStatus(node, name, NOT_SUBMITTED, 0.0, 0, {})

    def job(self, node: str) -> JobStatus:
        """Return the job of a node, named with or without its pipeline, or as the job is.

        Raises
        ------
        BatchError
            If the run has no such node.
        """
        for job in self.jobs():
            if node in {job.node, job.node.rpartition(".")[2], job.name}:
                return job
        msg = f"run {self.id} has no node {node!r}; it has: {', '.join(self.record['jobs'])}"
        raise BatchError(msg)

    def cost(self) -> Cost:
        """Return what the run has cost so far, by the prices of ``batch.yml``.

        Every job counts, those that failed before the run was resumed as well.
        """
        names = self.record["jobs"].items()
        given = {name: self._given(node) for node, name in names}
        paid = [(detail["jobName"], running_time(detail)) for detail in self._details()]
        known = {name for name, _ in paid}
        paid += [(n, self._status(node, n, {}).seconds) for node, n in names if n not in known]
        return cost_of(((given[name], seconds) for name, seconds in paid), self.settings.instance)

    def _given(self, node: str) -> Resources:
        """Return what the job of a node is given, as the run's record says."""
        recorded = self.record.get("resources", {}).get(node)
        return Resources(**recorded) if recorded else self.settings.resources

    def cancel(self, reason: str) -> int:
        """End every job of the run; return how many had not ended yet after a minute."""
        return self.queue.sweep(self.id, (), reason)


def run_ids(aws: Aws, settings: BatchSettings) -> Iterator[str]:
    """Yield the ids of the runs in the bucket, oldest first."""
    store = Store(aws.s3, settings.root)
    prefix = f"{store.key(RUNS)}/"
    pages = aws.s3.get_paginator("list_objects_v2").paginate(
        Bucket=store.bucket, Prefix=prefix, Delimiter="/"
    )
    for page in pages:
        for one in page.get("CommonPrefixes", []):
            run_id = one["Prefix"].removeprefix(prefix).rstrip("/")
            if store.below(f"{RUNS}/{run_id}").get(OBJECT) is not None:
                yield run_id


def follow_job(run: RunFiles, node: str, logs: CloudWatchLogsClient) -> Iterator[str]:
    """Yield the lines of a node's job as it prints them, until it has ended."""
    while (job := run.job(node)).state == NOT_SUBMITTED:
        time.sleep(FOLLOW_PAUSE)
    if not job.detail:
        return

    def look() -> tuple[str, bool]:
        [detail] = run.queue.describe([job.detail["jobId"]])
        return log_stream(detail), detail["status"] in ENDED

    yield from follow(logs, run.settings.log_group, look)
