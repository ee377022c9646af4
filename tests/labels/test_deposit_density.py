"""The density of known deposits: exact, and blind to what a fit must not know."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mineral_prospectivity.errors import ConfigurationError, DepositError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import Window, cell_centres, make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.labels.deposit_density import (
    DEPOSIT_DENSITY,
    KnownDeposits,
    density_table,
    fit_column,
    likeliest_bandwidth,
    with_deposit_density,
)

GRID = make_grid("EPSG:32633", 500.0, (0, 0, 20_000, 15_000))
ROWS, COLS = GRID.shape
FOLDS = 4
PLAN = [(), *((fold,) for fold in range(FOLDS)), (0, 1), (2, 3)]
H = 3000.0


def cells_table(rng, deposits=24):
    """Cells in four stripes of folds; two neighbouring deposit cells make a cluster."""
    cell = np.arange(ROWS * COLS)
    x, y = cell_centres(GRID, cell)
    fold = (cell % COLS * FOLDS // COLS).astype(np.int8)
    table = pd.DataFrame({
        "cell": cell, "x": x, "y": y, "label": np.int8(0), "deposits": np.int16(0),
        "cluster": np.int32(-1), "fold": fold, "training": True, "weight": 1.0,
    })  # fmt: skip
    return with_deposits(table, rng, deposits, np.arange(FOLDS))


def with_deposits(table, rng, deposits, folds):
    """Draw deposits, at least two clusters to a fold."""
    table, first = table.copy(), int(table["cluster"].max()) + 1
    for number in range(deposits // 2):
        own = np.flatnonzero(table["fold"] == folds[number % len(folds)])
        home = rng.choice(own[own % COLS < COLS - 1])
        pair = np.array([home, home + COLS if home + COLS < ROWS * COLS else home - COLS])
        table.loc[pair, ["label", "cluster"]] = 1, first + number
        table.loc[home, "deposits"] = rng.integers(1, 3)
    return table


@pytest.fixture(scope="module")
def cells():
    return cells_table(np.random.default_rng(4))


@pytest.fixture(scope="module")
def layers():
    values = np.random.default_rng(5).normal(size=(2, ROWS, COLS)).astype(np.float32)
    values[:, :3, :5] = np.nan
    values[1, 10:12] = np.nan
    return Raster(GRID, (Band("a"), Band("b")), lambda window: values[:, *window.slices])


def test_it_is_the_mean_of_the_kernels(cells):
    known, places = KnownDeposits.of(cells, (1,), H), cells[["x", "y"]].to_numpy()
    found = known.log_density(places)
    homes = cells[(cells["deposits"] > 0) & (cells["fold"] != 1)]
    for row in (0, 7, 500, int(homes.index[0])):
        squared = np.square(homes[["x", "y"]].to_numpy() - places[row]).sum(axis=1) / H**2
        kernels = np.exp(-squared / 2) / (2 * np.pi * (H / 1e3) ** 2)
        expected = np.log(np.average(kernels, weights=homes["deposits"]))
        assert found[row] == pytest.approx(expected, abs=1e-5)


def test_a_lattice_gives_what_single_places_give(cells):
    known = KnownDeposits.of(cells, (), H)
    x, y = np.array([250.0, 5250.0, 19_750.0]), np.array([14_750.0, 250.0])
    places = np.array([(one, other) for other in y for one in x])
    single = known.log_density(places).reshape(2, 3)
    np.testing.assert_allclose(known.log_density_of_lattice(x, y), single, rtol=1e-6)


@pytest.mark.parametrize("size", [7, 64])
def test_the_map_is_that_of_all_deposits_in_windows_of_any_size(cells, layers, size):
    made = with_deposit_density(layers, cells, min_coverage=0.5)
    assert made.names == ("a", "b", "deposit_density")
    known = KnownDeposits.of(cells, (), likeliest_bandwidth(cells))
    expected = known.log_density(cells[["x", "y"]].to_numpy()).reshape(ROWS, COLS)
    expected[:3, :5] = np.nan  # no layer says anything there
    for window, values in made.blocks(size):
        np.testing.assert_allclose(values[2], expected[*window.slices], rtol=1e-5)
        np.testing.assert_array_equal(values[:2], layers.read(window))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), fold=st.integers(0, FOLDS - 1), count=st.integers(2, 20))
def test_no_fit_knows_anything_of_the_deposits_that_it_left_out(seed, fold, count):
    """Other deposits in a fold, at other places, of another number: nothing moves without it."""
    rng = np.random.default_rng(seed)
    cells = cells_table(rng)
    inside = cells["fold"] == fold
    emptied = cells.copy()
    emptied.loc[inside, ["label", "deposits", "cluster"]] = 0, 0, -1
    changed = with_deposits(emptied, rng, count, np.array([fold]))
    before, after = density_table(cells, PLAN), density_table(changed, PLAN)
    for left_out in PLAN[1:]:
        column = fit_column(left_out)
        if fold in left_out:
            np.testing.assert_array_equal(before[column], after[column])
        else:
            assert (before[column] != after[column]).any()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), fold=st.integers(0, FOLDS - 1))
def test_no_cell_reads_the_deposits_of_its_own_fold(seed, fold):
    """Other places in a fold change its own cells by the bandwidth alone, in every column."""
    rng = np.random.default_rng(seed)
    cells = cells_table(rng)
    inside = (cells["fold"] == fold).to_numpy()
    places = cells[["x", "y"]].to_numpy()[inside]
    table = density_table(cells, PLAN)
    for left_out in PLAN:
        bandwidth = likeliest_bandwidth(cells, left_out)
        others = cells[~inside & ~cells["fold"].isin(left_out)]
        expected = KnownDeposits.of(others, (), bandwidth).log_density(places)
        np.testing.assert_array_equal(table[fit_column(left_out)][inside], expected)


def test_each_fit_has_its_column(cells):
    assert list(density_table(cells, PLAN)) == [fit_column(left_out) for left_out in PLAN]


def scattered(places):
    """Return a table of single deposits, each a cluster."""
    number = np.arange(len(places))
    return pd.DataFrame(
        {"x": places[:, 0], "y": places[:, 1], "deposits": 1, "cluster": number, "fold": 0}
    )


@pytest.mark.parametrize("scale", [0.1, 3.0])
def test_the_bandwidth_grows_with_the_region(scale):
    places = np.random.default_rng(2).normal(size=(30, 2)) * 1e4
    found = likeliest_bandwidth(scattered(places))
    assert likeliest_bandwidth(scattered(scale * places)) == pytest.approx(scale * found)


def test_the_bandwidth_is_found_of_a_known_density():
    """Places of a Gaussian: the best bandwidth is of the order of Silverman's rule."""
    places = np.random.default_rng(8).normal(size=(400, 2)) * 1e4
    found = likeliest_bandwidth(scattered(places))
    assert 0.5 < found / (1e4 * 400 ** (-1 / 6)) < 2


def test_one_cluster_alone_is_refused(cells):
    only = cells[(cells["cluster"] < 1)]
    with pytest.raises(DepositError, match="there are not 2 deposit clusters"):
        likeliest_bandwidth(only)


def test_a_layer_of_its_name_is_refused(cells):
    layer = Raster(GRID, (Band(DEPOSIT_DENSITY.name),), lambda window: np.zeros((1, *window.shape)))
    with pytest.raises(ConfigurationError, match="layer 'deposit_density'"):
        with_deposit_density(layer, cells, min_coverage=0.5)


def test_it_makes_no_cell_one_more_to_predict(cells, layers):
    from mineral_prospectivity.geo.tabulate import valid_cells

    for least in (0.3, 0.5, 0.9, 1.0):
        made = with_deposit_density(layers, cells, min_coverage=least)
        np.testing.assert_array_equal(valid_cells(made, least), valid_cells(layers, least))
    assert np.isnan(made.read(Window(0, 0, 3, 5))[2]).all()
