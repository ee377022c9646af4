import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mineral_prospectivity.scoring.ranking import average_precision, roc_auc
from mineral_prospectivity.scoring.sample import UndefinedMetricError

cells = st.lists(
    st.tuples(st.booleans(), st.integers(0, 5), st.integers(1, 3)), min_size=2, max_size=25
).filter(lambda rows: len({label for label, _, _ in rows}) == 2)


def split(rows):
    labels, scores, weights = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return labels, scores / 5, weights


@given(cells)
def test_auc_is_the_share_of_pairs_that_are_won(rows):
    y, s, w = split(rows)
    won = (s[y == 1, None] > s[y == 0]) + 0.5 * (s[y == 1, None] == s[y == 0])
    pairs = w[y == 1, None] * w[y == 0]
    assert roc_auc(y, s, w) == pytest.approx((won * pairs).sum() / pairs.sum(), abs=1e-12)


@given(cells)
def test_a_weight_is_that_many_cells(rows):
    y, s, w = split(rows)
    repeated = [np.repeat(values, w.astype(int)) for values in (y, s)]
    assert roc_auc(y, s, w) == pytest.approx(roc_auc(*repeated), abs=1e-12)
    assert average_precision(y, s, w) == pytest.approx(average_precision(*repeated), abs=1e-12)


def test_constant_scores_rank_nothing():
    labels = np.array([1, 0, 0, 0])
    assert roc_auc(labels, np.ones(4)) == 0.5
    assert average_precision(labels, np.ones(4)) == 0.25


@pytest.mark.parametrize(("label", "missing"), [(0, "deposit"), (1, "background")])
@pytest.mark.parametrize("score", [roc_auc, average_precision])
def test_one_class_ranks_nothing_and_says_which_is_missing(score, label, missing):
    with pytest.raises(UndefinedMetricError, match=f"there is no {missing} cell"):
        score([label, label], [0.1, 0.2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0.1, 0.2, 0.3]), r"scores has shape \(3,\); expected one value for each"),
        (([0, 1], [0.1, np.nan]), "scores: 1 of 2 are not finite"),
        (([0, 1], [0.1, 0.2], [1, -1]), "weights: the smallest is -1; a weight counts cells"),
        (([0, 1], [0.1, 0.2], [0, 0]), "there are no cells"),
    ],
)
def test_cells_that_cannot_be_scored_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        roc_auc(*arguments)


def test_cells_of_no_weight_count_for_nothing():
    assert roc_auc([0, 1, 1], [0.5, 0.9, 0.1], [1, 1, 0]) == 1
