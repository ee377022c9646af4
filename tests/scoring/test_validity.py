import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.scoring.validity import AreaOfApplicability, Ground, check_validity
from mineral_prospectivity.scoring.validity.applicability import FeatureSpace, area_mask
from mineral_prospectivity.scoring.validity.dispersion import block_dispersion
from mineral_prospectivity.scoring.validity.distances import (
    DistanceComparison,
    held_out_distance,
    nearest_distance,
)
from mineral_prospectivity.scoring.validity.optimism import random_folds

ONES = np.ones(2)


def test_w_is_the_shift_between_two_distributions():
    near = np.array([1.0, 2.0, 3.0])
    found = DistanceComparison(near + 4, near)
    assert found.statistic == pytest.approx(4, abs=1e-12)
    assert found.harder
    assert DistanceComparison(near, near).statistic == 0
    assert DistanceComparison(near, near).harder is None


def test_folds_are_harder_by_the_median_that_is_printed():
    """A few cells far away move the mean, and say nothing of most cells."""
    held_out, to_predict = np.array([1.0, 2.0, 90.0]), np.array([3.0, 4.0, 5.0])
    found = DistanceComparison(held_out, to_predict).to_dict()
    assert held_out.mean() > to_predict.mean()
    assert found["held_out"]["median"] < found["to_predict"]["median"]
    assert found["harder"] is False


