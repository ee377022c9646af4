"""Whatever is wrong with the parameters: a run says all of it, before anything is made."""

from __future__ import annotations

import pytest
from kedro.framework.project import pipelines

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.preconditions import require_device, run_here

from .changes import refused
from .conftest import SMALL


@pytest.mark.parametrize(
    ("params", "problems"),
    [
        (
            {"grid": {"resolution": -500}, "folds": {"count": 2}},
            [
                "grid.resolution = -500: input should be greater than 0",
                "folds.count = 2: input should be greater than or equal to 3",
            ],
        ),
        (
            {"labels": {"bufer": 500}, "ensembel": {"size": 3}},
            [
                "labels.bufer: there is no such parameter; allowed: include, buffer, "
                "cluster_distance, exclusion, max_background, brownfield",
                "ensembel: there is no such parameter; allowed: experiment, grid, labels, folds, "
                "ensemble, model, uncertainty, evaluation, risk",
            ],
        ),
        (
            {"folds": {"block_size": 100}},
            [
                "folds.block_size = 100 m is smaller than a cell (grid.resolution = 500 m)",
            ],
        ),
    ],
)
def test_bad_parameters(drawn, params, problems):
    lines = ["parameters that cannot be used:", *(f"  - {problem}" for problem in problems)]
    assert refused(drawn, "__default__", **params) == (ConfigurationError, "\n".join(lines))
    assert drawn.written() == {}


def test_unknown_experiment(drawn):
    assert refused(drawn, "__default__", env="nowhere") == (
        ConfigurationError,
        f"--env nowhere: there is no environment 'nowhere' in {drawn.conf}; there are: demo, small",
    )


@pytest.mark.parametrize("pipeline", ["__default__", "training", "uncertainty"])
def test_a_device_that_is_not_there_is_told_before_data_are_read(drawn, monkeypatch, pipeline):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert refused(drawn, pipeline, ensemble={"device": "cuda"}) == (
        ConfigurationError,
        "ensemble.device = 'cuda', but PyTorch sees no CUDA device. Use 'auto' or 'cpu'",
    )
    assert drawn.written() == {}


def test_a_run_that_trains_nothing_needs_no_device(engineered, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    engineered.copy(tmp_path).run("data_engineering", ensemble={"device": "cuda"})


def test_nodes_that_are_dispatched_need_no_device_here(drawn, monkeypatch):
    """The maps' explanation is no job, so that a run of training alone may be dispatched."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    training = pipelines["training"].nodes
    explain = pipelines["uncertainty"].only_nodes("uncertainty.explain_map").nodes
    values = {"experiment": "small", "grid": SMALL["grid"], "ensemble": {"device": "cuda"}}
    here = run_here([*training], "<runner.batch_runner.BatchRunner object at 0x7f>")
    require_device(values, here)
    with pytest.raises(ConfigurationError, match="PyTorch sees no CUDA device"):
        require_device(values, run_here([*training, *explain], "<BatchRunner object at 0x7f>"))
    with pytest.raises(ConfigurationError, match="PyTorch sees no CUDA device"):
        require_device(values, run_here([*training], "kedro.runner.SequentialRunner"))
