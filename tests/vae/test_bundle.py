"""A member's file: the same bytes, the same member, and no damage unnoticed."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from mineral_prospectivity.errors import BundleError
from mineral_prospectivity.vae import bundle as module
from mineral_prospectivity.vae.bundle import MemberBundle
from mineral_prospectivity.vae.ensemble import Ensemble


@pytest.fixture(scope="module")
def bundle(pack):
    return pack.bundles[1]


@pytest.fixture(scope="module")
def content(bundle):
    return bundle.to_bytes()


def test_a_bundle_survives_its_file(bundle, tmp_path):
    path = tmp_path / "member_001.safetensors"
    bundle.save(path)
    loaded = MemberBundle.load(path)
    assert loaded.header == bundle.header
    assert loaded.tensors.keys() == bundle.tensors.keys()
    for name, array in bundle.tensors.items():
        np.testing.assert_array_equal(loaded.tensors[name], array)
    assert loaded.to_bytes() == path.read_bytes()


def test_a_band_without_spread_survives_the_file_and_says_nothing(bundle, data, tmp_path):
    """It is stored as infinite: the robust value of every cell is then 0."""
    scale = bundle.tensors["transform.scale"].copy()
    scale[0, 0] = np.inf
    path = tmp_path / "member_001.safetensors"
    MemberBundle(bundle.header, bundle.tensors | {"transform.scale": scale}).save(path)
    loaded = MemberBundle.load(path)
    assert loaded.tensors["transform.scale"][0, 0] == np.inf
    ensemble = Ensemble.of([loaded], device="cpu")
    assert np.isfinite(ensemble.logit_moments(data.features).mean).all()
    baseline = np.nanmedian(data.features, axis=0)
    assert np.isfinite(ensemble.attribute(data.features[:5], baseline).layers).all()


def test_the_header_tells_where_the_member_comes_from(bundle, data, request):
    header = bundle.header
    assert (header.member, header.seed) == (1, 7)
    assert header.bands == data.bands
    assert header.settings == request.getfixturevalue("settings")
    assert header.data_digest == data.digest()
    assert bundle.name == "member_001"


def test_the_file_is_plain_safetensors_without_code(bundle, tmp_path):
    path = tmp_path / "member_001.safetensors"
    bundle.save(path)
    assert safetensors.numpy.load_file(path).keys() == bundle.tensors.keys()
    assert path.stat().st_size < 1_000_000


@settings(deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_damaged_bit_goes_unnoticed(content, place, bit):
    damaged = bytearray(content)
    damaged[int(place * len(content))] ^= 1 << bit
    with pytest.raises(BundleError):
        MemberBundle.from_bytes(bytes(damaged))


@settings(deadline=None)
@given(place=st.floats(0, 1, exclude_max=True))
def test_no_cut_goes_unnoticed(content, place):
    with pytest.raises(BundleError):
        MemberBundle.from_bytes(content[: int(place * len(content))])


def test_a_digit_that_changes_no_number_is_noticed(bundle):
    """0.30000000000000004 and 0.30000000000000005 are one number, but two files."""
    history = {"step": [1.0], "loss": [0.1 + 0.2]}
    header = dataclasses.replace(bundle.header, history=history)
    content = MemberBundle(header, bundle.tensors).to_bytes()
    assert content.count(b"0.30000000000000004") == 1
    with pytest.raises(BundleError, match="the member bundle is damaged"):
        MemberBundle.from_bytes(content.replace(b"0.30000000000000004", b"0.30000000000000005"))


def test_a_changed_tensor_is_named_damage(bundle, tmp_path):
    content = bytearray(bundle.to_bytes())
    content[-1] ^= 1
    path = tmp_path / "member_001.safetensors"
    path.write_bytes(content)
    message = (
        r"member_001\.safetensors: the member bundle is damaged: its content does not have the "
        r"SHA-256 that it states\. Copy it again, or train the member again$"
    )
    with pytest.raises(BundleError, match=message):
        MemberBundle.load(path)


def test_a_changed_header_is_damage_too(bundle):
    text = json.dumps(dataclasses.replace(bundle.header, seed=7).to_dict())
    assert '"seed": 7' in text
    content = bundle.to_bytes().replace(b'\\"seed\\": 7', b'\\"seed\\": 8')
    with pytest.raises(BundleError, match="the member bundle is damaged"):
        MemberBundle.from_bytes(content)


def test_a_newer_format_asks_for_an_upgrade(bundle, monkeypatch):
    monkeypatch.setattr(module, "FORMAT", 2)
    newer = bundle.to_bytes()
    monkeypatch.setattr(module, "FORMAT", 1)
    message = (
        r"^member bundle of format 2; this version reads formats up to 1\. "
        r"Upgrade mineral-prospectivity$"
    )
    with pytest.raises(BundleError, match=message):
        MemberBundle.from_bytes(newer)


@pytest.mark.parametrize(
    "content", [b"", b"not a bundle", safetensors.numpy.save({"a": np.zeros(3)})]
)
def test_other_files_are_no_bundles(content):
    with pytest.raises(BundleError, match="this is no member bundle, or its header is damaged"):
        MemberBundle.from_bytes(content)


def test_what_a_member_was_made_from_changes_nothing_else(bundle):
    origin = {"run": "20260101-000000-000", "git_commit": "abc", "data_hash": "def"}
    made = MemberBundle.from_bytes(bundle.made_from(origin).to_bytes())
    assert made.header.provenance == origin
    assert dataclasses.replace(made.header, provenance={}) == bundle.header
    assert made.tensors.keys() == bundle.tensors.keys()
    for name, array in bundle.tensors.items():
        np.testing.assert_array_equal(made.tensors[name], array)
