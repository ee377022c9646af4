"""Member bundles in the catalog."""

from __future__ import annotations

import json

import numpy as np
import pytest
from kedro.io import DatasetError

from mineral_prospectivity.datasets import MemberBundleDataset
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.vae.bundle import BundleHeader, MemberBundle
from mineral_prospectivity.vae.settings import VaeSettings


@pytest.fixture
def bundle() -> MemberBundle:
    header = BundleHeader(
        member=4,
        seed=0,
        bands=(Band("gravity", unit="mGal"),),
        settings=VaeSettings(),
        data_digest="0" * 64,
        package_version="0.1.0",
        history={"step": [1.0], "loss": [2.5]},
    )
    return MemberBundle(header, {"head.weights": np.arange(6, dtype=np.float32).reshape(1, 6)})


def test_a_member_is_saved_and_loaded(bundle, tmp_path):
    dataset = MemberBundleDataset(filepath=str(tmp_path / "models" / "member_004.safetensors"))
    assert not dataset.exists()
    dataset.save(bundle)
    assert dataset.exists()
    assert dataset.load().to_bytes() == bundle.to_bytes()
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["member_004.safetensors"]


def test_a_damaged_file_is_named(bundle, tmp_path):
    path = tmp_path / "member_004.safetensors"
    dataset = MemberBundleDataset(filepath=str(path))
    dataset.save(bundle)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        DatasetError, match=r"member_004\.safetensors: the member bundle is cut off"
    ):
        dataset.load()


def test_a_member_that_cannot_be_written_leaves_the_old_one(bundle, tmp_path):
    path = tmp_path / "member_004.safetensors"
    dataset = MemberBundleDataset(filepath=str(path))
    dataset.save(bundle)
    before = path.read_bytes()
    broken = MemberBundle(bundle.header, {"head.weights": np.array(["text"], dtype=object)})
    with pytest.raises(DatasetError):
        dataset.save(broken)
    assert path.read_bytes() == before


def test_kedro_viz_sees_the_header(bundle, tmp_path):
    dataset = MemberBundleDataset(filepath=str(tmp_path / "member_004.safetensors"))
    dataset.save(bundle)
    shown = json.loads(dataset.preview())
    assert shown["member"] == 4
    assert shown["bands"][0]["unit"] == "mGal"


def test_members_go_to_object_storage(bundle, bucket):
    dataset = MemberBundleDataset(filepath=f"{bucket}/models/member_004.safetensors")
    dataset.save(bundle)
    assert dataset.load().to_bytes() == bundle.to_bytes()
