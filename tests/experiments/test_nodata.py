"""Values that stand for none though nobody says so."""

from __future__ import annotations

import numpy as np
import pytest

from mineral_prospectivity.experiments.nodata import below_detection, hidden_nodata

RNG = np.random.default_rng(0)
FIELD = 100 * RNG.standard_normal((60, 80)) + 500
FRAME = np.ones((60, 80), bool)
FRAME[6:-6, 6:-6] = False


def framed(values, nodata):
    return np.where(FRAME, nodata, values)


@pytest.mark.parametrize("nodata", [-9999.0, -99999.0, 1e20, -3.4028235e38, -32768.0])
def test_customary_values_far_from_all_others(nodata):
    found = hidden_nodata(framed(FIELD, nodata))

    assert found is not None
    assert found.value == nodata
    assert "often means none" in found.why


def test_a_single_pixel_of_a_customary_value_is_enough():
    values = FIELD.copy()
    values[0, 0] = -9999.0
    assert hidden_nodata(values).value == -9999.0


def test_a_customary_value_among_the_others_must_fill_some_area():
    values = 2000 * (FIELD - 500) / 100
    values[5, 5] = -9999.0
    assert hidden_nodata(values) is None
    assert hidden_nodata(framed(values.clip(-9000, 9000), -9999.0)).value == -9999.0


def test_a_frame_of_zeros():
    found = hidden_nodata(framed(FIELD - 500, 0.0))
    assert found.value == 0.0
    assert "frame of exact zeros" in found.why


def test_zeros_inside_are_values():
    distance = np.abs(np.arange(80) - 40.0) * np.ones((60, 1))
    assert hidden_nodata(distance) is None
    clipped = np.maximum(FIELD - 500, 0)
    assert hidden_nodata(clipped) is None


@pytest.mark.parametrize("values", [FIELD, np.full((5, 5), 3.0), np.full((5, 5), np.nan)])
def test_ordinary_layers_hide_nothing(values):
    assert hidden_nodata(values) is None


@pytest.mark.parametrize("nodata", [-9999.9, -1e32, -3.4028235e38])
def test_a_value_reads_as_people_declare_it(nodata):
    found = hidden_nodata(framed(FIELD, nodata).astype("float32").astype(float), "float32")
    assert found.value == nodata
    assert float(found.text) == nodata


@pytest.mark.parametrize("best", [5000.0, 255.0, 9999.0])
def test_the_best_sample_is_a_value(best):
    assert hidden_nodata(np.r_[RNG.uniform(0, 50, 100), best, best]) is None


def test_samples_of_a_table():
    assert hidden_nodata(np.r_[RNG.uniform(0, 50, 200), -999.0, -999.0]).value == -999.0


def test_a_repeated_negative_among_amounts_is_a_limit_of_detection():
    amounts = RNG.uniform(0, 50, 45)
    assert below_detection(np.r_[amounts, 5 * [-1.0]]) == (
        "10 % of the values are -1 and no other is negative, as laboratories write what is below "
        "the limit of detection. If so, write half of that limit in the file"
    )
    two = below_detection(np.r_[amounts, 3 * [-5.0], 2 * [-0.1], np.nan])
    assert two.startswith("10 % of the values are -5, -0.1 and no other is negative")


@pytest.mark.parametrize(
    "values",
    [
        RNG.uniform(0, 50, 50),
        np.r_[RNG.uniform(0, 50, 50), -1.0],
        RNG.standard_normal(50),
        RNG.integers(-3, 4, 200).astype(float),
        np.full(5, -1.0),
        np.full(5, np.nan),
    ],
)
def test_amounts_and_anomalies_have_no_limit_of_detection(values):
    assert below_detection(values) is None
