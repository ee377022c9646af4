"""What a person sees."""

from __future__ import annotations

import io

from botocore.exceptions import ClientError
from kedro.pipeline import node
from rich.console import Console

from mineral_prospectivity.runner.board import Board, Job, State
from mineral_prospectivity.runner.diagnosis import explain_waiting
from mineral_prospectivity.runner.progress import progress_for

NODE = node(lambda x: x, "a", "b", name="member_000")


def board():
    made = Board()
    made.planned = 5
    states = [State.DONE, State.RUNNING, State.RUNNABLE, State.FAILED]
    for number, state in enumerate(states):
        made.add(Job(NODE, "x", str(number), state, 1800.0, reclaimed=number % 2))
    return made


def shown(settings, *, terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120, color_system=None)
    with progress_for(console, settings, "run 1") as progress:
        progress.show(board())
        progress.show(board())
        progress.say("member_002 FAILED")
    return console.file.getvalue()


def test_a_terminal_gets_one_live_table(settings):
    text = shown(settings, terminal=True)
    columns = ("submitted", "runnable", "running", "done", "reclaimed", "failed", "ETA")
    assert all(column in text for column in columns)
    assert "1 of 5" in text
    assert "0.42-1.05 USD" in text
    assert "member_002 FAILED" in text
    assert "\x1b[" in text, "the table is redrawn in place"


def test_elsewhere_a_line_is_printed_only_when_something_changed(settings):
    lines = [line[9:] for line in shown(settings, terminal=False).splitlines()]
    assert lines == [
        "submitted 0, runnable 1, running 1, done 1 of 5, reclaimed 2, failed 1, ETA 1 h 0 min, "
        "cost so far 0.42-1.05 USD",
        "member_002 FAILED",
    ]


def test_waiting_jobs_are_explained_by_what_batch_says_of_them(aws, settings, environment_of):
    environment_of("g4dn.xlarge")
    reason = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - the job's requirement is too large"
    text = explain_waiting(aws, settings, [{"statusReason": reason}, {}])
    assert text.startswith("2 jobs have waited 20 minutes and none runs: no instance type of the")
    assert "lower resources in batch.yml" in text


def test_a_disabled_compute_environment_is_named(aws, settings, environment_of):
    environment_of("g4dn.xlarge")
    aws.batch.update_compute_environment(computeEnvironment="gpus", state="DISABLED")
    text = explain_waiting(aws, settings, [{}])
    assert text.endswith("compute environment 'gpus' is DISABLED; enable it")


def test_without_a_sign_the_usual_causes_are_told(aws, settings, environment_of):
    environment_of("g4dn.xlarge")
    text = explain_waiting(aws, settings, [{}])
    assert "quota of vCPUs for G and VT instances is 0" in text
    assert "an image that does not exist" in text


def test_a_refused_question_does_not_end_the_run_that_waits(aws, settings, monkeypatch):
    def refuse(**_):
        answer = {"Error": {"Code": "AccessDeniedException", "Message": "not yours"}}
        raise ClientError(answer, "DescribeJobQueues")

    monkeypatch.setattr(aws.batch, "describe_job_queues", refuse)
    text = explain_waiting(aws, settings, [{}])
    assert "quota of vCPUs for G and VT instances is 0" in text
    assert text.endswith("could not be asked: AccessDeniedException: not yours)")
