"""Which node starts when, and what a resumed run must do again."""

from __future__ import annotations

from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node
from kedro_datasets.json import JSONDataset

from mineral_prospectivity.runner.graph import Graph, still_needed


def step(name, inputs, output, *tags):
    return node(lambda *_: 1, inputs, output, name=name, tags=tags)


PIPELINE = Pipeline(
    [
        step("prepare", "raw", "table"),
        step("note", "raw", "remark"),
        step("m0", "table", "w0", "batch"),
        step("m1", "table", "w1", "batch"),
        step("mean", ["w0", "w1", "remark"], "mean"),
        step("shard", "mean", "map", "batch"),
    ]
)
BY_NAME = {one.name: one for one in PIPELINE.nodes}


def names(nodes):
    return sorted(one.name for one in nodes)


def test_nodes_start_when_what_they_need_is_done():
    graph = Graph(PIPELINE, "batch")
    assert graph.ready_jobs() == []
    graph.finish(BY_NAME["prepare"])
    assert names(graph.ready_jobs()) == ["m0", "m1"]
    for one in graph.ready_jobs():
        graph.start(one)
    assert graph.ready_here() is BY_NAME["note"]
    for name in ("m0", "m1", "note"):
        graph.finish(BY_NAME[name])
    assert graph.ready_here() is BY_NAME["mean"]
    graph.finish(BY_NAME["mean"])
    assert names(graph.ready_jobs()) == ["shard"]
    assert names(graph.unfinished) == ["shard"]


def catalog(tmp_path, *memory):
    data = ["raw", "table", "remark", "w0", "w1", "mean", "map"]
    return DataCatalog(
        {
            name: MemoryDataset() if name in memory else JSONDataset(filepath=f"{tmp_path}/{name}")
            for name in data
        }
    )


def needed(tmp_path, *memory, done):
    jobs = [BY_NAME[name] for name in ("m0", "m1", "shard")]
    finished = {BY_NAME[name] for name in done}
    return names(still_needed(PIPELINE, finished, catalog(tmp_path, *memory), jobs))


def test_what_is_done_and_kept_is_not_done_again(tmp_path):
    done = ("prepare", "note", "m0")
    assert needed(tmp_path, done=done) == ["m1", "mean", "shard"]


def test_what_was_only_in_the_dead_drivers_memory_is_done_again(tmp_path):
    done = ("prepare", "note", "m0")
    assert needed(tmp_path, "remark", done=done) == ["m1", "mean", "note", "shard"]


def test_what_nobody_needs_any_more_is_not_done_again(tmp_path):
    done = ("prepare", "note", "m0", "m1", "mean")
    assert needed(tmp_path, "remark", done=done) == ["shard"]
