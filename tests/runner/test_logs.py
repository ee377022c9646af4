"""Logs followed while they are written."""

from __future__ import annotations

import threading
import time

import pytest

from mineral_prospectivity.runner.logs import follow

GROUP = "/aws/batch/job"


@pytest.fixture
def write(aws):
    """Write a line to a log stream, which is made when it is first written to."""
    aws.logs.create_log_group(logGroupName=GROUP)
    made = set()

    def line(stream, text):
        if stream not in made:
            aws.logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
            made.add(stream)
        event = {"timestamp": round(time.time() * 1000), "message": text}
        aws.logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=[event])

    return line


def test_a_job_is_followed_over_a_reclaim_to_the_lines_that_arrive_late(aws, write):
    def story():
        yield "", False  # it waits
        yield "first", False  # it has begun, and its log has not
        write("first", "step 1")
        yield "first", False
        write("first", "step 2")
        yield "first", False
        yield "first", False  # Spot took the machine: it waits again
        write("first", "the last of it")
        write("second", "resumed")
        yield "second", False
        late = threading.Timer(0.05, write, ("second", "RuntimeError: no deposits"))
        late.start()
        yield "second", True

    told = story()
    lines = follow(aws.logs, GROUP, lambda: next(told), pause=0.001, lag=0.3)
    assert list(lines) == [
        *("step 1", "step 2", "the last of it"),
        *("resumed", "RuntimeError: no deposits"),
    ]
