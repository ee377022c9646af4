import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from mineral_prospectivity.scoring.classification import (
    Confusion,
    best_f1_threshold,
    confusion,
    held_out_confusion,
)
from mineral_prospectivity.scoring.sample import UndefinedMetricError


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(1, 3)), min_size=1).filter(
        lambda rows: any(label for label, _, _ in rows)
    )
)
def test_no_other_threshold_has_a_larger_f1(rows):
    y, s, w = (np.array(column, dtype=float) for column in zip(*rows, strict=True))

    def f1(threshold):
        return f1_score(y, s >= threshold, sample_weight=w)

    best = best_f1_threshold(y, s, w)
    assert f1(best) == pytest.approx(max(f1(t) for t in np.unique(s)), abs=1e-12)


def test_the_matrix_and_its_scores_by_hand():
    found = confusion([1, 1, 0, 0], [1, 0, 1, 0], [1, 2, 3, 4])
    assert found == Confusion(1, 3, 2, 4)
    assert (found.precision, found.recall, found.f1) == pytest.approx((1 / 4, 1 / 3, 2 / 7))


def test_each_fold_is_judged_at_the_threshold_of_the_others():
    labels = [1, 0, 0, 1, 0, 0]
    scores = [0.9, 0.5, 0.1, 0.4, 0.3, 0.2]
    found, thresholds = held_out_confusion(labels, scores, [0, 0, 0, 1, 1, 1])
    assert thresholds == {0: 0.4, 1: 0.9}
    # Fold 0 at 0.4 calls its deposit and one background cell; fold 1 at 0.9 calls none.
    assert found == Confusion(1, 1, 1, 3)


def test_thresholds_that_cannot_be_chosen_say_why():
    with pytest.raises(UndefinedMetricError, match="there is one fold alone"):
        held_out_confusion([1, 0], [0.9, 0.1], [0, 0])
    with pytest.raises(UndefinedMetricError, match="no deposit cell to choose a threshold on"):
        held_out_confusion([1, 0, 0], [0.9, 0.1, 0.2], [0, 0, 1])


def test_precision_is_undefined_where_nothing_is_called():
    with pytest.raises(UndefinedMetricError, match="no cell is called prospective"):
        _ = confusion([1, 0], [0, 0]).precision
