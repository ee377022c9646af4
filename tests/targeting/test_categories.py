import numpy as np
import pytest

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.targeting.categories import (
    CATEGORIES,
    category_table,
    risk_return,
    risk_surface,
)
from mineral_prospectivity.targeting.getis_ord import hot_spots


def constant(grid, **values):
    shape = tuple(grid.shape)
    stack = np.stack([np.broadcast_to(v, shape) for v in values.values()]).astype(np.float32)
    return Raster(grid, tuple(Band(n) for n in values), lambda window: stack[:, *window.slices])


def spots_of(maps):
    return hot_spots(maps.select(["log_odds_mean"]), radius=500, significance=0.05).map


@pytest.mark.parametrize(
    ("high", "risk", "value"),
    [(0, 0.1, 1), (0, 0.9, 2), (1, 0.9, 3), (1, 0.1, 4), (np.nan, 0.1, 0), (1, np.nan, 0)],
)
def test_each_combination_has_its_category(grid, high, risk, value):
    result = risk_return(
        constant(grid, high_return=high),
        constant(grid, log_odds_sd=risk),
        measure="log_odds_sd",
        threshold=0.5,
        quantile=0.5,
    )
    cells = result.map.array()
    assert cells.dtype == np.uint8
    assert (cells == value).all()


def test_names_follow_the_values():
    assert [category.value for category in CATEGORIES] == [1, 2, 3, 4]
    assert CATEGORIES[2].name == "high return, high risk"
    assert CATEGORIES[3].name == "high return, low risk"
    assert len({category.colour for category in CATEGORIES}) == 4


def test_the_quantile_splits_the_map(maps):
    result = risk_return(spots_of(maps), maps, measure="log_odds_sd", threshold=None, quantile=0.75)
    risk = maps.select(["log_odds_sd"]).array()[0]
    cells = result.map.array()[0]
    assert result.threshold == pytest.approx(np.nanquantile(risk, 0.75), rel=1e-6)
    assert np.isin(cells, (2, 3)).sum() / (cells > 0).sum() == pytest.approx(0.25, abs=1e-3)
    assert dict(result.map.categories)[4] == "high return, low risk"


def test_relative_measures(grid):
    source = constant(grid, probability=0.2, epistemic=0.1)
    assert risk_surface(source, "relative").array() == pytest.approx(0.5)
    assert risk_surface(source, "bernoulli_relative").array() == pytest.approx(0.25)


def test_relative_risk_is_undefined_where_p_is_zero(grid):
    source = constant(grid, probability=0.0, epistemic=0.0)
    assert np.isnan(risk_surface(source, "relative").array()).all()
    assert np.isnan(risk_surface(source, "bernoulli_relative").array()).all()


def test_no_risk_anywhere_is_refused(grid):
    with pytest.raises(ConfigurationError) as error:
        risk_return(
            constant(grid, high_return=1),
            constant(grid, log_odds_sd=np.nan),
            measure="log_odds_sd",
            threshold=None,
            quantile=0.5,
        )
    assert str(error.value) == (
        "maps: no cell has a value of 'log_odds_sd', so none can be called high"
    )


def test_table_counts_cells_and_deposits(grid, maps, deposits):
    result = risk_return(spots_of(maps), maps, measure="log_odds_sd", threshold=None, quantile=0.5)
    table = category_table(result.map, deposits)
    values = result.map.array()[0]
    col, row = ~grid.transform @ (deposits.geometry.x.to_numpy(), deposits.geometry.y.to_numpy())
    inside = values[row.astype(int), col.astype(int)]
    for category, line in zip(CATEGORIES, table.itertuples(), strict=True):
        assert line.cells == (values == category.value).sum()
        assert line.deposits == (inside == category.value).sum()
    assert table.area_share.sum() == pytest.approx(1)
    assert table.area_km2.sum() == pytest.approx((values > 0).sum() * 0.01)
    assert (table.lift * table.area_share).sum() == pytest.approx(1)


def test_without_deposits_there_is_no_share_of_them(maps, deposits):
    result = risk_return(spots_of(maps), maps, measure="log_odds_sd", threshold=None, quantile=0.5)
    table = category_table(result.map, deposits.iloc[:0])
    assert table.deposits.sum() == 0
    assert table[["deposit_share", "lift"]].isna().all(axis=None)
