"""Whatever is wrong with the parameters: a run says all of it, before anything is made."""

from __future__ import annotations

import pytest

from mineral_prospectivity.errors import ConfigurationError

from .changes import refused


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
