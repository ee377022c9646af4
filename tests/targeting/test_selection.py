from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from mineral_prospectivity.targeting import select_targets


def targets_of(cost, worth, x):
    outlines = [Point(place, 0).buffer(1) for place in x]
    return gpd.GeoDataFrame(
        {"testing_cost": cost, "testing_return": worth}, geometry=outlines, crs="EPSG:32633"
    )


def best_possible(cost, worth, x, budget, spacing):
    """Return of the best choice, by trying them all; the outlines are discs of radius 1."""
    best = 0.0
    for size in range(1, len(x) + 1):
        for choice in combinations(range(len(x)), size):
            gaps = (max(abs(x[i] - x[j]) - 2, 0) for i, j in combinations(choice, 2))
            if sum(cost[i] for i in choice) <= budget and all(gap >= spacing for gap in gaps):
                best = max(best, sum(worth[i] for i in choice))
    return best


items = st.lists(
    st.tuples(st.integers(1, 20), st.integers(0, 50), st.integers(0, 40)), min_size=1, max_size=7
)


@given(items=items, budget=st.integers(1, 60), spacing=st.sampled_from([0, 5, 15]))
def test_a_choice_is_valid_and_never_beats_the_best(items, budget, spacing):
    cost, worth, x = zip(*items, strict=True)
    targets = targets_of(cost, worth, x)
    chosen = select_targets(targets, budget=budget, spacing=spacing)
    picked = chosen[chosen.selected]
    assert picked.testing_cost.sum() <= budget
    assert (picked.testing_return > 0).all()
    for i, j in combinations(range(len(picked)), 2):
        assert picked.geometry.iloc[i].distance(picked.geometry.iloc[j]) >= spacing
    best = best_possible(cost, worth, x, budget, spacing)
    assert picked.testing_return.sum() <= best
    if spacing == 0:
        assert picked.testing_return.sum() >= best / 2
    assert sorted(picked.selection_order) == list(range(1, len(picked) + 1))
    assert chosen.selection_order.isna().equals(~chosen.selected)


def test_one_great_target_beats_many_dense_ones():
    targets = targets_of([1.0, 10.0], [2.0, 15.0], [0, 100])
    chosen = select_targets(targets, budget=10, spacing=0)
    assert chosen.selected.tolist() == [False, True]


def test_a_near_target_is_passed_over():
    targets = targets_of([1.0, 1.0, 1.0], [9.0, 8.0, 7.0], [0, 4, 50])
    chosen = select_targets(targets, budget=10, spacing=10)
    assert chosen.selected.tolist() == [True, False, True]
    assert chosen.selection_order.tolist()[::2] == [1, 2]


def test_nothing_affordable_selects_nothing():
    chosen = select_targets(targets_of([5.0], [9.0], [0]), budget=4, spacing=0)
    assert not chosen.selected.any()


def test_a_target_that_does_not_pay_costs_nothing_and_is_not_chosen():
    chosen = select_targets(targets_of([0.0], [0.0], [0]), budget=4, spacing=0)
    assert not chosen.selected.any()


def test_no_targets_no_choice():
    chosen = select_targets(targets_of([], [], []), budget=4, spacing=3)
    assert len(chosen) == 0
    assert {"selected", "selection_order"} <= set(chosen.columns)


def test_the_input_is_not_changed():
    targets = targets_of([1.0], [2.0], [0])
    before = targets.copy()
    select_targets(targets, budget=4, spacing=0)
    assert targets.equals(before)
    assert np.isfinite(targets.testing_cost).all()


@pytest.mark.parametrize("budget", [1, 2, 3])
def test_more_money_never_buys_less(budget):
    targets = targets_of([1.0, 1.0, 1.0], [5.0, 3.0, 2.0], [0, 100, 200])
    chosen = select_targets(targets, budget=budget, spacing=10)
    assert chosen.testing_return[chosen.selected].sum() == sum([5, 3, 2][:budget])
