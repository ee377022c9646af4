"""The loop over jobs that end at once: what starts, and what is said when something fails."""

from __future__ import annotations

import io
import time

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from moto import mock_aws
from rich.console import Console

from mineral_prospectivity.runner.aws import Aws
from mineral_prospectivity.runner.board import Board, State
from mineral_prospectivity.runner.drive import Drive
from mineral_prospectivity.runner.graph import Graph
from mineral_prospectivity.runner.jobs import JobFactory
from mineral_prospectivity.runner.lock import RunLock
from mineral_prospectivity.runner.progress import LineProgress
from mineral_prospectivity.runner.provenance import DataHashes
from mineral_prospectivity.runner.queue import Queue
from mineral_prospectivity.runner.settings import Polling


def job(name, inputs, output):
    return node(lambda *_: 1, inputs, output, name=name, tags=["batch"])


PIPELINE = Pipeline(
    [
        job("job_a", "raw", "a"),
        node(lambda *_: 1, "raw", "c", name="here_c"),
        job("job_b", "a", "b"),
        job("job_d", "c", "d"),
    ]
)


@pytest.fixture
def aws(monkeypatch):
    """AWS whose jobs are done as soon as they are submitted."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws(config={"batch": {"use_docker": False}}):
        yield Aws()


class Story:
    """A drive of `PIPELINE`, whose node here fails when ``job_a`` is seen to be done."""

    def __init__(self, aws, store, settings):
        quick = settings.model_copy(update={"polling": Polling(first=0.01, longest=0.02)})
        factory = JobFactory(
            quick, store, run_id="1", pipelines=[], git_commit="abc", region="us-east-1"
        )
        self.graph, self.board, self.heard = Graph(PIPELINE, "batch"), Board(), io.StringIO()
        self.drive = Drive(
            aws=aws,
            settings=quick,
            store=store,
            lock=RunLock(store),
            queue=Queue(aws.batch, "members"),
            factory=factory,
            graph=self.graph,
            board=self.board,
            hashes=DataHashes(DataCatalog()),
            progress=LineProgress(Console(file=self.heard, width=200), quick),
            run_here=self.fail,
            finished=lambda _: None,
        )

    def fail(self, _):
        deadline = time.monotonic() + 5
        while not self.board.count(State.DONE) and time.monotonic() < deadline:
            time.sleep(0.01)
        raise RuntimeError("no deposits")


@pytest.fixture
def story(aws, store, settings, environment_of, definition_of):
    environment_of("g4dn.xlarge")
    definition_of()
    return Story(aws, store, settings)


def test_what_a_done_job_lets_start_is_started_though_a_node_here_fails(story):
    story.drive.run()
    assert sorted(one.name for one in story.graph.done) == ["job_a", "job_b"]
    with pytest.raises(RuntimeError, match="no deposits"):
        story.drive.raise_failures()
    assert (
        "run 1: 1 failed, 2 done and kept, 1 not started\n"
        "  - here_c: RuntimeError: no deposits\n"
        "correct the cause, then: kedro batch resume 1\n"
    ) in story.heard.getvalue()
