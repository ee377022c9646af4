"""An ensemble is the members that its calibration was fitted with, no more and no fewer."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from mineral_prospectivity import load_ensemble
from mineral_prospectivity.errors import BundleError
from mineral_prospectivity.vae.bundle import MemberBundle


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


def cut(path):
    path.write_bytes(path.read_bytes()[:-7])


def of_other_data(path):
    path.write_text(json.dumps(json.loads(path.read_text()) | {"training_data": "f" * 64}))


def without_members(path):
    fitted = json.loads(path.read_text())
    del fitted["members"]
    path.write_text(json.dumps(fitted))


def test_a_damaged_member_is_named(folder):
    cut(folder / "member_001.safetensors")
    with pytest.raises(BundleError) as error:
        load_ensemble(folder)
    assert str(error.value).startswith(
        f"{folder}/member_001.safetensors: the member bundle is cut off or damaged"
    )
    assert str(error.value).endswith("Copy it again, or train the member again")


@pytest.mark.parametrize("damage", [cut, without_members])
def test_a_damaged_calibration_is_named(folder, damage):
    damage(folder / "calibration.json")
    with pytest.raises(BundleError) as error:
        load_ensemble(folder)
    assert str(error.value).startswith(f"{folder}/calibration.json: is cut off or damaged")
    assert str(error.value).endswith("or run training and uncertainty again")


def test_a_calibration_of_other_data_is_refused(folder):
    of_other_data(folder / "calibration.json")
    digest = MemberBundle.load(folder / "member_000.safetensors").header.data_digest
    with pytest.raises(BundleError) as error:
        load_ensemble(folder)
    assert str(error.value) == (
        "calibration.json was fitted to the training data ffffffffffff, member_000 was trained on "
        f"{digest[:12]}. Copy all of the folder again, or run training and uncertainty again"
    )


def test_a_calibration_that_does_not_say_what_it_was_fitted_to_is_taken(folder):
    path = folder / "calibration.json"
    fitted = json.loads(path.read_text())
    del fitted["training_data"]
    path.write_text(json.dumps(fitted))
    assert load_ensemble(folder).calibration.is_identity
