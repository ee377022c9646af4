from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from shapely.geometry import Point

from mineral_prospectivity.targeting import select_targets


def targets_of(cost, worth, x):
    outlines = [Point(place, 0).buffer(1) for place in x]
    return gpd.GeoDataFrame(
        {"testing_cost": cost, "testing_return": worth}, geometry=outlines, crs="EPSG:32633"
    )


def best_possible(cost, worth, x, budget, spacing):
    """Return of the best choice: for every set far enough apart, spend the money the best way."""
    best = 0.0
    for size in range(1, len(x) + 1):
        for choice in combinations(range(len(x)), size):
            # the outlines are discs of radius 1
            gaps = (max(abs(x[i] - x[j]) - 2, 0) for i, j in combinations(choice, 2))
            if all(gap >= spacing for gap in gaps):
                best = max(best, fractional_knapsack(cost, worth, choice, budget))
    return best


def fractional_knapsack(cost, worth, choice, budget):
    """Spend on the densest first: the optimum of the linear programme."""
    left, value = budget, 0.0
    for i in sorted(choice, key=lambda i: worth[i] / cost[i], reverse=True):
        share = min(1.0, left / cost[i])
        value, left = value + share * worth[i], left - share * cost[i]
    return value


items = st.lists(
    st.tuples(st.integers(1, 20), st.integers(0, 50), st.integers(0, 40)), min_size=1, max_size=7
)


@given(items=items, budget=st.integers(1, 60), spacing=st.sampled_from([0, 5, 15]))
@settings(deadline=None, max_examples=40)
def test_a_choice_is_valid_and_never_beats_the_best(items, budget, spacing):
    cost, worth, x = zip(*items, strict=True)
    chosen = select_targets(targets_of(cost, worth, x), budget=budget, spacing=spacing)
    picked = chosen[chosen.selected]
    assert picked.funded_cost.sum() <= budget * (1 + 1e-12)
    assert (picked.testing_return > 0).all()
    for i, j in combinations(range(len(picked)), 2):
        assert picked.geometry.iloc[i].distance(picked.geometry.iloc[j]) >= spacing
    best = best_possible(cost, worth, x, budget, spacing)
    assert picked.funded_return.sum() <= best + 1e-9
    assert sorted(picked.selection_order) == list(range(1, len(picked) + 1))
    assert (picked.funded_share < 1).sum() <= 1


@given(items=items, budget=st.integers(1, 60))
@settings(deadline=None, max_examples=40)
def test_without_spacing_no_other_choice_returns_more(items, budget):
    cost, worth, x = zip(*items, strict=True)
    chosen = select_targets(targets_of(cost, worth, x), budget=budget, spacing=0)
    optimum = linprog(-np.array(worth), A_ub=[cost], b_ub=[budget], bounds=[(0, 1)] * len(cost))
    assert chosen.funded_return.sum() == pytest.approx(-optimum.fun, abs=1e-6)


def test_a_target_dearer_than_the_budget_is_tested_in_part():
    chosen = select_targets(targets_of([400.0], [800.0], [0]), budget=100, spacing=0)
    assert chosen.funded_share.tolist() == [0.25]
    assert chosen.funded_cost.tolist() == [100.0]
    assert chosen.funded_return.tolist() == [200.0]


def test_a_near_target_is_passed_over():
    targets = targets_of([1.0, 1.0, 1.0], [9.0, 8.0, 7.0], [0, 4, 50])
    chosen = select_targets(targets, budget=10, spacing=10)
    assert chosen.selected.tolist() == [True, False, True]
    assert chosen.selection_order.tolist()[::2] == [1, 2]


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


def test_what_rounding_leaves_of_a_budget_buys_nothing():
    """0.4 - 0.1 - 0.1 - 0.2 is 3e-17, no money for a fourth target."""
    cost = np.array([0.1, 0.1, 0.2, 0.3])
    chosen = select_targets(
        targets_of(cost, cost * [4, 3, 2, 1], [0, 10, 20, 30]), budget=0.4, spacing=0
    )
    assert chosen["selected"].tolist() == [True, True, True, False]
    assert chosen["funded_share"].tolist() == [1.0, 1.0, 1.0, 0.0]
