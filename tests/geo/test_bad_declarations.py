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
        (
            {"kind": "table", "column": ["a", "b", "a"]},
            "column names one more than once: ['a', 'b', 'a']",
        ),
        (
            {"kind": "continuous", "derive": ["gradient", "gradient"]},
            "derive: gradient is asked for twice. Ask once, for all that is wanted of it",
        ),
        (
            {"kind": "lines", "derive": [{"density": [500]}, {"density": [900]}]},
            "derive: density is asked for twice. Ask once, ",
        ),
        (
            {"kind": "continuous", "derive": [{"neighbourhood": [500, 300.1, 300]}]},
            "derive: neighbourhood: 300.1 m and 300 m give bands of one name. Keep one",
        ),
        (
            {"kind": "categorical", "derive": [{"contacts": [500, 500]}]},
            "derive: contacts: 500 m and 500 m give bands of one name. Keep one",
        ),
        (
            {"kind": "categorical", "derive": [{"distance_to": ["Granite I", "granite i"]}]},
            "derive: distance_to: Granite I and granite i give bands of one name. Keep one",
        ),
        (
            {"kind": "continuous", "derive": [["gradient"]]},
            "derive.['gradient']: there is no such key; allowed: gradient, ",
        ),
        (
            {"kind": "continuous", "derive": [{"neighbourhood": [float("inf")]}]},
            "derive.neighbourhood.0 = inf: input should be a finite number",
        ),
    ],
)
def test_wrong_declarations(fields, problem):
    with pytest.raises(ConfigurationError) as caught:
        LayerSpec.declare("magnetics", **fields)
    assert str(caught.value).startswith(f"layer 'magnetics': {problem}")


def test_one_derived_evidence_needs_no_list():
    one, listed = (
        LayerSpec.declare("gravity", kind="continuous", derive=derive)
        for derive in ("gradient", ["gradient"])
    )
    assert one == listed


def test_every_wrong_key_is_named_at_once():
    with pytest.raises(ConfigurationError) as caught:
        LayerSpec.declare("magnetics", kind="continuous", units="nT", band=0)
    assert "units: there is no such key" in str(caught.value)
    assert "band = 0: input should be greater than or equal to 1" in str(caught.value)
