import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from mineral_prospectivity.scoring.sample import UndefinedMetricError
from mineral_prospectivity.scoring.selective import augrc, aurc, spearman

rows = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 3)), min_size=3, max_size=30
)


@given(rows.filter(lambda r: len({a for a, _, _ in r}) > 1 and len({b for _, b, _ in r}) > 1))
def test_spearman_is_scipys_with_a_weight_for_that_many_cells(pairs):
    a, b, w = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    repeated = [np.repeat(values, w.astype(int)) for values in (a, b)]
    assert spearman(a, b, w) == pytest.approx(spearmanr(*repeated).statistic, abs=1e-12)


@given(rows)
def test_areas_agree_with_the_integral_of_their_curves(pairs):
    losses, uncertainty, w = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    # Cells that shrink to slices: within a tie every slice carries the group's mean loss.
    mean = np.array(
        [np.average(losses[t], weights=w[t]) for t in uncertainty == uncertainty[:, None]]
    )
    slices = 2000
    order = np.argsort(uncertainty, kind="stable")
    step = np.repeat(w[order], slices) / slices / w.sum()
    joint = np.cumsum(step * np.repeat(mean[order], slices))
    coverage = np.cumsum(step)
    assert augrc(losses, uncertainty, w) == pytest.approx((joint * step).sum(), abs=6e-3)
    assert aurc(losses, uncertainty, w) == pytest.approx((joint / coverage * step).sum(), abs=6e-3)


def test_four_cells_by_hand():
    losses, uncertainty = [0, 0, 1, 1], [1, 2, 3, 4]
    assert augrc(losses, uncertainty) == pytest.approx(0.125)
    # From c = 1/2 on the mean loss of the accepted is (c - 1/2) / c.
    assert aurc(losses, uncertainty) == pytest.approx(0.5 - 0.5 * np.log(2))


def test_a_blind_uncertainty_gives_the_mean_loss_and_half_of_it():
    losses = np.random.default_rng(0).random(100)
    assert aurc(losses, np.ones(100)) == pytest.approx(losses.mean())
    assert augrc(losses, np.ones(100)) == pytest.approx(losses.mean() / 2)


def test_the_right_order_is_best():
    losses = np.random.default_rng(0).random(200)
    for area in (aurc, augrc):
        assert area(losses, losses) < area(losses, np.ones(200)) < area(losses, -losses)


def test_a_constant_has_no_rank():
    with pytest.raises(UndefinedMetricError, match="the same in every cell"):
        spearman([1, 1], [1, 2])
