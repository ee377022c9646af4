"""States, running time and remaining time of jobs."""

from __future__ import annotations

import pytest
from kedro.pipeline import node

from mineral_prospectivity.runner.board import Board, Job, State, reclaims, running_time
from mineral_prospectivity.runner.drive import Delay
from mineral_prospectivity.runner.settings import Polling

NODE = node(lambda x: x, "a", "b", name="member_000")
RECLAIM = "Host EC2 (instance i-1) terminated."


def detail(status, attempts=(), **more):
    return {"jobId": "1", "status": status, "attempts": list(attempts), **more}


def attempt(start, stop, reason="Essential container in task exited"):
    return {
        "startedAt": start * 1000,
        "stoppedAt": stop * 1000,
        "statusReason": reason,
        "container": {"exitCode": 1, "logStreamName": "stream"},
    }


def test_reclaimed_attempts_are_counted_and_paid_for():
    job = detail("RUNNING", [attempt(100, 130, RECLAIM), attempt(140, 150, RECLAIM)])
    job["startedAt"] = 200_000
    assert reclaims(job) == 2
    assert running_time(job, now=207) == 30 + 10 + 7


def test_a_job_tells_when_something_a_person_sees_has_changed():
    job = Job(NODE, "run-member_000", "1")
    assert job.read(detail("RUNNABLE"))
    assert not job.read(detail("RUNNABLE"))
    assert job.read(detail("STARTING"))
    assert not job.read(detail("RUNNING"))
    assert job.read(detail("RUNNABLE", [attempt(1, 2, RECLAIM)]))
    failed = detail("FAILED", [attempt(1, 2, RECLAIM), attempt(3, 9)], statusReason="exited")
    assert job.read(failed)
    assert (job.state, job.reclaimed, job.seconds) == (State.FAILED, 1, 7)
    assert (job.exit_code, job.log_stream, job.reason) == (1, "stream", "exited")


def test_remaining_time_spreads_what_is_left_over_the_jobs_that_run():
    board = Board()
    board.planned = 10
    states = [State.DONE, State.DONE, State.RUNNING, State.RUNNING, State.RUNNABLE]
    for number, (state, seconds) in enumerate(zip(states, [60, 80, 10, 30, 0], strict=True)):
        board.add(Job(NODE, "x", str(number), state, seconds))
    # Each takes 70 s; two run with 60 and 40 left, one waits, five are not submitted yet.
    assert board.remaining(expected=999) == pytest.approx((60 + 40 + 6 * 70) / 2)


def test_remaining_time_is_unknown_while_nothing_runs():
    board = Board()
    board.planned = 1
    board.add(Job(NODE, "x", "1"))
    assert board.remaining(expected=60) is None


def test_delays_grow_to_their_limit_and_start_again_after_a_change():
    delay = Delay(Polling(first=1, longest=3, growth=2))
    assert [delay.next(changed) for changed in (False, False, True, False)] == [2, 3, 1, 2]
