import numpy as np
import pytest

from mineral_prospectivity.vae.attribution import typical_cell
from mineral_prospectivity.vae.ensemble import Ensemble


@pytest.fixture(scope="module")
def ensemble(realisations):
    return Ensemble.of(list(realisations.bundles.values()), device="cpu")


def test_attributions_add_up_to_the_difference_of_the_logits(ensemble, data):
    baseline = typical_cell(data.features, data.bands)
    found = ensemble.attribute(data.features, baseline)
    at, start = (
        ensemble.logit_moments(x).mean.mean(axis=0) for x in (data.features, baseline[None])
    )
    np.testing.assert_allclose(found.layers.sum(axis=1), found.total, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.total, at - start, rtol=0, atol=2e-5)


def test_a_layer_that_does_not_change_gets_nothing(ensemble, data):
    baseline = typical_cell(data.features, data.bands)
    cells = np.tile(baseline, (20, 1))
    cells[:, 0] = data.features[:20, 0]
    found = ensemble.attribute(cells, baseline)
    np.testing.assert_allclose(found.layers[:, 1:], 0, atol=1e-9)
    assert np.abs(found.layers[:, 0]).max() > 0.01


def test_shuffled_tables_are_those_of_every_model(realisations, pack):
    table = realisations.permuted
    assert table.columns.tolist() == pack.permuted.columns.tolist()
    assert sorted(table["member"].unique()) == [0, 1, 2]
    whole = realisations.out_of_fold.set_index(["member", "cell"])["mean"]
    own = table.set_index(["member", "cell"])["intact"]
    np.testing.assert_allclose(own, whole.loc[own.index], atol=2e-5)
