"""Parameters are checked before any work: every mistake at once, with path and remedy."""

from __future__ import annotations

import pytest

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.parameters import Parameters, validate_parameters

EXPERIMENT = {"experiment": "lake"}
GRID = {"crs": "EPSG:7845", "resolution": 500.0}


def test_defaults_suffice_beside_the_grid():
    parameters = validate_parameters(EXPERIMENT | {"grid": GRID})

    assert isinstance(parameters, Parameters)
    assert parameters.folds.count == 5


def test_every_mistake_is_reported_at_once():
    with pytest.raises(ConfigurationError) as caught:
        validate_parameters(
            EXPERIMENT
            | {"grid": GRID | {"resolution": -5}, "ensemble": {"size": 0, "sise": 3}, "modle": {}}
        )

    assert str(caught.value).splitlines() == [
        "parameters that cannot be used:",
        "  - grid.resolution = -5: input should be greater than 0",
        "  - ensemble.size = 0: input should be greater than or equal to 1",
        "  - ensemble.sise: there is no such parameter; "
        "allowed: size, members_per_node, seed, diversity, device",
        "  - modle: there is no such parameter; "
        "allowed: experiment, grid, labels, folds, ensemble, model, uncertainty, evaluation, risk",
    ]


def test_brownfield_asks_for_a_fourth_fold():
    values = EXPERIMENT | {"grid": GRID, "labels": {"brownfield": True}, "folds": {"count": 3}}
    with pytest.raises(ConfigurationError, match=r"folds\.count = 3: with labels\.brownfield"):
        validate_parameters(values)


def test_missing_grid_is_named():
    with pytest.raises(ConfigurationError, match=r"grid: is required and missing"):
        validate_parameters({})


def test_choices_are_listed():
    with pytest.raises(
        ConfigurationError,
        match=r"uncertainty.calibration = 'isotonic': input should be 'platt', 'temperature'",
    ):
        validate_parameters(EXPERIMENT | {"grid": GRID, "uncertainty": {"calibration": "isotonic"}})


def test_context_within_a_cell_is_refused():
    with pytest.raises(
        ConfigurationError, match=r"grid.*context = 4 m is less than a cell \(grid.resolution = 500"
    ):
        validate_parameters(EXPERIMENT | {"grid": GRID | {"context": 4}})


@pytest.mark.parametrize("context", [20_000, 25_000])
def test_context_that_no_block_holds_is_refused(context):
    with pytest.raises(ConfigurationError) as caught:
        validate_parameters(EXPERIMENT | {"grid": GRID | {"context": context}})

    assert str(caught.value).splitlines()[1] == (
        f"  - grid.context = {context} m is not smaller than a block (folds.block_size = 20000 m): "
        "the means around held-out cells would be mostly of other blocks. Lower grid.context, or "
        "raise folds.block_size"
    )


def test_blocks_smaller_than_cells_are_refused():
    with pytest.raises(
        ConfigurationError, match=r"folds.block_size = 100 m is smaller than a cell"
    ):
        validate_parameters(EXPERIMENT | {"grid": GRID, "folds": {"block_size": 100}})


def test_a_device_may_be_numbered_and_must_be_one():
    parameters = validate_parameters(EXPERIMENT | {"grid": GRID, "ensemble": {"device": "cuda:1"}})
    assert parameters.ensemble.device == "cuda:1"
    with pytest.raises(ConfigurationError, match=r"ensemble\.device: 'gpu' is no device"):
        validate_parameters(EXPERIMENT | {"grid": GRID, "ensemble": {"device": "gpu"}})


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (
            {"risk": {"economics": {"exploration_cost": 200}}},
            "risk.economics.exploration_cost = 200 is not below risk.economics.discovery_value = "
            "200: testing a cell could never pay",
        ),
        (
            {"risk": {"targets": {"budget": 0.5}}},
            "risk.targets.budget = 0.5 buys no test (risk.economics.exploration_cost = 1). Raise "
            "it",
        ),
        (
            {"risk": {"targets": 3}},
            "risk.targets = 3: is a group of parameters: area_share, min_area, count, budget, "
            "spacing",
        ),
        (
            {"labels": {"buffer": 500, "exclusion": 500}},
            "labels.exclusion = 500 m excludes nothing: cells within labels.buffer = 500 m are "
            "positive, not background. Raise it, or set it to 0",
        ),
        (
            {"evaluation": {"baselines": ["distance", "prevalence", "distance"]}},
            "evaluation.baselines: 'distance' is given twice",
        ),
        (
            {"evaluation": {"capture_areas": [0.1, 0.1]}},
            "evaluation.capture_areas: 0.1 is given twice",
        ),
        (
            {"evaluation": {"bootstrap": 199, "confidence": 0.99}},
            "evaluation.bootstrap = 199 replicates have no quantile of evaluation.confidence = "
            "0.99; give 200 at least",
        ),
        (
            {"risk": {"economics": {"discovery_value": -1}}},
            "risk.economics.discovery_value = -1: input should be greater than 0",
        ),
    ],
)
def test_what_cannot_be_or_has_no_effect_is_told_by_its_full_path(values, problem):
    with pytest.raises(ConfigurationError) as caught:
        validate_parameters(EXPERIMENT | {"grid": GRID} | values)
    assert str(caught.value).splitlines()[1:] == [f"  - {problem}"]


def test_what_just_has_an_effect_is_taken():
    validate_parameters(
        EXPERIMENT
        | {
            "grid": GRID,
            "labels": {"buffer": 500, "exclusion": 501},
            "evaluation": {"bootstrap": 200, "confidence": 0.99},
            "risk": {
                "economics": {"exploration_cost": 100, "discovery_value": 101},
                "targets": {"budget": 100},
            },
        }
    )
