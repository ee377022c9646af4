"""Ramps show the differences that there are, in the colours of the report."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex

from mineral_prospectivity.reporting.cartography import log_scale, turning_scale, turning_ticks
from mineral_prospectivity.reporting.qgis.ramps import (
    linear_ramp,
    log_ramp,
    odds_ramp,
    percentile_ramp,
    quantile_ramp,
    turning_ramp,
)
from mineral_prospectivity.reporting.words import number

SKEWED = np.random.default_rng(3).lognormal(-6, 1.5, (80, 90))


def luminance(colour):
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2


def test_a_log_ramp_has_the_colours_of_the_report_at_every_stop():
    norm = log_scale(SKEWED)
    stops = log_ramp(SKEWED, "viridis", number).stops

    for stop in stops:
        expected = to_hex(mpl.colormaps["viridis"](norm(stop.value)))
        assert stop.colour == expected
    assert (stops[0].value, stops[-1].value) == pytest.approx((norm.vmin, norm.vmax))
    assert len(stops) <= 12


@pytest.mark.parametrize("make", [
    lambda: log_ramp(SKEWED, "viridis", number),
    lambda: linear_ramp(SKEWED, "cividis"),
    lambda: quantile_ramp(SKEWED, "magma"),
    lambda: percentile_ramp("cividis"),
])  # fmt: skip
def test_values_and_lightness_rise_together(make):
    stops = make().stops

    assert (np.diff([stop.value for stop in stops]) > 0).all()
    assert (np.diff([luminance(stop.colour) for stop in stops]) > 0).all()
    assert len({stop.label for stop in stops}) == len(stops)


def test_a_quantile_ramp_gives_every_part_of_the_cells_its_colours():
    values = [stop.value for stop in quantile_ramp(SKEWED, "magma").stops]
    share = [(value >= SKEWED).mean() for value in values]

    assert share == pytest.approx([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98], abs=1e-3)


def test_odds_turn_at_the_prior_and_reach_as_far_up_as_down():
    prior = 0.003
    ramp = odds_ramp(np.linspace(-9, -5, 50), prior, "RdBu_r")
    middle = ramp.stops[len(ramp.stops) // 2]
    offsets = np.array([stop.value - middle.value for stop in ramp.stops])

    assert middle.value == pytest.approx(np.log(prior / (1 - prior)))
    assert middle.label.endswith("(p = 0.3\N{NO-BREAK SPACE}%): the prior")
    assert offsets == pytest.approx(-offsets[::-1])
    assert np.exp(offsets[-1]) == pytest.approx(30)
    assert luminance(middle.colour) == max(luminance(stop.colour) for stop in ramp.stops)


def test_odds_reach_a_hundredfold_at_most():
    ramp = odds_ramp(np.linspace(-40, 5, 50), 0.5, "RdBu_r")

    assert np.exp(ramp.stops[-1].value) == pytest.approx(100)


def test_few_cells_that_pay_are_still_seen():
    values = np.concatenate([np.linspace(-3, -1, 10_000), [2.0, 4.0]])
    stops = turning_ramp(values, "BrBG", "testing begins to pay").stops

    assert stops[0].value == pytest.approx(-3, abs=0.1)
    assert stops[-1].value == pytest.approx(4, abs=0.1)
    assert stops[-1].colour == to_hex(mpl.colormaps["BrBG"](1.0))
    assert stops[4].label == "0: testing begins to pay"


def test_the_report_turns_where_the_project_does():
    values = np.concatenate([np.linspace(-3, -1, 10_000), [2.0, 4.0]])
    norm = turning_scale(values)

    assert (norm.vmin, norm.vmax) == pytest.approx((-3, 4), abs=0.1)
    assert norm(values[-1]) > norm(values[-2]) > 0.5  # no two values that pay look alike
    for stop in turning_ramp(values, "BrBG", "pays").stops:
        assert stop.colour == to_hex(mpl.colormaps["BrBG"](norm(stop.value)))


def test_a_side_without_values_reaches_as_far_as_the_other():
    norm = turning_scale(np.linspace(-3, -1, 100))

    assert norm.vmax == -norm.vmin
    assert all(abs(tick) < 4 for tick in turning_ticks(norm))


def test_where_nothing_pays_the_ramp_ends_at_nought():
    stops = turning_ramp(np.linspace(-3, -1, 100), "BrBG", "pays").stops

    assert stops[-1].value == 0
    assert stops[-1].label == "0: pays"


@pytest.mark.parametrize("values", [np.full((3, 3), np.nan), np.full((3, 3), 0.25)])
def test_a_map_without_values_or_without_differences_can_be_drawn(values):
    for ramp in (
        log_ramp(values, "viridis", number),
        linear_ramp(values, "cividis"),
        quantile_ramp(values, "magma"),
        odds_ramp(values, 0.01, "RdBu_r"),
        turning_ramp(values, "BrBG", "pays"),
    ):
        assert ramp.stops
        assert all(np.isfinite(stop.value) for stop in ramp.stops)
