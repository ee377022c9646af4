import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.errors import ConfigurationError, DepositError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.labels.deposit_density import DEPOSIT_DENSITY
from mineral_prospectivity.scoring.baselines import (
    BASELINES,
    baseline_predictions,
    boosted_trees,
    learners,
)
from mineral_prospectivity.scoring.ranking import roc_auc

BANDS = (Band("gravity"), Band("magnetics"), Band("granite", kind="fraction"))


def region(side=32, seed=0):
    rng = np.random.default_rng(seed)
    cell = np.arange(side * side)
    x, y = cell % side * 1000.0 + 500, cell // side * 1000.0 + 500
    evidence = np.column_stack([rng.normal(size=(side * side, 2)), rng.random(side * side)])
    chance = np.exp(1.5 * evidence[:, 0] + evidence[:, 2])
    labels = np.zeros(len(cell), dtype=np.int8)
    labels[rng.choice(len(cell), 60, replace=False, p=chance / chance.sum())] = 1
    evidence[rng.random(evidence.shape) < 0.05] = np.nan
    block = (x // 8000).astype(int) + 4 * (y // 8000).astype(int)
    cells = pd.DataFrame({
        "cell": cell, "x": x, "y": y, "label": labels, "deposits": labels,
        "fold": block % 3, "training": True, "weight": 1.0,
    })  # fmt: skip
    return evidence.astype(np.float32), cells


OVERCONFIDENT = ("lightgbm_default", "weights_of_evidence")
"""Trees that overfit, and weights that add up as if layers were independent."""


@pytest.mark.usefixtures("small_models")
def test_every_baseline_gives_probabilities_of_the_right_mean():
    evidence, cells = region()
    found = baseline_predictions(evidence, BANDS, cells)
    assert list(found) == ["cell", *BASELINES]
    for name in BASELINES:
        p = found[name]
        assert ((p > 0) & (p < 1)).all(), name
        tolerance = 0.6 if name in OVERCONFIDENT else 0.25
        assert p.mean() == pytest.approx(cells["label"].mean(), rel=tolerance), name
    for name in BASELINES.keys() - {"prevalence", "distance"}:
        assert roc_auc(cells["label"], found[name]) > (
            0.6 if name == "weights_of_evidence" else 0.65
        ), name


def test_a_fold_knows_the_density_without_it_and_without_each_other_fold(monkeypatch):
    evidence, cells = region()
    known = pd.DataFrame({"deposit_density": 0.0, **{
        f"deposit_density_without_{folds}": float(number)
        for number, folds in enumerate(("0", "1", "2", "0_1", "0_2", "1_2"), start=1)
    }}, index=cells.index)  # fmt: skip
    seen = {}

    def remember(fold):
        seen[fold.number] = fold
        return np.full(len(fold.held_out_evidence), 0.1)

    monkeypatch.setitem(BASELINES, "probe", remember)
    table = known.assign(gravity=evidence[:, 0])
    baseline_predictions(table, (Band("gravity"), DEPOSIT_DENSITY), cells, ["probe"])
    assert [set(seen[fold].evidence[:, 1]) for fold in range(3)] == [{1.0}, {2.0}, {3.0}]
    told = [{other: set(of) for other, of in seen[fold].densities.items()} for fold in range(3)]
    assert told == [{1: {4.0}, 2: {5.0}}, {0: {4.0}, 2: {6.0}}, {0: {5.0}, 1: {6.0}}]


@pytest.fixture
def small_models(monkeypatch):
    monkeypatch.setattr(boosted_trees, "GRID", boosted_trees.GRID[::5])
    monkeypatch.setattr(learners, "_FORESTS", 2)
    monkeypatch.setattr(learners, "_BACKGROUND", 300)


@pytest.mark.usefixtures("small_models")
def test_a_label_of_the_held_out_fold_changes_none_of_its_predictions():
    evidence, cells = region()
    held_out = cells["fold"] == 1
    other = cells.copy()
    other.loc[held_out, "label"] = 1 - other.loc[held_out, "label"]
    one, two = (baseline_predictions(evidence[::2], BANDS, table[::2]) for table in (cells, other))
    held_out = held_out[::2].to_numpy()
    pd.testing.assert_frame_equal(one[held_out], two[held_out])


def test_an_exclusion_zone_does_not_raise_the_rates():
    evidence, cells = region()
    drawn = np.random.default_rng(1).random(len(cells)) < 0.4
    zone = cells.assign(training=cells["label"].eq(1) | ~drawn)
    names = ["prevalence", "logistic_regression"]
    one, two = (baseline_predictions(evidence, BANDS, table, names) for table in (cells, zone))
    np.testing.assert_allclose(two["prevalence"], one["prevalence"], rtol=1e-12)
    assert two["logistic_regression"].mean() == pytest.approx(cells["label"].mean(), rel=0.05)


def test_cells_kept_out_of_training_teach_nothing_but_are_predicted():
    evidence, cells = region()
    excluded = cells["fold"].eq(0) & cells["label"].eq(0) & (cells["x"] < 4000)
    cells.loc[excluded, "training"] = False
    garbled = evidence.copy()
    garbled[excluded] = 50
    names = ["logistic_regression", "lightgbm"]
    one, two = (baseline_predictions(table, BANDS, cells, names) for table in (evidence, garbled))
    rest = cells["fold"] != 0
    pd.testing.assert_frame_equal(one[rest], two[rest])
    assert one.notna().all(axis=None)


@pytest.mark.usefixtures("small_models")
def test_predictions_repeat_whatever_the_number_of_threads():
    evidence, cells = region()
    one, two = (
        baseline_predictions(evidence[::2], BANDS, cells[::2], seed=4, jobs=j) for j in (1, 2)
    )
    pd.testing.assert_frame_equal(one, two)


def test_a_table_of_evidence_is_read_by_the_names_of_the_bands():
    evidence, cells = region()
    names = [band.name for band in BANDS]
    table = pd.DataFrame(evidence, columns=names).assign(cell=cells["cell"])
    shuffled = table[["granite", "cell", "magnetics", "gravity"]]
    one = baseline_predictions(evidence, BANDS, cells, ["logistic_regression"])
    pd.testing.assert_frame_equal(
        one, baseline_predictions(shuffled, BANDS, cells, ["logistic_regression"])
    )


@pytest.mark.usefixtures("small_models")
def test_a_band_without_a_value_is_no_obstacle():
    evidence, cells = region()
    evidence[:, 1] = np.nan
    evidence[cells["fold"] != 0, 2] = np.nan  # known in the held-out fold alone
    assert baseline_predictions(evidence, BANDS, cells).notna().all(axis=None)


def test_the_prevalence_is_weighted_and_of_the_other_folds():
    evidence, cells = region()
    cells["weight"] = np.where(cells["label"] == 1, 1.0, 3.0)
    found = baseline_predictions(evidence, BANDS, cells, ["prevalence"])["prevalence"]
    others = cells[cells["fold"] != 2]
    expected = np.average(others["label"], weights=others["weight"])
    np.testing.assert_allclose(found[cells["fold"] == 2], expected)


def test_distance_falls_with_the_distance_to_other_folds_deposits():
    evidence, cells = region()
    # Deposits gather round one centre, so that being near one of another fold means something.
    near = np.hypot(cells["x"] - 16_000, cells["y"] - 16_000).rank() <= 80
    cells["label"] = near.astype(int)
    found = baseline_predictions(evidence, BANDS, cells, ["distance"])["distance"]
    fold = cells["fold"] == 0
    deposits = cells[~fold & near]
    gap = np.hypot(
        cells.loc[fold, "x"].to_numpy()[:, None] - deposits["x"].to_numpy(),
        cells.loc[fold, "y"].to_numpy()[:, None] - deposits["y"].to_numpy(),
    ).min(axis=1)
    order = np.argsort(gap)
    assert (np.diff(found[fold].to_numpy()[order]) <= 1e-12).all()
    assert found[fold].max() > 5 * found[fold].min()


def test_a_baseline_that_there_is_none_of_is_named():
    evidence, cells = region()
    with pytest.raises(ConfigurationError, match=r"no such model \['svm'\]; there are prevalence,"):
        baseline_predictions(evidence, BANDS, cells, ["svm"])


def test_a_fold_that_holds_every_deposit_is_named():
    evidence, cells = region()
    cells.loc[cells["fold"] != 1, "label"] = 0
    with pytest.raises(DepositError, match=r"without fold 2 the \d+ training cells hold 0 deposit"):
        baseline_predictions(evidence, BANDS, cells, ["prevalence"])


def test_distance_needs_deposits_in_two_other_folds():
    evidence, cells = region()
    cells.loc[cells["fold"] == 2, "label"] = 0
    with pytest.raises(DepositError, match="distance: without folds 1 and 2 there is no deposit"):
        baseline_predictions(evidence, BANDS, cells, ["distance"])
