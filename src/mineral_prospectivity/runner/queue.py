"""The queue's API: submit, describe, list and end jobs, within AWS's limits."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mypy_boto3_batch import BatchClient

DESCRIBE_LIMIT = 100
WORKERS = 8
ENDED = frozenset({"SUCCEEDED", "FAILED"})
TWIN_SECONDS = 60.0
"""How long a job that a repeated call submitted may take to appear in the list of jobs."""
TWICE = "submitted twice by a retried call"


class Queue:
    """Jobs of one queue.

    Parameters
    ----------
    batch
        Client with adaptive retries.
    name
        The queue.
    rate
        Submissions a second at most.
    """

    def __init__(self, batch: BatchClient, name: str, rate: float = 40.0) -> None:
        self._batch = batch
        self.name = name
        self._pace = _Pace(rate)
        self._repeated: dict[str, tuple[str, float]] = {}

    def submit(
        self, requests: Sequence[dict[str, Any]], accept: Callable[[str, str], None]
    ) -> None:
        """Submit jobs side by side; ``accept(job name, job id)`` hears of each as it is known.

        When this is interrupted, calls under way end first and are accepted too.
        """

        def one(request: dict[str, Any]) -> None:
            accept(request["jobName"], self._submit_once(request))

        pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="submit")
        futures = [pool.submit(one, request) for request in requests]
        try:
            for future in futures:
                future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _submit_once(self, request: dict[str, Any]) -> str:
        self._pace.wait()
        answer = self._batch.submit_job(**request)
        job_id = answer["jobId"]
        if answer["ResponseMetadata"].get("RetryAttempts", 0):
            self._repeated[request["jobName"]] = job_id, time.monotonic() + TWIN_SECONDS
        return job_id

    def end_twins(self) -> None:
        """End the other jobs of names that a repeated call submitted.

        SubmitJob takes no token, so that a call whose answer was lost submits twice. The list of
        jobs lags behind submissions: this is to be called with every look at the jobs.
        """
        now = time.monotonic()
        self._repeated = {name: kept for name, kept in self._repeated.items() if kept[1] > now}
        if not self._repeated:
            return
        prefix = os.path.commonprefix(list(self._repeated))  # noqa: RUF071 - names, no paths
        listed = self.named(f"{prefix}*")
        twins = [
            job["jobId"]
            for job in listed
            if job["status"] not in ENDED
            and job["jobName"] in self._repeated
            and job["jobId"] != self._repeated[job["jobName"]][0]
        ]
        self.terminate(twins, TWICE)

    def describe(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Return the details of jobs, a hundred a call."""
        wanted = list(ids)
        found: list[dict[str, Any]] = []
        for start in range(0, len(wanted), DESCRIBE_LIMIT):
            chunk = wanted[start : start + DESCRIBE_LIMIT]
            found += [dict(job) for job in self._batch.describe_jobs(jobs=chunk)["jobs"]]
        return found

    def named(self, pattern: str) -> list[dict[str, Any]]:
        """Return the jobs of a name, or of a prefix followed by ``*``, in whatever state."""
        pages = self._batch.get_paginator("list_jobs").paginate(
            jobQueue=self.name, filters=[{"name": "JOB_NAME", "values": [pattern]}]
        )
        return [dict(job) for page in pages for job in page["jobSummaryList"]]

    def terminate(self, ids: Iterable[str], reason: str) -> None:
        """End jobs side by side, whatever state they are in."""
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="terminate") as pool:
            list(pool.map(lambda job: self._terminate_one(job, reason), ids))

    def _terminate_one(self, job_id: str, reason: str) -> None:
        try:
            self._batch.terminate_job(jobId=job_id, reason=reason)
        except ClientError as error:
            if "finished" not in str(error).lower():  # it ended by itself meanwhile
                raise

    def sweep(self, run_id: str, known: Iterable[str], reason: str, patience: float = 60.0) -> int:
        """End every job of a run, those whose id nobody recorded as well, and see them end.

        The list of jobs lags behind submissions, so it is read until it has shown nothing new
        twice; then the jobs are watched until they have ended, for ``patience`` seconds at most.

        Returns
        -------
        int
            Jobs that had not ended when patience did.
        """
        asked: set[str] = set()
        quiet, deadline = 0, time.monotonic() + patience
        living = set(known)
        while time.monotonic() < deadline:
            listed = self.named(f"{run_id}-*")
            ended = {job["jobId"] for job in listed if job["status"] in ENDED}
            living = ({job["jobId"] for job in listed} | living) - ended
            new = living - asked
            self.terminate(new, reason)
            asked |= new
            quiet = 0 if new else quiet + 1
            if not living and quiet > 1:
                break
            time.sleep(0.5)
        return len(living)


class _Pace:
    """Lets callers pass at a rate."""

    def __init__(self, rate: float) -> None:
        self._interval = 1.0 / rate
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            due = max(self._next, now)
            self._next = due + self._interval
        time.sleep(max(0.0, due - now))