def test_a_held_out_point_is_measured_to_other_folds_alone():
    line = np.arange(6.0)[:, None]
    folds = np.array([0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(held_out_distance(line, folds, line, folds), [3, 2, 1, 1, 2, 3])
    np.testing.assert_allclose(nearest_distance(line + 0.25, line), 0.25)


@pytest.mark.parametrize("dimensions", [2, 12])
def test_a_tree_and_all_pairs_give_the_same_distances(dimensions):
    rng = np.random.default_rng(0)
    points, training = rng.normal(size=(40, dimensions)), rng.normal(size=(60, dimensions))
    expected = np.linalg.norm(points[:, None] - training, axis=2).min(axis=1)
    np.testing.assert_allclose(nearest_distance(points, training), expected, rtol=1e-9)


def test_a_space_standardises_and_weighs_and_puts_missing_values_in_the_middle():
    evidence = np.array([[0.0, 5.0, 1.0], [2.0, 5.0, np.nan], [4.0, 5.0, 3.0]])
    space = FeatureSpace.fit(evidence, np.array([3.0, 2.0, 1.0]))
    assert space.used.tolist() == [0, 2]  # the second says nothing
    placed = space.place(evidence)
    np.testing.assert_allclose(placed[:, 0], 1.5 * np.array([-1, 0, 1]) * np.sqrt(1.5))
    np.testing.assert_allclose(placed[:, 1], [-0.5, 0, 0.5])


def test_bands_weigh_the_same_where_none_has_importance():
    evidence = np.random.default_rng(0).normal(size=(50, 2))
    np.testing.assert_allclose(
        FeatureSpace.fit(evidence, np.zeros(2)).scale, 1 / evidence.std(axis=0)
    )


def area_of_a_line():
    """Ten training cells a unit apart, folds alternating: each is 1 from one of the other fold."""
    evidence = np.column_stack([np.arange(10.0), np.zeros(10)])
    return evidence, AreaOfApplicability.fit(evidence, np.arange(10) % 2, ONES)


def test_dissimilarity_is_in_units_of_the_mean_distance_between_training_cells():
    _, area = area_of_a_line()
    mean = 11 / 3  # of |i - j| over i != j of 0..9
    np.testing.assert_allclose(area.threshold, 1 / mean)
    found = area.dissimilarity(np.array([[4.5, 0.0], [9.0, 0.0], [12.0, 0.0]]))
    np.testing.assert_allclose(found, np.array([0.5, 0, 3]) / mean, atol=1e-12)


def test_an_outlier_does_not_widen_the_area():
    evidence = np.column_stack([np.append(np.arange(30.0), 500), np.zeros(31)])
    area = AreaOfApplicability.fit(evidence, np.arange(31) % 2, ONES)
    assert area.threshold * area.unit == pytest.approx(1 / evidence[:, 0].std())


def test_the_mask_names_inside_outside_and_no_data():
    _, area = area_of_a_line()
    grid = make_grid("EPSG:32633", 100.0, (0, 0, 300, 100))
    values = np.array([[[4.0, 40.0, np.nan]], [[0.0, 0.0, np.nan]]], dtype=np.float32)
    raster = Raster(grid, (Band("a"), Band("b")), lambda window: values[:, *window.slices])
    unlike = area.map(raster, min_coverage=0.5)
    np.testing.assert_allclose(unlike.array(), [[[0, 31, np.nan]]])  # spacings: the threshold is 1
    mask = area_mask(unlike)
    assert mask.array().tolist() == [[[1, 2, 0]]]
    assert mask.array().dtype == np.uint8
    assert dict(mask.categories)[2].startswith("outside")


def lattice(side=60, size=1000.0):
    cell = np.arange(side * side)
    return cell % side * size + size / 2, cell // side * size + size / 2


def test_labels_drawn_from_p_are_dispersed_by_chance_alone():
    rng = np.random.default_rng(1)
    x, y = lattice()
    p = expit(rng.normal(-3, 1, len(x)))
    inside = []
    for _ in range(20):
        found = block_dispersion(rng.random(len(p)) < p, p, x, y, block_size=10_000)
        inside.append(found.null_low <= found.value <= found.null_high)
    assert found.blocks == 36
    assert np.mean(inside) >= 0.8
    assert (found.null_low + found.null_high) / 2 == pytest.approx(1, abs=0.15)


def test_a_layer_that_is_missing_shows():
    rng = np.random.default_rng(2)
    x, y = lattice()
    hidden = 1.5 * np.sin(x / 8000) * np.sin(y / 8000)
    labels = rng.random(len(x)) < expit(-3 + hidden)
    p = np.full(len(x), labels.mean())
    assert block_dispersion(labels, p, x, y, block_size=10_000).excessive


def sampled(labels, share, rng):
    """Return which cells stay of a sampled background, and the cells that each stands for."""
    kept = (labels == 1) | (rng.random(len(labels)) < share)
    background = labels == 0
    return kept, np.where(labels == 1, 1.0, background.sum() / (background & kept).sum())[kept]


def test_a_sampled_background_is_dispersed_as_the_whole():
    rng = np.random.default_rng(7)
    x, y = lattice(100)
    p = expit(-5 + np.sin(x / 40_000))
    found = []
    for seed in range(5):
        labels = (rng.random(len(p)) < p).astype(int)
        kept, w = sampled(labels, 0.25, rng)
        part = labels[kept], p[kept], x[kept], y[kept]
        found.append([
            block_dispersion(labels, p, x, y, block_size=20_000, seed=seed),
            block_dispersion(*part, block_size=20_000, weights=w, seed=seed),
        ])  # fmt: skip
    for name in ("value", "null_low", "null_high"):
        whole, sample = np.mean([[getattr(o, name) for o in pair] for pair in found], axis=0)
        assert sample == pytest.approx(whole, rel=0.15)


def test_a_missing_layer_shows_on_a_sampled_background_too():
    rng = np.random.default_rng(2)
    x, y = lattice(100)
    labels = rng.random(len(x)) < expit(-5 + 2.5 * np.sin(x / 8000) * np.sin(y / 8000))
    p = np.full(len(x), labels.mean())
    kept, w = sampled(labels, 0.25, rng)
    whole = block_dispersion(labels, p, x, y, block_size=10_000)
    part = block_dispersion(labels[kept], p[kept], x[kept], y[kept], block_size=10_000, weights=w)
    assert whole.excessive
    assert part.excessive
    assert part.value == pytest.approx(whole.value, rel=0.2)


def test_dispersion_of_one_block_is_the_squared_residual_over_its_variance():
    x, y = lattice(4)
    labels = np.zeros(16)
    labels[:3] = 1
    found = block_dispersion(labels, np.full(16, 0.25), x, y, block_size=1e6)
    assert found.value == pytest.approx((3 - 4) ** 2 / (16 * 0.25 * 0.75))


def test_a_cluster_counts_once_shared_among_its_cells():
    """Three cells of one cluster, and one of another: two clusters where p says 2 of 4."""
    x, y = lattice(4)
    labels, clusters = np.zeros(16), np.full(16, -1)
    labels[[0, 1, 2, 9]], clusters[[0, 1, 2, 9]] = 1, [7, 7, 7, 8]
    p = np.full(16, 0.25)
    found = block_dispersion(labels, p, x, y, block_size=1e6, clusters=clusters)
    assert found.value == pytest.approx(0, abs=1e-12)
    halves = block_dispersion(labels, p, x, y, block_size=2000, clusters=clusters)
    observed = np.array([2 / 3, 1 / 3, 1, 0])  # of the four quarters; p / 2 says 0.5 in each
    assert halves.value == pytest.approx(np.mean((observed - 0.5) ** 2) / (4 * 0.125 * 0.875))


def test_random_folds_share_out_the_deposits():
    cells = pd.DataFrame({"label": np.repeat([1, 0], [10, 90]), "fold": np.arange(100) % 5})
    fold = random_folds(cells, seed=3)
    assert np.bincount(fold).tolist() == [20] * 5
    assert np.bincount(fold[:10]).tolist() == [2] * 5
    assert not np.array_equal(fold, random_folds(cells, seed=4))


@pytest.fixture(scope="module")
def checked():
    rng = np.random.default_rng(5)
    x, y = lattice(40)
    evidence = np.column_stack([rng.normal(size=len(x)), x / 4000]).astype(np.float32)
    p = expit(-4 + 1.5 * evidence[:, 0])
    labels = (rng.random(len(x)) < p).astype(np.int8)
    cells = pd.DataFrame({
        "cell": np.arange(len(x)), "x": x, "y": y, "label": labels, "training": True,
        "cluster": np.where(labels == 1, np.arange(len(x)), -1),
        "weight": 1.0, "fold": (x // 10_000).astype(np.int8),
    })  # fmt: skip
    ground = Ground(np.column_stack([x, y])[::7], evidence[::7])
    bands = (Band("gravity"), Band("magnetics"))
    return check_validity(cells, evidence, bands, ground, p, block_size=10_000, seed=0)


def test_the_document_is_strict_json(checked):
    found, _ = checked
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) == {"distances", "optimism", "applicability", "dispersion"}


def test_strips_that_are_held_out_whole_are_harder_than_the_map(checked):
    found, _ = checked
    on_the_ground = found["distances"]["cells"]["geographic"]
    assert on_the_ground["harder"]
    assert on_the_ground["to_predict"]["high"] == 0  # every cell of the map is a training cell
    assert on_the_ground["held_out"]["low"] >= 1000
    assert found["dispersion"]["blocks"] == 16


def test_importance_is_a_share_and_finds_the_band_that_matters(checked):
    found, area = checked
    importance = found["applicability"]["importance"]
    assert sum(importance.values()) == pytest.approx(1)
    assert importance["gravity"] > importance["magnetics"]
    assert 0 <= found["applicability"]["share_outside"] < 0.1
    far = area.dissimilarity(np.array([[30.0, 5.0]]))
    assert far[0] > area.threshold


def test_the_area_knows_no_cell_that_no_fit_is_trained_on():
    """A zone whose rock occurs nowhere else, excluded around the deposits, lies outside."""
    rng = np.random.default_rng(8)
    x, y = lattice(40)
    excluded = (np.abs(x - 20_000) < 3000) & (np.abs(y - 20_000) < 3000)
    evidence = rng.normal(size=(len(x), 2)).astype(np.float32)
    evidence[excluded] += 30
    labels = np.where(excluded, 0, rng.random(len(x)) < expit(2 * evidence[:, 0] - 4)).astype(int)
    cells = pd.DataFrame({
        "cell": np.arange(len(x)), "x": x, "y": y, "label": labels, "training": ~excluded,
        "cluster": np.where(labels == 1, np.arange(len(x)), -1),
        "weight": 1.0, "fold": (x // 10_000).astype(np.int8),
    })  # fmt: skip
    ground = Ground(np.column_stack([x, y]), evidence)
    bands, p = (Band("gravity"), Band("magnetics")), np.full(len(x), labels.mean())
    found, area = check_validity(cells, evidence, bands, ground, p, block_size=10_000, seed=0)
    outside = area.dissimilarity(evidence) > area.threshold
    assert outside[excluded].all()
    assert found["applicability"]["share_outside"] == outside.mean() < excluded.mean() + 0.05
