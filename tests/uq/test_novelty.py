import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mineral_prospectivity.uq.novelty import NoveltyScale

positive = st.floats(0.01, 100)


def test_held_out_cells_are_spread_evenly_over_the_scale():
    residual = np.random.default_rng(0).gamma(2, 1, 50_000)
    percentile = NoveltyScale.fit(residual).percentile(residual)
    np.testing.assert_allclose(np.quantile(percentile, [0.1, 0.5, 0.99]), [10, 50, 99], atol=0.1)


def test_beyond_every_held_out_cell_is_one_hundred_and_below_is_zero():
    scale = NoveltyScale.fit([1.0, 2.0, 3.0])
    np.testing.assert_allclose(scale.percentile([0.9, 1.0, 3.0, 3.1]), [0, 100 / 6, 500 / 6, 100])


def test_the_extremes_survive_thinning():
    residual = np.arange(100_000.0)
    scale = NoveltyScale.fit(residual)
    assert len(scale.residuals) <= 1001
    assert (scale.residuals[0], scale.residuals[-1]) == (0, 99_999)
    assert scale.percentile([99_998.5])[0] < 100


@given(st.lists(st.tuples(positive, st.integers(1, 4)), min_size=1, max_size=20))
def test_a_weight_is_that_many_cells_and_novelty_never_falls(pairs):
    residual, weights = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    scale = NoveltyScale.fit(residual, weights)
    repeated = NoveltyScale.fit(np.repeat(residual, weights.astype(int)))
    grid = np.linspace(0, 101, 301)
    np.testing.assert_allclose(scale.percentile(grid), repeated.percentile(grid), atol=1e-9)
    assert (np.diff(scale.percentile(grid)) >= 0).all()


def test_missing_residuals_stay_missing_and_teach_nothing():
    scale = NoveltyScale.fit([1.0, np.nan, 3.0])
    assert scale == NoveltyScale.fit([1.0, 3.0])
    assert np.isnan(scale.percentile([np.nan])).all()
    with pytest.raises(ValueError, match="none of the held-out residuals is a finite number"):
        NoveltyScale.fit([np.nan])


def test_the_scale_survives_json():
    scale = NoveltyScale.fit(np.random.default_rng(0).gamma(2, 1, 2000))
    assert NoveltyScale.from_dict(json.loads(json.dumps(scale.to_dict()))) == scale
