"""Every way in which a layer can be declared wrongly, told before a file is opened."""

from __future__ import annotations

import pytest

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.layers import LayerSpec


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "kind: is required and missing"),
        ({"kind": "image"}, "kind = 'image': input should be 'continuous', 'categorical', "),
        (
            {"kind": "lines", "min_fraction": 0.1},
            "min_fraction means nothing for kind: lines, which understands file_layer",
        ),
        (
            {"kind": "categorical", "derive": ["gradient"]},
            "derive: gradient cannot be had from kind: categorical, only contacts, distance_to",
        ),
        (
            {"kind": "polygons", "derive": ["contacts"]},
            "derive: contacts cannot be had from kind: polygons, only distance",
        ),
        (
            {"kind": "continuous", "derive": ["slope"]},
            "derive.slope: there is no such key; allowed: gradient, neighbourhood, contacts, ",
        ),
        (
            {"kind": "continuous", "derive": [{"neighbourhood": [0]}]},
            "derive.neighbourhood.0 = 0: input should be greater than 0",
        ),
        ({"kind": "continuous", "units": "nT"}, "units: there is no such key; allowed: name, "),
        (
            {"kind": "polygons", "min_fraction": 0.1},
            "min_fraction means nothing for kind: polygons without a column",
        ),
        (
            {"kind": "points", "neighbours": 3},
            "neighbours means nothing for kind: points without a column",
        ),
        (
            {"kind": "points", "column": "Au"},
            "column and max_distance go together: values are spread that far from a point, m",
        ),
        (
            {"kind": "polygons", "column": ["a", "b"]},
            "column takes one name for kind: polygons, not ['a', 'b']",
        ),
    ],
)
def test_wrong_declarations(fields, problem):
    with pytest.raises(ConfigurationError) as caught:
        LayerSpec.declare("magnetics", **fields)
    assert str(caught.value).startswith(f"layer 'magnetics': {problem}")


def test_every_wrong_key_is_named_at_once():
    with pytest.raises(ConfigurationError) as caught:
        LayerSpec.declare("magnetics", kind="continuous", units="nT", band=0)
    assert "units: there is no such key" in str(caught.value)
    assert "band = 0: input should be greater than or equal to 1" in str(caught.value)
