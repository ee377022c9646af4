"""An ensemble is the members that its calibration was fitted with, no more and no fewer."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from mineral_prospectivity import load_ensemble
from mineral_prospectivity.errors import BundleError


@pytest.fixture
def folder(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "models")


def test_members_left_over_from_a_larger_ensemble_are_left_alone(folder):
    cells = np.array([[0.5, -1.0], [np.nan, 2.0]])
    before = load_ensemble(folder).predict(cells)
    shutil.copy(folder / "member_001.safetensors", folder / "member_007.safetensors")
    np.testing.assert_array_equal(
        load_ensemble(folder).predict(cells).probability, before.probability
    )


def test_a_member_that_is_gone_is_named(folder):
    (folder / "member_001.safetensors").unlink()
    with pytest.raises(BundleError) as error:
        load_ensemble(folder)
    assert str(error.value) == (
        f"{folder}/member_001.safetensors: calibration.json was fitted with this member, which is "
        "missing; run the training and uncertainty pipelines"
    )


def test_a_folder_without_an_ensemble_is_named(tmp_path):
    with pytest.raises(BundleError) as error:
        load_ensemble(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: holds no calibration.json; run the training and uncertainty pipelines, or "
        "give the folder that they wrote, such as data/06_models/demo"
    )
