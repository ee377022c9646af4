"""States of trainings: whole, one's own, and gone when done."""

from __future__ import annotations

import numpy as np
import pytest
from kedro.io import DatasetError

from mineral_prospectivity.datasets.checkpoint import CheckpointDataset

STATE = {"step": np.array(7), "weights": np.linspace(0, 1, 5), "draws": np.array('{"a": 1}')}


@pytest.fixture(params=["file", "memory"])
def checkpoint(request, tmp_path):
    root = tmp_path if request.param == "file" else f"memory://{tmp_path}"
    return CheckpointDataset(filepath=f"{root}/models/pack.checkpoint.npz", every=0).load()


def test_a_state_comes_back_to_the_bit(checkpoint):
    assert checkpoint.load("a") is None
    checkpoint.save("a", STATE)
    found = checkpoint.load("a")
    assert found.keys() == STATE.keys()
    for name, value in STATE.items():
        np.testing.assert_array_equal(found[name], value)
        assert found[name].dtype == value.dtype


def test_the_state_of_another_training_is_not_taken(checkpoint):
    checkpoint.save("settings-1", STATE)
    assert checkpoint.load("settings-2") is None


def test_a_write_that_fails_leaves_the_state_before_it(checkpoint):
    checkpoint.save("a", STATE)
    with pytest.raises(ValueError, match="allow_pickle"):
        checkpoint.save("a", {"weights": np.array([object()])})
    assert checkpoint.load("a")["step"] == 7


def test_a_state_is_gone_when_the_training_is_done(checkpoint):
    checkpoint.save("a", STATE)
    checkpoint.clear()
    checkpoint.clear()
    assert checkpoint.load("a") is None


def test_states_are_due_now_and_then(tmp_path):
    often = CheckpointDataset(filepath=f"{tmp_path}/a.npz", every=0).load()
    seldom = CheckpointDataset(filepath=f"{tmp_path}/a.npz", every=3600).load()
    assert often.due()
    assert not seldom.due()


def test_no_node_writes_a_checkpoint(tmp_path):
    dataset = CheckpointDataset(filepath=f"{tmp_path}/a.npz")
    with pytest.raises(DatasetError, match="a checkpoint is written by a training"):
        dataset.save({"a": 1})
    assert dataset.exists(), "a run need not miss it: it is a place"
