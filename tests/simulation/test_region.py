"""Simulated regions: every option works, and the known probabilities are the true ones."""

import numpy as np
import pytest
from scipy.special import expit, logit

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.grid import cells_of_points
from mineral_prospectivity.simulation import simulate_region
from mineral_prospectivity.simulation.mineralisation import align

SHAPE = (80, 100)


@pytest.fixture(scope="module")
def region():
    return simulate_region(3, SHAPE, prevalence=0.02)


def layer(region, name):
    return next(layer for layer in region.layers if layer.name == name)


def expected_auc(score, probability):
    """AUC of a score when every label is drawn with its probability."""
    order = np.argsort(score, axis=None)
    positive = probability.ravel()[order]
    negative = 1 - positive
    below = np.cumsum(negative) - negative / 2
    return (positive * below).sum() / (positive.sum() * negative.sum())


def test_a_region_has_the_layers_of_a_survey(region):
    names = {layer.name for layer in region.layers}
    assert len(names) == len(region.layers) == 13
    assert {"magnetics", "gravity", "copper", "lithology"} <= names
    assert len({layer.grid.resolution.x for layer in region.layers}) == 4
    assert all(layer.unit and layer.description for layer in region.layers)


def test_every_layer_covers_the_grid(region):
    box = region.grid.extent.boundingbox
    for shown in region.layers:
        extent = shown.grid.extent.boundingbox
        assert extent.left <= box.left
        assert extent.right >= box.right
        assert extent.bottom <= box.bottom
        assert extent.top >= box.top


def test_geochemistry_has_gaps_and_a_detection_limit(region):
    for name in ("copper", "gold", "arsenic", "zinc", "nickel"):
        shown = layer(region, name)
        assert 0 < np.isnan(shown.values).mean() < 0.3
        assert np.nanmin(shown.values) >= shown.step > 0


def test_deposits_lie_one_in_each_positive_cell(region):
    points = region.deposits.geometry
    cells = cells_of_points(region.grid, points.x.to_numpy(), points.y.to_numpy())
    np.testing.assert_array_equal(cells, np.flatnonzero(region.labels))
    assert set(region.deposits["status"]) <= {"Deposit", "Occurrence"}


def test_the_number_of_deposits_is_what_the_probabilities_say(region):
    p = region.probability
    deviation = np.sqrt((p * (1 - p)).sum())
    assert abs(region.labels.sum() - p.sum()) < 4 * deviation


def test_the_prevalence_is_met_given_the_layers(region):
    assert region.probability_given_layers.mean() == pytest.approx(0.02, rel=1e-6)


def test_the_two_truths_differ_by_the_hidden_field_alone(region):
    known = simulate_region(3, SHAPE, prevalence=0.02, hidden=0.0)
    np.testing.assert_allclose(known.probability, known.probability_given_layers, rtol=1e-9)
    difference = logit(region.probability) - logit(known.probability) - region.hidden
    assert np.ptp(difference) < 1e-9


def test_the_probability_given_the_layers_is_calibrated():
    # Cells of five regions by decile: what was drawn with, against what the layers say.
    regions = [simulate_region(seed, SHAPE, prevalence=0.02) for seed in range(5)]
    given = np.concatenate([r.probability_given_layers.ravel() for r in regions])
    true = np.concatenate([r.probability.ravel() for r in regions])
    for part in np.array_split(np.argsort(given), 10):
        assert true[part].mean() == pytest.approx(given[part].mean(), rel=0.15)


def test_the_layers_tell_much_but_not_all(region):
    aucs = [
        expected_auc(values, region.probability)
        for values in (region.probability_given_layers, region.probability)
    ]
    assert 0.75 < aucs[0] < aucs[1] < 0.97


def test_one_seed_gives_one_region(region):
    again = simulate_region(3, SHAPE, prevalence=0.02)
    np.testing.assert_array_equal(again.probability, region.probability)
    assert again.deposits.equals(region.deposits)
    for one, other in zip(again.layers, region.layers, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    assert not np.array_equal(simulate_region(4, SHAPE).labels, region.labels)


def test_irrelevant_layers_change_nothing_else(region):
    more = simulate_region(3, SHAPE, prevalence=0.02, irrelevant_layers=3)
    assert len(more.layers) == len(region.layers) + 3
    np.testing.assert_array_equal(more.probability, region.probability)
    np.testing.assert_array_equal(more.probability_given_layers, region.probability_given_layers)
    value = layer(more, "irrelevant_02").values
    assert value.std() == pytest.approx(1.0, abs=0.4)


def test_an_independent_layer_can_be_omitted(region):
    less = simulate_region(3, SHAPE, prevalence=0.02, omit=["conductivity"])
    assert len(less.layers) == len(region.layers) - 1
    np.testing.assert_array_equal(less.probability, region.probability)
    assert less.probability_given_layers.mean() == pytest.approx(0.02, rel=0.05)
    with_it = expected_auc(region.probability_given_layers, region.probability)
    assert expected_auc(less.probability_given_layers, region.probability) < with_it


def test_deposits_can_depend_on_fewer_layers():
    few = simulate_region(3, SHAPE, prevalence=0.02, relevant=["copper"], hidden=0)
    seen = align(layer(few, "copper"), few.grid)
    p = few.probability_given_layers
    known = np.isfinite(seen)
    order = np.argsort(seen[known])
    assert (np.diff(p[known][order]) >= 0).all()
    assert p.mean() == pytest.approx(0.02)
    np.testing.assert_allclose(p, few.probability)


def test_a_layer_that_others_tell_of_can_be_omitted(region):
    less = simulate_region(3, SHAPE, prevalence=0.02, omit=["copper", "faults"])
    assert less.faults is None
    assert "copper" not in {shown.name for shown in less.layers}
    assert less.probability_given_layers is None
    np.testing.assert_array_equal(less.probability, region.probability)


def test_other_cells_and_places_are_possible():
    region = simulate_region(1, (40, 30), 1000.0, prevalence=0.05, crs="EPSG:7845")
    assert region.grid.shape == (40, 30)
    assert region.grid.resolution.x == 1000.0
    assert region.deposits.crs == "EPSG:7845"
    assert layer(region, "magnetics").grid.resolution.x == 500.0


def test_prevalence_shifts_every_probability_up(region):
    more = simulate_region(3, SHAPE, prevalence=0.05)
    assert (more.probability > region.probability).all()
    assert np.ptp(logit(more.probability) - logit(region.probability)) < 1e-9
    assert expit(0) > more.probability_given_layers.mean() == pytest.approx(0.05, rel=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prevalence": 0.0}, "prevalence = 0: give a probability between 0 and 1"),
        ({"hidden": -1.0}, "hidden = -1: a standard deviation cannot be negative"),
        ({"relevant": ["coper"]}, "relevant: there is no layer coper; there are magnetics"),
        ({"relevant": ["zinc"]}, "relevant: no deposit depends on these layers alone; choose"),
        ({"omit": ["coper"]}, "omit: there is no layer coper; there are magnetics, gravity,"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ConfigurationError) as error:
        simulate_region(1, (20, 20), **options)
    assert str(error.value).startswith(message)
