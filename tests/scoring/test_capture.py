import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mineral_prospectivity.scoring.capture import capture, capture_curve, lift
from mineral_prospectivity.scoring.prediction_area import prediction_area
from mineral_prospectivity.scoring.sample import UndefinedMetricError


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=2, max_size=6).filter(
        lambda rows: sum(deposits for _, deposits in rows) > 0
    ),
    st.data(),
)
def test_ties_are_captured_as_on_average_over_their_random_orders(rows, data):
    scores, deposits = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    top = data.draw(st.integers(1, len(rows)))
    found = []
    for order in itertools.permutations(range(len(rows))):
        ranked = sorted(order, key=lambda cell: -scores[cell])  # a stable sort keeps the order
        found.append(deposits[ranked[:top]].sum() / deposits.sum())
    assert capture(scores, deposits, top / len(rows)) == pytest.approx(np.mean(found), abs=1e-12)


def test_deposits_are_counted_not_cells_and_area_not_rows():
    scores = [0.9, 0.5, 0.1]
    assert capture(scores, [3, 0, 1], 1 / 3) == 0.75
    assert capture(scores, [3, 0, 1], 0.5, weights=[1, 1, 2]) == 0.75
    assert capture(scores, [3, 0, 1], 0.75, weights=[1, 1, 2]) == pytest.approx(0.875)


def test_the_curve_rises_from_nothing_to_everything():
    rng = np.random.default_rng(0)
    curve = capture_curve(rng.random(100), rng.poisson(0.3, 100))
    assert (curve.area[0], curve.captured[0]) == (0, 0)
    assert (curve.area[-1], curve.captured[-1]) == pytest.approx((1, 1))
    assert (np.diff(curve.captured) >= 0).all()


def test_a_constant_map_captures_in_proportion_to_the_area():
    assert capture(np.ones(10), np.eye(10)[3], 0.3) == pytest.approx(0.3)
    assert lift(0.3, 0.3) == 1


def test_without_deposits_there_is_nothing_to_capture():
    with pytest.raises(UndefinedMetricError, match="there is no deposit"):
        capture([0.1, 0.2], [0, 0], 0.5)


def test_the_prediction_area_curves_meet_where_their_sum_is_one():
    # One deposit in the best tenth of ten cells, the other in the worst.
    found = prediction_area(capture_curve(np.arange(10)[::-1], np.eye(10)[0] + np.eye(10)[9]))
    assert found.intersection_captured == pytest.approx(0.5)
    assert found.intersection_area == pytest.approx(0.5)
    best = prediction_area(capture_curve(np.arange(10)[::-1], np.eye(10)[0]))
    # The first group rises to (0.1, 1): there captured = 10 * area, so 11 * area = 1.
    assert best.intersection_area == pytest.approx(1 / 11)
    assert best.density == pytest.approx(10)


def test_the_prediction_area_plot_is_thinned_but_keeps_both_ends():
    rng = np.random.default_rng(0)
    found = prediction_area(capture_curve(rng.random(5000), rng.poisson(0.1, 5000)), points=50)
    assert len(found.threshold) == 50
    assert (np.diff(found.threshold) < 0).all()
    assert found.area[0] == pytest.approx(1 / 5000)
    assert (found.area[-1], found.captured[-1]) == pytest.approx((1, 1))
