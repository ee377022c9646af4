"""Calls within AWS's limits, and jobs ended though nobody knew their ids."""

from __future__ import annotations

import threading
import time

import pytest
from kedro.pipeline import node

from mineral_prospectivity.runner.adoption import JOBS_OBJECT, living_jobs
from mineral_prospectivity.runner.jobs import JobFactory
from mineral_prospectivity.runner.queue import Queue


class StubBatch:
    """A queue whose list shows a job only after it was asked for a while."""

    def __init__(self, lag=0):
        self.lag, self.listed = lag, 0
        self.states, self.names, self.chunks, self.ended = {}, {}, [], []
        self.lock = threading.Lock()
        self.retries = 0

    def submit_job(self, jobName, **_):
        with self.lock:
            job = f"id-{len(self.states)}"
            self.states[job], self.names[job] = "RUNNING", jobName
        return {"jobId": job, "ResponseMetadata": {"RetryAttempts": self.retries}}

    def describe_jobs(self, jobs):
        self.chunks.append(len(jobs))
        found = ((job, self.names.get(job), self.states.get(job)) for job in jobs)
        return {"jobs": [{"jobId": i, "jobName": name, "status": s} for i, name, s in found]}

    def terminate_job(self, jobId, reason):
        self.ended.append((jobId, reason))
        self.states[jobId] = "FAILED"

    def get_paginator(self, _):
        return self

    def paginate(self, filters, **_):
        self.listed += 1
        [pattern] = filters[0]["values"]
        found = [
            {"jobId": job, "jobName": name, "status": self.states[job]}
            for job, name in self.names.items()
            if name.startswith(pattern.rstrip("*")) and self.listed > self.lag
        ]
        return [{"jobSummaryList": found[:1]}, {"jobSummaryList": found[1:]}]


def test_jobs_are_described_a_hundred_at_a_time():
    batch = StubBatch()
    assert len(Queue(batch, "q").describe(str(number) for number in range(250))) == 250
    assert batch.chunks == [100, 100, 50]


def test_submissions_keep_the_pace():
    batch, heard = StubBatch(), {}
    started = time.monotonic()
    Queue(batch, "q", rate=50).submit([{"jobName": f"r-{n}"} for n in range(20)], heard.__setitem__)
    assert time.monotonic() - started >= 19 / 50
    assert sorted(heard) == sorted(f"r-{n}" for n in range(20))
    assert len(set(heard.values())) == 20


def test_a_retried_submission_ends_its_twin():
    batch = StubBatch()
    batch.submit_job("run-a")
    batch.retries = 1
    heard = {}
    queue = Queue(batch, "q")
    queue.submit([{"jobName": "run-a"}], heard.__setitem__)
    queue.end_twins()
    assert heard == {"run-a": "id-1"}
    assert batch.ended == [("id-0", "submitted twice by a retried call")]


def test_a_twin_that_the_list_shows_late_is_ended_when_it_shows(monkeypatch):
    batch = StubBatch(lag=2)
    for name in ("run-b", "run-b2", "run-a"):
        batch.submit_job(name)
    batch.retries = 1
    queue = Queue(batch, "q")
    queue.submit([{"jobName": "run-a"}, {"jobName": "run-b"}], lambda *_: None)
    queue.end_twins()
    queue.end_twins()
    assert batch.ended == [], "the list has been read twice, and does not show them yet"
    queue.end_twins()
    queue.end_twins()
    assert sorted(job for job, _ in batch.ended) == ["id-0", "id-2"]
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    queue.end_twins()
    assert batch.listed == 4, "after a minute nobody asks any more"


def test_of_two_living_jobs_of_a_node_the_recorded_one_is_adopted(store, settings):
    one = node(lambda x: x, "a", "b", name="member_000")
    factory = JobFactory(
        settings, store, run_id="run", pipelines=[], git_commit="abc", region="us-east-1"
    )
    batch = StubBatch()
    for _ in range(3):
        batch.submit_job(factory.name(one))
    batch.states["id-0"] = "FAILED"
    store.put_json(JOBS_OBJECT, {factory.name(one): "id-2"})
    [job] = living_jobs(store, Queue(batch, "q"), factory, [one])
    assert job.id == "id-2"
    assert batch.ended == [("id-1", "submitted twice by a retried call")]


def test_a_sweep_ends_jobs_that_the_list_shows_late_and_whose_ids_nobody_has():
    batch = StubBatch(lag=1)
    for name in ("run-a", "run-b", "other-a"):
        batch.submit_job(name)
    assert Queue(batch, "q").sweep("run", known=["id-0"], reason="interrupted") == 0
    assert sorted(job for job, _ in batch.ended) == ["id-0", "id-1"]
    assert batch.states["id-2"] == "RUNNING"


def test_a_sweep_says_how_many_would_not_end():
    batch = StubBatch()
    batch.submit_job("run-a")
    batch.terminate_job = lambda **_: None
    assert Queue(batch, "q").sweep("run", known=[], reason="x", patience=0.6) == 1


def test_calls_under_way_are_heard_of_when_submission_fails():
    batch, heard = StubBatch(), {}
    plain = batch.submit_job

    def submit(jobName, **rest):
        if jobName == "r-0":
            raise ValueError(jobName)
        time.sleep(0.05)
        return plain(jobName, **rest)

    batch.submit_job = submit
    with pytest.raises(ValueError, match="r-0"):
        Queue(batch, "q").submit([{"jobName": f"r-{n}"} for n in range(30)], heard.__setitem__)
    assert len(heard) == len(batch.states) < 29
