"""The state of every job of a run, as the queue last told it."""

from __future__ import annotations

import fnmatch
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mineral_prospectivity.runner.jobs import RECLAIMED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedro.pipeline.node import Node

MILLISECONDS = 1000.0


class State(StrEnum):
    """Where a job is."""

    SUBMITTED = "submitted"
    RUNNABLE = "runnable"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


STATE_OF = {
    "SUBMITTED": State.SUBMITTED,
    "PENDING": State.SUBMITTED,
    "RUNNABLE": State.RUNNABLE,
    "STARTING": State.RUNNING,
    "RUNNING": State.RUNNING,
    "SUCCEEDED": State.DONE,
    "FAILED": State.FAILED,
}


@dataclass
class Job:
    """One node's job.

    ``seconds`` is the time its attempts have run, which is what is paid for; ``reclaimed`` the
    attempts that Spot took away.
    """

    node: Node
    name: str
    id: str
    state: State = State.SUBMITTED
    seconds: float = 0.0
    reclaimed: int = 0
    reason: str = ""
    exit_code: int | None = None
    log_stream: str = ""
    since: float = field(default_factory=time.monotonic)

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.state in {State.DONE, State.FAILED}

    def read(self, detail: dict[str, Any], now: float | None = None) -> bool:
        """Take over what DescribeJobs says; return whether anything a person sees changed."""
        before = (self.state, self.reclaimed)
        state = STATE_OF[detail["status"]]
        if state is not self.state:
            self.state, self.since = state, time.monotonic()
        self.seconds, self.reclaimed = running_time(detail, now), reclaims(detail)
        self._read_end(detail)
        return before != (self.state, self.reclaimed)

    def _read_end(self, detail: dict[str, Any]) -> None:
        container = detail.get("container", {})
        attempts = detail.get("attempts") or [{}]
        last = attempts[-1].get("container", {})
        self.log_stream = log_stream(detail)
        self.exit_code = container.get("exitCode", last.get("exitCode"))
        reasons = (container.get("reason"), detail.get("statusReason"))
        self.reason = "; ".join(reason for reason in reasons if reason)


def log_stream(detail: dict[str, Any]) -> str:
    """Return where a job's latest attempt wrote, empty before its first."""
    attempts = detail.get("attempts") or [{}]
    places = (detail.get("container", {}), attempts[-1].get("container", {}))
    return next((str(one["logStreamName"]) for one in places if one.get("logStreamName")), "")


def running_time(detail: dict[str, Any], now: float | None = None) -> float:
    """Return the seconds that a job's attempts have run, the present one until ``now``."""
    attempts = detail.get("attempts") or []
    ended = sum(
        max(0, attempt["stoppedAt"] - attempt["startedAt"])
        for attempt in attempts
        if attempt.get("startedAt") and attempt.get("stoppedAt")
    )
    total = ended / MILLISECONDS
    if detail["status"] == "RUNNING" and detail.get("startedAt"):
        total += max(
            0.0, (time.time() if now is None else now) - detail["startedAt"] / MILLISECONDS
        )
    return float(total)


def reclaims(detail: dict[str, Any]) -> int:
    """Return how many attempts ended because the host was taken away."""
    return sum(
        fnmatch.fnmatchcase(attempt.get("statusReason") or "", RECLAIMED)
        for attempt in detail.get("attempts") or []
    )


class Board:
    """All jobs of a run, by id."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.planned = 0
        self.already_done = 0

    def add(self, job: Job) -> None:
        """Watch a job from now on."""
        self.jobs[job.id] = job

    @property
    def active(self) -> list[Job]:
        """The jobs that have not ended."""
        return [job for job in self.jobs.values() if not job.ended]

    def read(self, details: Iterable[dict[str, Any]]) -> list[Job]:
        """Take over what DescribeJobs says and return the jobs that changed."""
        return [
            job
            for detail in details
            if (job := self.jobs.get(detail["jobId"])) is not None and job.read(detail)
        ]

    def count(self, state: State) -> int:
        """Return the number of jobs in a state."""
        return sum(job.state is state for job in self.jobs.values())

    @property
    def reclaimed(self) -> int:
        """Attempts that Spot took away, of all jobs."""
        return sum(job.reclaimed for job in self.jobs.values())

    @property
    def seconds(self) -> float:
        """Job seconds that have been run, reclaimed attempts included."""
        return sum(job.seconds for job in self.jobs.values())

    def remaining(self, expected: float) -> float | None:
        """Return the seconds until the last job ends, None while none has run.

        What is left is spread over as many jobs as run now, each taking as long as those done
        did, or ``expected`` while none is.
        """
        running = [job for job in self.jobs.values() if job.state is State.RUNNING]
        if not running:
            return None
        done = [job.seconds for job in self.jobs.values() if job.state is State.DONE]
        each = sum(done) / len(done) if done else expected
        waiting = self.planned - self.already_done - len(self.jobs)
        waiting += self.count(State.SUBMITTED) + self.count(State.RUNNABLE)
        left = sum(max(0.0, each - job.seconds) for job in running) + waiting * each
        return left / len(running)
