import dataclasses

import numpy as np
import pytest
import torch

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.vae import attribution
from mineral_prospectivity.vae.attribution import integrated_gradients, layer_names, typical_cell
from mineral_prospectivity.vae.ensemble import Ensemble
from mineral_prospectivity.vae.stack import Stack


@pytest.fixture(scope="module")
def ensemble(pack):
    return Ensemble.of(list(pack.bundles.values()), device="cpu")


@pytest.fixture(scope="module")
def baseline(data):
    return typical_cell(data.features, data.bands, data.weights)


def test_attributions_add_up_to_the_difference_of_the_logits(ensemble, data, baseline):
    found = ensemble.attribute(data.features, baseline)
    at, start = (
        ensemble.logit_moments(x).mean.mean(axis=0) for x in (data.features, baseline[None])
    )
    assert found.layers.shape == (len(data.features), 3)
    np.testing.assert_allclose(found.layers.sum(axis=1), found.total, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.total, at - start, rtol=0, atol=2e-5)


def test_twelve_nodes_leave_little_of_what_many_nodes_find(ensemble, data, baseline, monkeypatch):
    few = ensemble.attribute(data.features[:150], baseline)
    monkeypatch.setattr(attribution, "NODES", 300)
    many = ensemble.attribute(data.features[:150], baseline)
    assert np.abs(few.layers - many.layers).max() < 0.02
    assert np.abs(many.layers).max() > 1


def additive_stack(stack, seed=3):
    """Return the stack with a head that is linear in the bounded scores and embeddings alone."""
    weights = torch.zeros_like(stack.head.weights)
    intercept, latent, additive, *_ = stack.head.parts
    first = intercept + latent
    drawn = torch.randn(len(weights), additive, generator=torch.Generator().manual_seed(seed))
    weights[:, first : first + additive] = drawn
    return Stack(stack.transform, stack.network, dataclasses.replace(stack.head, weights=weights))


def linear_terms(stack, values):
    """Return what each additive term adds to the mean logit, shape (rows, terms)."""
    intercept, latent, terms, *_ = stack.head.parts
    weights = (stack.head.scale * stack.head.weights)[:, intercept + latent :][:, :terms]
    transform = stack.transform
    additive = transform.additive(transform.channels(transform.read(values.unsqueeze(0))))[0]
    return additive * weights.mean(dim=0)


def layer_sums(stack, terms):
    transform = stack.transform
    own = transform.layers
    continuous = transform.knots.shape[1]
    of_terms = np.array(own + [layer for layer in own[:continuous] for _ in range(5)])
    ordered = layer_names([transform.bands[column] for column in transform.order])
    return np.stack(
        [
            terms[:, of_terms == ordered.index(name)].sum(axis=1)
            for name in layer_names(transform.bands)
        ],
        axis=1,
    )


def test_a_linear_head_is_attributed_exactly(ensemble, data, baseline):
    stack = additive_stack(ensemble.readers[0].stack)
    order = stack.transform.order
    values, start = (torch.from_numpy(x[..., order]) for x in (data.features[:200], baseline))
    assert values.isnan().any()
    found = integrated_gradients(stack.surface(), values, start)
    expected = linear_terms(stack, values) - linear_terms(stack, start[None])
    np.testing.assert_allclose(found.layers, layer_sums(stack, expected.numpy()), atol=2e-5)


def test_a_layer_that_the_head_does_not_use_gets_nothing(ensemble, data, baseline):
    stack = additive_stack(ensemble.readers[0].stack)
    gravity = [
        n for n, column in enumerate(stack.transform.order) if data.bands[column].name == "gravity"
    ]
    intercept, latent, terms, *_ = stack.head.parts
    position = np.arange(terms)
    embedded = len(data.bands) + 5 * gravity[0]
    used = (position != gravity[0]) & ~((position >= embedded) & (position < embedded + 5))
    stack.head.weights[:, intercept + latent :][:, :terms] *= torch.from_numpy(used)
    order = stack.transform.order
    values, start = (torch.from_numpy(x[..., order]) for x in (data.features[:50], baseline))
    found = integrated_gradients(stack.surface(), values, start)
    np.testing.assert_allclose(
        found.layers[:, layer_names(data.bands).index("gravity")], 0, atol=1e-6
    )


def test_the_baseline_owes_nothing_to_any_layer(ensemble, baseline):
    found = ensemble.attribute(baseline[None], baseline)
    np.testing.assert_allclose(found.layers, 0, atol=1e-9)


def test_cells_are_explained_each_on_its_own(ensemble, data, baseline):
    together = ensemble.attribute(data.features[:120], baseline)
    apart = [
        ensemble.attribute(data.features[part], baseline).layers
        for part in (slice(70), slice(70, 120))
    ]
    np.testing.assert_allclose(together.layers, np.concatenate(apart), atol=1e-5)
    assert ensemble.attribute(data.features[:0], baseline).layers.shape == (0, 3)


def test_what_drives_deposits_is_what_they_follow(ensemble, data, baseline):
    """Deposits follow magnetics and granite; gravity is noise."""
    found = ensemble.attribute(data.features[data.positive], baseline)
    size = dict(zip(layer_names(data.bands), np.abs(found.layers).mean(axis=0), strict=True))
    assert size["gravity"] < 0.5 * min(size["magnetics"], size["geology"])


def test_typical_cell_is_of_medians_and_of_the_average_rock():
    bands = (
        Band("gravity"),
        Band("granite", "rock", kind="fraction"),
        Band("shale", "rock", kind="fraction"),
    )
    x = np.array([[1.0, 1.0, 0.0], [2.0, 0.0, 1.0], [9.0, 0.25, 0.75], [np.nan, 0.0, 1.0]])
    cell = typical_cell(x, bands)
    np.testing.assert_allclose(cell, [2.0, 0.3125, 0.6875])
    weighted = typical_cell(x, bands, np.array([1.0, 1.0, 5.0, 1.0]))
    np.testing.assert_allclose(weighted, [9.0, 2.25 / 8, 5.75 / 8])
    assert np.isnan(typical_cell(x * np.nan, bands)).all()


def test_layers_are_named_once_in_the_order_of_the_bands(data):
    assert layer_names(data.bands) == ("magnetics", "geology", "gravity")
    assert layer_names([Band("alone"), Band("gradient", "gravity")]) == ("alone", "gravity")
