import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.parameters import HotSpotParameters
from mineral_prospectivity.reporting import charts, curves, figures, maps
from mineral_prospectivity.reporting.style import model_styles, png_bytes, svg_bytes
from mineral_prospectivity.reporting.thumbnails import thumbnail


def texts(figure):
    return {text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))}


@pytest.mark.parametrize("max_side", [7, 100, 333, 5000])
def test_a_thumbnail_is_every_kth_row_and_column(max_side):
    grid = make_grid("EPSG:32633", 100.0, (0, 0, 70_000, 110_000))
    values = np.arange(1100 * 700, dtype=np.float32).reshape(1, 1100, 700)
    small = thumbnail(Raster(grid, (Band("a"),), lambda w: values[:, *w.slices]), max_side)
    step = max(1, -(-1100 // max_side))
    assert small.step == step
    np.testing.assert_array_equal(small.values, values[:, ::step, ::step])
    west, east, south, north = small.extent
    assert (west, north) == (0.0, 110.0)
    assert east == pytest.approx(small.values.shape[2] * step * 0.1)
    assert north - south == pytest.approx(small.values.shape[1] * step * 0.1)


def test_a_thumbnail_keeps_categories(inputs):
    small = thumbnail(inputs.categories, 30)
    assert small.values.dtype == np.uint8
    assert set(np.unique(small.values)) <= {0, 1, 2, 3, 4}


def test_the_probability_map_shows_deposits_targets_scale_and_north(inputs):
    figure = maps.probability_map(thumbnail(inputs.prediction), inputs.deposits, inputs.targets)
    shown = texts(figure)
    assert {"Easting (km)", "Northing (km)", "N", "5 km", "1"} <= shown
    assert "Probability of a known deposit in a cell" in shown
    assert len(figure.axes[0].collections[0].get_offsets()) == len(inputs.deposits)


def test_a_map_without_deposits_or_values(inputs, grid):
    empty = Raster(grid, (Band("probability"),), lambda w: np.full((1, *w.shape), np.nan))
    figure = maps.probability_map(
        thumbnail(empty), inputs.deposits.iloc[:0], inputs.targets.iloc[:0]
    )
    assert png_bytes(figure, dpi=30).startswith(b"\x89PNG")


def test_a_category_map_without_targets(inputs):
    figure = maps.category_map(
        thumbnail(inputs.categories), inputs.deposits, inputs.targets.iloc[:0]
    )
    assert {"high return, low risk", "low return, high risk"} <= texts(figure)


def test_uncertainty_maps_leave_out_what_is_missing(inputs):
    some = inputs.prediction.select(["epistemic", "novelty", "total"])
    shown = texts(maps.uncertainty_maps(thumbnail(some), inputs.deposits))
    assert "Epistemic: the models do not know yet" in shown
    assert "Aleatoric: cannot be known from these layers" not in shown


def test_a_large_map_of_folds_is_thinned(inputs):
    grid = make_grid("EPSG:32633", 100.0, (0, 0, 100_000, 50_000))
    cells = pd.DataFrame({"cell": np.arange(0, 500_000, 7)})
    cells["fold"] = cells.cell % 3
    figure = maps.folds_map(cells, grid, inputs.deposits)
    assert figure.axes[0].images[0].get_array().shape == (125, 250)
    assert {"fold 1", "fold 3"} <= texts(figure)


@pytest.mark.parametrize("save", [png_bytes, svg_bytes])
def test_the_same_figure_gives_the_same_bytes(save, inputs):
    def draw():
        return save(
            maps.category_map(thumbnail(inputs.categories), inputs.deposits, inputs.targets)
        )

    assert draw() == draw()


def test_the_style_ignores_what_a_notebook_set():
    import matplotlib as mpl

    def draw():
        return svg_bytes(charts.bars_figure({"epistemic": 0.3, "novelty": -0.1}, label="x"))

    plain = draw()
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert draw() == plain
        assert mpl.rcParams["font.size"] == 30


def test_capture_shows_chance_fit_and_limit():
    area = np.linspace(0, 1, 11)
    model = curves.Curve("model", area, np.sqrt(area))
    figure = curves.capture_figure(
        [model, curves.Curve("other", area, area)],
        fit=[curves.Curve("model", area, area**0.2)],
        limit=curves.Curve("limit", [0.05, 0.1], [0.5, 0.6]),
    )
    assert {"chance", "model", "other", "model (fit)", "limit"} <= texts(figure)


def test_bins_without_deposits_stay_visible_on_the_log_scale():
    figure = curves.reliability_figure([0.001, 0.1], [0.0, 0.2], [0.0, 0.05], [0.01, 0.3])
    assert "no deposit in the bin" in texts(figure)
    hollow = figure.axes[0].lines[-1]
    low, _ = figure.axes[0].get_ylim()
    assert hollow.get_ydata()[0] >= low > 0


def test_reliability_without_any_deposit():
    zeros = [0.0, 0.0]
    assert isinstance(curves.reliability_figure(zeros, zeros, zeros, zeros), Figure)


def test_prediction_area_names_where_the_curves_meet():
    figure = curves.prediction_area_figure(
        [0.1, 0.01, 0.001],
        [0.2, 0.7, 1.0],
        [0.05, 0.3, 1.0],
        intersection_captured=0.7,
        intersection_area=0.3,
    )
    assert "70 % of the deposits\nin 30 % of the area" in texts(figure)


def test_scores_draw_a_dot_for_each_score_that_exists():
    figure = charts.scores_figure(
        {"A": {"auc": (0.7, 0.6, 0.8)}, "B": {"auc": (0.6, 0.5, 0.7), "nll": (0.1, 0.1, 0.2)}},
        {"auc": "ROC-AUC", "nll": "NLL"},
        model="A",
        lower_is_better={"nll"},
    )
    dots = [[line for line in axes.lines if line.get_marker() == "o"] for axes in figure.axes]
    assert [len(panel) for panel in dots] == [2, 1]
    assert {"← lower is better", "higher is better →", "ROC-AUC"} <= texts(figure)


def test_risk_against_return_draws_no_more_than_it_should():
    rng = np.random.default_rng(0)
    figure = charts.risk_return_figure(
        rng.normal(size=(300, 300)),
        rng.random((300, 300)),
        rng.integers(0, 5, (300, 300)),
        threshold=0.5,
        risk_label="SD",
        return_label="mean log-odds of a deposit",
        logarithmic=False,
    )
    drawn = sum(len(line.get_xdata()) for line in figure.axes[0].lines[:4])
    assert 10_000 < drawn <= charts.DOTS


@pytest.mark.parametrize("surface", ["probability", "log_odds"])
def test_the_return_that_is_drawn_is_the_map_that_is_clustered(surface):
    band, label = figures.RETURNS[surface]
    assert band == HotSpotParameters(surface=surface).band
    figure = charts.risk_return_figure(
        *np.full((2, 3), 0.2), np.arange(1, 4), threshold=0.5, risk_label="SD",
        return_label=label, logarithmic=surface == "probability",
    )  # fmt: skip
    axes = figure.axes[0]
    assert axes.get_ylabel() == f"Return: {label}"
    assert axes.get_yscale() == ("log" if surface == "probability" else "linear")


def test_models_differ_in_colour_and_line():
    styles = model_styles(["map", "a", "b", "c"], "map")
    looks = {(look["color"], look["linestyle"]) for look in styles.values()}
    assert len(looks) == 4
    assert styles["map"]["linestyle"] == "-"
