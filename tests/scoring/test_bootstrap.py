import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mineral_prospectivity.scoring.bootstrap import bootstrap_scores
from mineral_prospectivity.scoring.brier import brier_score
from mineral_prospectivity.scoring.capture import capture
from mineral_prospectivity.scoring.kernels import SegmentTable
from mineral_prospectivity.scoring.likelihood import negative_log_likelihood
from mineral_prospectivity.scoring.ranking import average_precision, roc_auc
from mineral_prospectivity.scoring.resampling import resampling_units
from mineral_prospectivity.scoring.sample import UndefinedMetricError

AREAS = (0.02, 0.1, 0.5)


def region(cells=400, deposits=24, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.zeros(cells)
    labels[rng.choice(cells, deposits, replace=False)] = 1
    clusters = np.where(labels == 1, rng.integers(0, deposits // 3, cells), -1)
    return {
        "labels": labels,
        "clusters": clusters,
        "deposits": labels * rng.integers(0, 3, cells) + (np.arange(cells) == labels.argmax()),
        "weights": np.where(labels == 1, 1.0, rng.choice([1.0, 2.5], cells)),
        "x": rng.uniform(0, 1000, cells),
        "y": rng.uniform(0, 1000, cells),
        "score": rng.random(cells) + labels * 0.4,
    }


def units_of(cells, block_size):
    return resampling_units(cells["labels"], cells["clusters"], cells["x"], cells["y"], block_size)


@given(st.integers(0, 1000), st.sampled_from([None, 300.0]), st.sampled_from([2, 10, 1000]))
@settings(max_examples=30, deadline=None)
def test_kernels_agree_with_the_plain_scores(seed, block_size, levels):
    c = region(seed=seed)
    p = np.ceil(c["score"] / 1.4 * levels) / (levels + 1)  # few levels: many ties
    units = units_of(c, block_size)
    drawn = units.draw(5, seed)
    table = SegmentTable.of(c["labels"], p, c["deposits"], c["weights"], units)
    found = table.scores(drawn, AREAS)
    for r in range(5):
        often = drawn[units.unit, r]
        w = c["weights"] * often
        expected = {
            "roc_auc": roc_auc(c["labels"], p, w),
            "average_precision": average_precision(c["labels"], p, w),
            "nll": negative_log_likelihood(c["labels"], p, w),
            "brier": brier_score(c["labels"], p, w),
        }
        if (c["deposits"] * often).sum():
            expected |= {f"capture@{a:g}": capture(p, c["deposits"] * often, a, w) for a in AREAS}
        for name, value in expected.items():
            assert found[name][r] == pytest.approx(value, abs=1e-12), name


def test_clusters_are_drawn_whole_and_background_stays_unless_blocks_are_asked_for():
    c = region()
    fixed = units_of(c, None)
    drawn = fixed.draw(100, 0)
    assert fixed.count == fixed.clusters + 1
    assert (drawn[-1] == 1).all()
    assert (drawn[:-1].sum(axis=0) == fixed.clusters).all()
    for cluster in np.unique(c["clusters"][c["labels"] == 1]):
        inside = (c["clusters"] == cluster) & (c["labels"] == 1)
        assert len(np.unique(fixed.unit[inside])) == 1
    blocks = units_of(c, 250.0)
    assert blocks.blocks == 16
    assert (blocks.draw(100, 0)[blocks.clusters :].sum(axis=0) == 16).all()


def run(c, models, block_size=None, replicates=400, **options):
    return bootstrap_scores(
        c["labels"], models, c["deposits"], c["weights"], units_of(c, block_size),
        reference="a", capture_areas=AREAS, replicates=replicates, **options,
    )  # fmt: skip


def test_values_are_those_of_the_cells_and_lie_in_their_intervals():
    c = region()
    p = c["score"] / 2
    found = run(c, {"a": p}).intervals["a"]
    assert found["roc_auc"].value == pytest.approx(roc_auc(c["labels"], p, c["weights"]))
    assert found["nll"].value == pytest.approx(
        negative_log_likelihood(c["labels"], p, c["weights"])
    )
    for interval in found.values():
        assert interval.low <= interval.value <= interval.high


def test_a_model_differs_from_itself_by_nothing_and_shares_every_replicate():
    c = region()
    found = run(c, {"a": c["score"] / 2, "b": c["score"] / 2}).differences["b"]
    for gap in found.values():
        assert (gap.value, gap.low, gap.high, gap.share_better) == (0, 0, 0, 0.5)


def test_the_better_model_is_better_in_the_sense_of_each_score():
    c = region(4000, 90)
    good = np.where(c["labels"] == 1, 0.3, 0.02) + c["score"] / 100
    found = run(c, {"a": good, "b": c["score"] / 2}).differences["b"]
    assert found["roc_auc"].low > 0
    assert found["nll"].high < 0
    assert found["nll"].share_better == found["roc_auc"].share_better == 1


def test_the_same_seed_gives_the_same_interval_and_a_higher_level_a_wider_one():
    c = region()
    models = {"a": c["score"] / 2}
    assert run(c, models, seed=1) == run(c, models, seed=1)
    assert run(c, models, seed=1) != run(c, models, seed=2)
    wide, narrow = (
        run(c, models, confidence=level).intervals["a"]["roc_auc"] for level in (0.99, 0.8)
    )
    assert wide.high - wide.low > narrow.high - narrow.low


def test_the_interval_of_auc_covers_as_often_as_it_says():
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        labels = np.repeat([1.0, 0.0], [60, 3000])
        score = rng.normal(labels, 1)
        units = resampling_units(labels, np.where(labels == 1, np.arange(3060), -1))
        interval = bootstrap_scores(
            labels, {"a": 1 / (1 + np.exp(-score))}, labels, np.ones(3060), units,
            reference="a", replicates=200, confidence=0.9, seed=seed,
        ).intervals["a"]["roc_auc"]  # fmt: skip
        hits += interval.low <= 0.76025 <= interval.high  # Phi(1 / sqrt 2)
    assert 48 <= hits <= 60


def test_an_infinite_likelihood_is_left_out_and_the_rest_stays():
    c = region()
    p = np.where(np.arange(400) == c["labels"].argmax(), 0.0, c["score"] / 2)
    found = run(c, {"a": p}).intervals["a"]
    assert "nll" not in found
    assert "brier" in found


def test_a_bootstrap_without_clusters_says_so():
    labels = np.array([1, 1, 0, 0])
    with pytest.raises(UndefinedMetricError, match="1 deposit clusters: a bootstrap needs"):
        resampling_units(labels, [3, 3, -1, -1])
    with pytest.raises(ValueError, match="1 deposit cells have no cluster"):
        resampling_units(labels, [3, -1, -1, -1])
    with pytest.raises(ValueError, match="block_size needs the coordinates x and y"):
        resampling_units(labels, [3, 4, -1, -1], block_size=10.0)
    units = resampling_units(labels, [3, 4, -1, -1])
    with pytest.raises(ValueError, match="1 cells hold deposits but are not labelled 1"):
        bootstrap_scores(labels, {"a": labels / 2}, [1, 1, 1, 0], np.ones(4), units, reference="a")
