import numpy as np
import pytest

from mineral_prospectivity.vae.latent_space import LatentSpace

MEMBERS, CELLS, LATENT = 4, 500, 3


@pytest.fixture(scope="module")
def shared():
    return np.random.default_rng(1).standard_normal((CELLS, LATENT))


def turned(shared, members=MEMBERS):
    """Return the same space as members would have it: each with axes of its own."""
    rng = np.random.default_rng(2)
    return np.stack(
        [shared @ rng.standard_normal((LATENT, LATENT)) + rng.normal() for _ in range(members)]
    )


def test_distance_is_the_mahalanobis_distance_that_all_members_agree_on(shared):
    space = LatentSpace.fit(turned(shared), np.ones(CELLS))
    found = space.project(turned(shared))
    np.testing.assert_allclose(space.agreement, 1, atol=1e-9)
    inverse = np.linalg.inv(np.cov(shared.T, bias=True))
    gap = shared[:20, None] - shared[:20]
    expected = np.einsum("abi,ij,abj->ab", gap, inverse, gap)
    squared = ((found[:20, None] - found[:20]) ** 2).sum(axis=2)
    np.testing.assert_allclose(squared, expected, rtol=1e-7, atol=1e-7)


def test_components_have_the_variance_of_their_agreement(shared):
    rng = np.random.default_rng(3)
    latent = turned(shared) + 0.5 * rng.standard_normal((MEMBERS, CELLS, LATENT))
    weights = rng.uniform(1, 2, CELLS)
    space = LatentSpace.fit(latent, weights)
    found = space.project(latent)
    assert (np.diff(space.agreement) <= 0).all()
    assert ((space.agreement > 0.25) & (space.agreement < 1)).all()
    np.testing.assert_allclose(np.average(found, axis=0, weights=weights), 0, atol=1e-9)
    np.testing.assert_allclose(
        np.cov(found.T, aweights=weights, bias=True), np.diag(space.agreement), atol=1e-9
    )


def test_what_a_single_member_sees_comes_last(shared):
    latent = turned(shared)
    latent[0, :, 0] = np.random.default_rng(4).standard_normal(CELLS)
    space = LatentSpace.fit(latent, np.ones(CELLS))
    assert space.agreement[:2] == pytest.approx(1, abs=1e-6)
    assert 0.6 < space.agreement[2] < 0.9


def test_an_idle_unit_is_not_blown_up(shared):
    latent = turned(shared)
    latent[:, :, 2] = 1e-4 * np.random.default_rng(5).standard_normal((MEMBERS, CELLS))
    space = LatentSpace.fit(latent, np.ones(CELLS))
    assert np.isfinite(space.axes).all()
    assert np.abs(space.axes[:, 2]).max() < 10


def test_the_same_cells_give_the_same_space(shared):
    one, other = (LatentSpace.fit(turned(shared), np.ones(CELLS)) for _ in range(2))
    np.testing.assert_array_equal(one.axes, other.axes)
