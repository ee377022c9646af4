"""The context of cells: read where folds that no fit saw say that it helps, and nowhere else."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import norm

from mineral_prospectivity.errors import BundleError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.vae.attribution import layer_names
from mineral_prospectivity.vae.bundle import MAP, MemberBundle
from mineral_prospectivity.vae.conditional.settings import CvaeSettings
from mineral_prospectivity.vae.ensemble import Ensemble
from mineral_prospectivity.vae.fitting import fit_ensemble
from mineral_prospectivity.vae.train import fit_members

FOLDS = 3
AROUND = Band("magnetics_within_500m", "magnetics", unit="nT", context=True)


def beside(data, values):
    """Return the data with one band of context."""
    features = np.column_stack([data.features, np.float32(values)])
    return replace(data, features=features, bands=(*data.bands, AROUND))


@pytest.fixture(scope="module")
def telling(data):
    """A context that tells nearly all."""
    rng = np.random.default_rng(1)
    return beside(data, 3.0 * data.labels + rng.normal(size=len(data.cells)))


@pytest.fixture(scope="module")
def mute(data):
    """A context that tells nothing."""
    return beside(data, np.random.default_rng(2).normal(size=len(data.cells)))


@pytest.fixture(scope="module")
def train(settings):
    def fit(data, members=(0, 1), **arguments):
        return fit_members(
            data, members, **{"settings": settings, "seed": 7, "folds": FOLDS} | arguments
        )

    return fit


@pytest.fixture(scope="module")
def readers(train, telling):
    return train(telling)


@pytest.fixture(scope="module")
def mixed(readers, mute, train, telling):
    """One member that reads the context and one that does not."""
    header = replace(readers.bundles[1].header, reads_context=False)
    plain = train(telling.readings()[0]).bundles[1]
    return [readers.bundles[0], MemberBundle(header, plain.tensors)]


def test_context_that_tells_is_read_in_every_fit(readers, train, telling):
    for bundle in readers.bundles.values():
        assert bundle.header.bands_read == telling.bands
        assert set(bundle.header.context_gain) == {MAP, "0", "1", "2"}
        assert min(bundle.header.context_gain.values()) > 0
    assert readers.history["context"].tolist() == sorted(readers.history["context"])
    all_read = train(telling, nested=False)  # nothing is chosen
    header = all_read.bundles[0].header
    assert (header.reads_context, header.context_gain) == (True, {})
    columns = ["member", "cell", "mean", "variance"]
    pd.testing.assert_frame_equal(readers.out_of_fold[columns], all_read.out_of_fold[columns])


def nll(table, data):
    """Return the loss of each row by adaptive quadrature of the Gaussian."""
    labels = pd.Series(data.labels, data.cells)[table["cell"]].to_numpy()
    spread = np.sqrt(table["variance"] + table["latent"]).to_numpy()
    nodes = np.linspace(-8, 8, 2001)
    density = norm.pdf(nodes) / norm.pdf(nodes).sum()
    p = expit(table["mean"].to_numpy()[:, None] + spread[:, None] * nodes) @ density
    return -np.log(np.where(labels == 1, p, 1 - p))


def test_every_fit_is_the_one_that_its_gain_names(train, mute, pack):
    found = train(mute)
    wider = train(replace(mute, bands=(*data_bands(mute), replace(AROUND, context=False))))
    for member, bundle in found.bundles.items():
        gains = bundle.header.context_gain
        for fold in range(FOLDS):
            inner = [
                nll(own, mute) @ own["weight"] / own["weight"].sum()
                for table in (pack.inner, wider.inner)
                for own in [table[(table["member"] == member) & (table["outer"] == fold)]]
            ]
            assert gains[str(fold)] == pytest.approx(
                inner[0] - inner[1], abs=1e-4
            )  # 16 nodes there
            source = wider if gains[str(fold)] > 0 else pack
            for name, key in (("out_of_fold", "fold"), ("permuted", "fold"), ("inner", "outer")):
                chosen, expected = (
                    table[(table["member"] == member) & (table[key] == fold)].reset_index(drop=True)
                    for table in (getattr(found, name), getattr(source, name))
                )
                pd.testing.assert_frame_equal(chosen, expected)
        whole = (wider if gains[MAP] > 0 else pack).bundles[member]
        assert {name: t.tobytes() for name, t in bundle.tensors.items()} == {
            name: t.tobytes() for name, t in whole.tensors.items()
        }
        assert bundle.header.bands == mute.bands
        assert (AROUND in bundle.header.bands_read) == (gains[MAP] > 0)


def data_bands(data):
    return data.readings()[0].bands


def test_the_choice_for_a_fold_knows_nothing_of_its_labels(train, telling):
    labels, inside = telling.labels.copy(), telling.folds == 0
    labels[inside] = np.random.default_rng(3).permutation(labels[inside])
    clusters = np.where(labels == 1, np.cumsum(labels) // 2, -1).astype(np.int32)
    kept = np.where(inside, clusters, telling.clusters)
    other = replace(telling, labels=labels, clusters=kept)
    first, second = (train(data, [0]).bundles[0].header.context_gain for data in (telling, other))
    assert second["0"] == pytest.approx(first["0"], abs=1e-12)
    assert second["1"] != first["1"]


def test_a_member_chooses_alone(train, telling, readers):
    alone = train(telling, [1])
    assert alone.bundles[1].to_bytes() == readers.bundles[1].to_bytes()


def test_members_that_read_more_and_less_make_one_ensemble(mixed, telling):
    both = Ensemble.of(mixed).logit_moments(telling.features)
    for place, bundle in enumerate(mixed):
        alone = Ensemble.of([bundle]).logit_moments(telling.features)
        for name in ("mean", "variance", "latent"):
            np.testing.assert_array_equal(getattr(both, name)[place], getattr(alone, name)[0])
    ensemble = Ensemble.of(mixed)
    ensemble.check(telling.bands)
    assert ensemble.encode(telling.features).shape == (2, 900, 4)


def test_what_they_attribute_adds_up(mixed, telling):
    ensemble = Ensemble.of(mixed)
    baseline = np.nanmedian(telling.features, axis=0)
    found = ensemble.attribute(telling.features[:40], baseline)
    assert found.layers.shape == (40, len(layer_names(telling.bands)))
    moments = ensemble.logit_moments(np.vstack([telling.features[:40], baseline]))
    mean = moments.mean.mean(axis=0)
    np.testing.assert_allclose(found.layers.sum(axis=1), found.total, atol=1e-12)
    np.testing.assert_allclose(found.total, mean[:-1] - mean[-1], atol=1e-4)


@pytest.mark.parametrize("layered", [True, False], ids=["of a layer", "of no layer"])
def test_what_they_attribute_goes_to_its_layer_in_any_order(train, data, layered):
    telling = np.random.default_rng(1).normal(size=len(data.cells)) + 3.0 * data.labels
    around = AROUND if layered else replace(AROUND, layer="")
    bands = (around, *data.bands[::-1])
    features = np.column_stack([np.float32(telling), data.features[:, ::-1]])
    pack = train(replace(data, features=features, bands=bands))
    plain = train(replace(data, features=features[:, 1:], bands=bands[1:])).bundles[1]
    header = replace(pack.bundles[1].header, reads_context=False)
    members = [pack.bundles[0], MemberBundle(header, plain.tensors)]
    baseline = np.nanmedian(features, axis=0)
    names = layer_names(bands)
    found = Ensemble.of(members).attribute(features[:20], baseline).layers
    expected = np.zeros_like(found)
    for member in members:
        read = layer_names(member.header.bands_read)
        columns = [bands.index(band) for band in member.header.bands_read]
        alone = replace(member.header, bands=member.header.bands_read, reads_context=True)
        own = Ensemble.of([MemberBundle(alone, member.tensors)])
        layers = own.attribute(features[:20, columns], baseline[columns]).layers
        expected[:, [names.index(name) for name in read]] += layers / 2
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_evidence_without_the_context_is_told_how_to_get_it(mixed, telling):
    with pytest.raises(BundleError, match=r"context of cells: make it with grid.context, or mine"):
        Ensemble.of(mixed).check(data_bands(telling))


def test_a_band_that_is_no_context_is_described_as_before_there_was_any():
    assert "context" not in Band("a").to_dict()
    assert AROUND.to_dict()["context"]


def test_a_file_keeps_what_a_member_reads(mixed, tmp_path):
    for bundle in mixed:
        bundle.save(tmp_path / "m.safetensors")
        loaded = MemberBundle.load(tmp_path / "m.safetensors")
        assert loaded.header == bundle.header
        assert loaded.header.bands_read == bundle.header.bands_read


def test_the_conditional_model_reads_no_context(telling):
    small = CvaeSettings(hidden=16, latent=3, steps=60, beta=0.05, classifier_steps=20)
    fit = {"settings": small, "seed": 7, "folds": FOLDS}
    found = fit_ensemble(telling, [0, 1], **fit)
    plain = fit_ensemble(telling.readings()[0], [0, 1], **fit)
    pd.testing.assert_frame_equal(found.out_of_fold, plain.out_of_fold)
    header = found.bundles[0].header
    assert (header.bands, header.bands_read) == (telling.bands, plain.bundles[0].header.bands)
    Ensemble.of(list(found.bundles.values())).check(telling.bands)


def test_data_without_context_are_read_in_one_way(data, telling):
    assert data.readings() == (data,)
    plain, whole = telling.readings()
    assert whole is telling
    assert dataclasses.replace(plain, folds=data.folds).digest() == data.digest()
