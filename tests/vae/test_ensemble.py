"""Members stacked for prediction."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from mineral_prospectivity.errors import BundleError
from mineral_prospectivity.vae import ensemble as module
from mineral_prospectivity.vae import stack
from mineral_prospectivity.vae.bundle import MemberBundle
from mineral_prospectivity.vae.ensemble import Ensemble
from mineral_prospectivity.vae.networks import Posterior


@pytest.fixture(scope="module")
def ensemble(pack):
    return Ensemble.of(list(pack.bundles.values()))


def test_moments_have_a_row_a_member(ensemble, data):
    moments = ensemble.logit_moments(data.features)
    assert moments.mean.shape == moments.variance.shape == moments.latent.shape == (2, 900)
    assert moments.residual.shape == (900,)
    assert all(part.dtype == np.float64 and np.isfinite(part).all() for part in moments)
    assert (moments.variance >= 0).all()
    assert (moments.latent >= 0).all()


def test_each_member_keeps_its_own_moments(pack, ensemble, data):
    together = ensemble.logit_moments(data.features)
    for number, bundle in enumerate(pack.bundles.values()):
        alone = Ensemble.of([bundle]).logit_moments(data.features)
        np.testing.assert_allclose(together.mean[number], alone.mean[0], atol=2e-5)
        np.testing.assert_allclose(together.variance[number], alone.variance[0], atol=2e-5)
        np.testing.assert_allclose(together.latent[number], alone.latent[0], rtol=1e-3, atol=1e-5)


def test_permuting_cells_permutes_moments(ensemble, data):
    order = np.random.default_rng(0).permutation(len(data.features))
    straight, permuted = (ensemble.logit_moments(x) for x in (data.features, data.features[order]))
    for one, other in zip(straight, permuted, strict=True):
        np.testing.assert_allclose(one[..., order], other, atol=2e-5, rtol=1e-4)


def test_passes_of_any_size_give_the_same_moments(ensemble, data, monkeypatch):
    whole = ensemble.logit_moments(data.features)
    monkeypatch.setattr(stack, "CELLS_AT_ONCE", {"cpu": 34})
    monkeypatch.setattr(module, "BLOCK", 101)
    for one, other in zip(whole, ensemble.logit_moments(data.features), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5, rtol=1e-4)


def test_variances_are_those_of_the_whole_posterior(pack, data):
    """The low-rank variance of a bundle against ``phi' (I - U U') phi`` in double precision."""
    bundle = pack.bundles[0]
    member = bundle.stack(torch.device("cpu"))
    values = torch.from_numpy(data.features[:, member.transform.order])
    cells = stack.represent(member.transform, member.network, values.unsqueeze(0))
    double = member.head.map(lambda tensor: tensor.double())
    posterior = Posterior(*(part.double() for part in cells.posterior))
    exact = double.logit(posterior, double.residual(cells.error.double()), cells.additive.double())
    moments = Ensemble.of([bundle]).logit_moments(data.features)
    np.testing.assert_allclose(moments.variance[0], exact.variance[0].detach(), rtol=1e-3)
    np.testing.assert_allclose(moments.mean[0], exact.mean[0].detach(), atol=1e-4)


def test_strange_cells_have_larger_residuals_and_variances(ensemble, data):
    strange = data.features.copy()
    strange[:, 0] = data.features[::-1, 0]
    strange[:, 4] = 1
    strange[:, 1] = 1
    plain, odd = (ensemble.logit_moments(x) for x in (data.features, strange))
    assert odd.residual.mean() > plain.residual.mean()
    assert odd.variance.mean() > plain.variance.mean()


def test_a_cell_without_any_evidence_has_a_logit_but_no_residual(ensemble):
    moments = ensemble.logit_moments(np.full((1, 5), np.nan, np.float32))
    assert np.isfinite(moments.mean).all()
    assert np.isnan(moments.residual).all()


def test_no_cells_give_no_moments(ensemble):
    moments = ensemble.logit_moments(np.empty((0, 5), np.float32))
    assert moments.mean.shape == (2, 0)
    assert ensemble.encode(np.empty((0, 5), np.float32)).shape == (2, 0, 4)


def test_cells_can_be_encoded(ensemble, data):
    encoded = ensemble.encode(data.features)
    assert encoded.shape == (2, 900, 4)
    assert encoded.var(axis=1).max() > 0.01


def test_members_are_loaded_from_files(pack, data, tmp_path):
    paths = [tmp_path / f"{bundle.name}.safetensors" for bundle in pack.bundles.values()]
    for path, bundle in zip(paths, pack.bundles.values(), strict=True):
        bundle.save(path)
    loaded = Ensemble.load(paths)
    assert loaded.names == ("member_000", "member_001")
    expected = Ensemble.of(list(pack.bundles.values())).logit_moments(data.features)
    np.testing.assert_array_equal(loaded.logit_moments(data.features).mean, expected.mean)


def test_an_ensemble_without_members_is_refused():
    with pytest.raises(BundleError, match=r"^an ensemble needs at least one member bundle$"):
        Ensemble.of([])


def altered(bundle, member=5, **changes):
    header = dataclasses.replace(bundle.header, member=member, **changes)
    return MemberBundle(header, bundle.tensors)


def test_members_that_do_not_belong_together_are_refused(pack, settings):
    first = pack.bundles[0]
    with pytest.raises(BundleError, match=r"^member_000 is given twice$"):
        Ensemble.of([first, first])
    message = r"^member_005 was trained on other data than member_000\. Train it again$"
    with pytest.raises(BundleError, match=message):
        Ensemble.of([first, altered(first, data_digest="0")])
    other = settings.model_copy(update={"latent": 9})
    message = (
        r"^member_005 was trained with another model\.latent \(9\) than member_000 \(4\)\. "
        r"Train it again$"
    )
    with pytest.raises(BundleError, match=message):
        Ensemble.of([first, altered(first, settings=other)])


def test_evidence_of_the_right_bands_passes(ensemble, data):
    ensemble.check(data.bands)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda bands: bands[:4],
            r"^the members expect 5 bands, the evidence has 4; missing: 'granite'; not expected: "
            r"none\. Declare the layers as they were, or train the members again$",
        ),
        (
            lambda bands: (*bands[:4], dataclasses.replace(bands[4], name="basalt")),
            r"missing: 'granite'; not expected: 'basalt'\. Declare the layers as they were, or "
            r"train the members again$",
        ),
        (
            lambda bands: (bands[1], bands[0], *bands[2:]),
            r"^band 1 of the evidence is 'limestone', the members expect 'magnetics' there\. "
            r"Select the bands in the order of Ensemble\.bands, or train the members again$",
        ),
        (
            lambda bands: (dataclasses.replace(bands[0], unit="T"), *bands[1:]),
            r"^band 'magnetics' has the unit 'T', the members were trained with 'nT'\. "
            r"Convert it, or train the members again$",
        ),
        (
            lambda bands: (*bands[:4], dataclasses.replace(bands[4], kind="continuous")),
            r"^band 'granite' has the kind 'continuous', the members were trained with 'fraction'",
        ),
    ],
)
def test_other_bands_are_refused(ensemble, data, change, message):
    with pytest.raises(BundleError, match=message):
        ensemble.check(change(data.bands))


def test_a_wrong_number_of_columns_is_refused(ensemble):
    message = (
        r"^evidence of shape \(3, 4\): the members expect \(cells, 5\), one column for each of "
        r"Ensemble\.bands$"
    )
    with pytest.raises(BundleError, match=message):
        ensemble.logit_moments(np.zeros((3, 4), np.float32))
