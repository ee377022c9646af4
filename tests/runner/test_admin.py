"""What a run has cost, from what Batch and the run's records still know."""

from __future__ import annotations

import pytest

from mineral_prospectivity.runner.admin import RunFiles
from mineral_prospectivity.runner.inside import done_object
from mineral_prospectivity.runner.record import write_record


class Jobs:
    """The part of Batch that lists and describes jobs, which ran for so many seconds."""

    def __init__(self, *jobs):
        self.details = [
            {
                "jobId": str(number),
                "jobName": name,
                "status": status,
                "createdAt": number,
                "attempts": [{"startedAt": 1000, "stoppedAt": 1000 + 1000 * seconds}],
            }
            for number, (name, status, seconds) in enumerate(jobs)
        ]

    def get_paginator(self, _):
        return self

    def paginate(self, **_):
        return [{"jobSummaryList": self.details}]

    def describe_jobs(self, jobs):
        return {"jobs": [one for one in self.details if one["jobId"] in jobs]}


def test_failed_jobs_and_forgotten_ones_are_paid_for_at_what_they_were_given(
    aws, store, settings, monkeypatch
):
    batch = Jobs(("1-a", "FAILED", 1800), ("1-a", "SUCCEEDED", 3600))
    monkeypatch.setattr(aws, "batch", batch, raising=False)
    root = settings.model_copy(update={"root": "s3://bucket/prefix"})
    large, small = {"vcpus": 4, "memory": 14000, "gpus": 1}, {"vcpus": 2, "memory": 6000, "gpus": 0}
    given = {"a": large, "b": small, "c": large}
    write_record(store, {}, {name: f"1-{name}" for name in given}, resources=given)
    store.put_json(done_object("1-b"), {"seconds": 7200.0})
    run = RunFiles(aws, root, "1")
    cost = run.cost()
    assert cost.hours == pytest.approx(0.5 + 1 + 2)
    assert cost.vcpu_hours == pytest.approx(1.5 * 4 + 2 * 2)
    assert cost.gpu_hours == pytest.approx(1.5)
    assert [job.state for job in run.jobs()] == ["done", "done", "not submitted"]
