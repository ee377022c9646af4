"""Nodes are timed from their first input to their last output, here and in a job of AWS Batch."""

import time

import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner

from mineral_prospectivity.datasets import TimingsDataset
from mineral_prospectivity.timing import TIMINGS, TimingHooks, peak_memory


class Slow:
    """A value that takes a while to be loaded, or saved."""

    def __deepcopy__(self, memo):
        time.sleep(0.05)
        return self


def run(folder, nodes):
    hooks, manager = TimingHooks(), _create_hook_manager()
    manager.register(hooks)
    timings = TimingsDataset(filepath=str(folder))
    pipeline = Pipeline(nodes)
    catalog = DataCatalog({TIMINGS: timings})
    hooks.before_pipeline_run(pipeline, catalog)
    SequentialRunner().run(pipeline, catalog, hook_manager=manager)
    return timings.load()


def steps():
    return Pipeline(
        [
            Node(lambda: (Slow(), 2), None, ["first", "second"], name="make"),
            Node(lambda first: first, "first", "third", name="use"),
        ],
        namespace="small",
        prefix_datasets_with_namespace=False,
    ).nodes


def test_saving_and_loading_count(tmp_path):
    found = run(tmp_path / "timings", steps())
    assert set(found) == {"small.make", "small.use"}
    assert found["small.make"]["seconds"] >= 0.05  # saving copies the value
    assert found["small.use"]["seconds"] >= 0.1  # and so does loading it
    assert {timing["pipeline"] for timing in found.values()} == {"small"}


@pytest.mark.parametrize(("job", "place"), [(None, "locally"), ("1-2-3", "AWS Batch")])
def test_it_is_told_where_a_node_ran(tmp_path, monkeypatch, job, place):
    monkeypatch.delenv("AWS_BATCH_JOB_ID", raising=False)
    if job:
        monkeypatch.setenv("AWS_BATCH_JOB_ID", job)
    found = run(tmp_path / "timings", steps())
    assert {timing["ran"] for timing in found.values()} == {place}


def test_the_peak_memory_grows_with_what_is_held():
    before = peak_memory()["peak_memory_mib"]
    held = bytearray(300 * 2**20)
    held[::4096] = b"x" * len(held[::4096])
    assert peak_memory()["peak_memory_mib"] >= min(before + 1, 300)
