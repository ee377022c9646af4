"""What the quality report says of evidence whose faults are known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.quality import quality_report
from mineral_prospectivity.geo.raster import Raster

from .conftest import CRS, NORTH, WEST

GRID = make_grid(CRS, 100.0, (WEST, NORTH - 3000, WEST + 4000, NORTH))


def report_on(bands, **options):
    values = np.stack(list(bands.values())).astype(np.float32)
    described = tuple(Band(name, name.split("_")[0], unit="nT") for name in bands)
    raster = Raster(GRID, described, lambda window: values[(slice(None), *window.slices)])
    return quality_report(raster, **options)


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=(30, 40))


def test_a_clean_stack_has_no_findings(noise):
    report = report_on({"a": noise, "b": noise[::-1]})
    assert report["findings"] == []
    assert report["grid"] == {
        "crs": "EPSG:32633",
        "resolution": 100.0,
        "rows": 30,
        "columns": 40,
        "bounds": [WEST, NORTH - 3000, WEST + 4000, NORTH],
    }
    assert report["cells"]["kept"] == 1200
    assert report["cells"]["lost"] == 0
    facts = report["bands"]["a"]
    assert facts["unit"] == "nT"
    assert facts["coverage"] == 1.0
    assert facts["min"] == pytest.approx(noise.min())
    assert facts["quantiles"]["0.5"] == pytest.approx(np.median(noise))
    assert facts["outliers"] == 0.0
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_lost_cells_and_the_layer_that_costs_them(noise):
    patchy = noise.copy()
    patchy[:, :10] = np.nan
    report = report_on({"a": noise[::-1], "b": patchy, "b_gradient": patchy**2}, min_coverage=0.5)
    assert report["layers"] == {"a": {"coverage": 1.0}, "b": {"coverage": 0.75}}
    assert report["cells"] == {
        "total": 1200,
        "with_evidence": 1200,
        "kept": 900,
        "lost": 300,
        "min_coverage": 0.5,
        "lost_without_layer": {"a": 0, "b": 300},
    }
    assert report["findings"] == [
        "layer 'b' covers 75% of the grid",
        "300 of 1200 cells have too little evidence; layer 'b' is missing in 300 of them",
    ]


def test_constant_and_repeated_bands(noise):
    report = report_on({"a": noise, "b": np.full_like(noise, 3.0), "c": np.exp(noise)})
    assert report["bands"]["b"]["constant"] is True
    assert report["bands"]["b"]["outliers_reason"] == "half of the values are equal"
    assert report["correlated"] == [{"bands": ["a", "c"], "spearman": pytest.approx(1.0)}]
    assert report["findings"] == [
        "band 'b' is constant (3): it says nothing",
        "bands 'a' and 'c' say nearly the same (Spearman 1.000)",
    ]


def test_outliers_are_counted(noise):
    spiky = noise.copy()
    spiky[0, :12] = 1e4
    assert report_on({"a": spiky})["bands"]["a"]["outliers"] == pytest.approx(0.01)


def test_a_band_without_values_says_why(noise):
    report = report_on({"a": noise, "b": np.full_like(noise, np.nan)})
    assert report["bands"]["b"] == {
        "unit": "nT",
        "coverage": 0.0,
        "reason": "no value in the sampled cells",
    }


def test_a_sample_of_a_larger_map_is_close_and_repeatable(noise):
    report = report_on({"a": noise}, sample_size=500)
    assert 0 < report["sampled_cells"] <= 500
    assert report["bands"]["a"]["quantiles"]["0.5"] == pytest.approx(0.0, abs=0.2)
    assert report["bands"]["a"]["max"] == pytest.approx(noise.max())
    assert report_on({"a": noise}, sample_size=500) == report
    assert report_on({"a": noise}, sample_size=500, seed=1) != report
