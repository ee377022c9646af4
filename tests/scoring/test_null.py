import numpy as np
import pytest
from scipy.stats import binom, poisson

from mineral_prospectivity.scoring.null import DRAWS, drawn_positives


def test_cells_that_stand_for_themselves_are_drawn_one_by_one():
    groups = np.repeat([0, 1], [50, 5])
    p = np.repeat([0.3, 1.0], [50, 5])
    drawn = drawn_positives(p, np.ones(55), groups, seed=0)
    assert drawn.shape == (DRAWS, 2)
    assert (drawn[:, 1] == 5).all()
    assert drawn[:, 0].mean() == pytest.approx(15, abs=4 * binom(50, 0.3).std() / DRAWS**0.5)
    assert drawn[:, 0].var() == pytest.approx(binom(50, 0.3).var(), rel=0.3)


def test_a_sampled_background_is_drawn_as_all_the_cells_that_it_stands_for():
    groups = np.zeros(100, dtype=np.intp)
    p, weights = np.full(100, 0.002), np.full(100, 30.0)
    drawn = drawn_positives(p, weights, groups, seed=1)[:, 0]
    expected = poisson(6.0)
    assert drawn.mean() == pytest.approx(6.0, abs=4 * expected.std() / DRAWS**0.5)
    assert drawn.var() == pytest.approx(6.0, rel=0.3)
    assert (drawn == drawn.round()).all()


def test_groups_without_a_cell_of_their_own_draw_nothing():
    drawn = drawn_positives(np.array([1.0]), np.ones(1), np.array([2]), seed=0)
    np.testing.assert_array_equal(drawn, np.tile([0.0, 0.0, 1.0], (DRAWS, 1)))
