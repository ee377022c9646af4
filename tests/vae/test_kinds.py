"""Which model is meant, and which settings it has."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.parameters import validate_parameters
from mineral_prospectivity.vae.conditional.settings import CvaeSettings
from mineral_prospectivity.vae.kinds import model_settings
from mineral_prospectivity.vae.settings import VaeSettings

REST = {"experiment": "lake", "grid": {"crs": "EPSG:7845", "resolution": 500.0}}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, VaeSettings()),
        ({"latent": 4}, VaeSettings(latent=4)),
        ("vae", VaeSettings()),
        ("cvae", CvaeSettings()),
        ({"kind": "cvae", "generated": 500}, CvaeSettings(generated=500)),
        (CvaeSettings(beta=0.5), CvaeSettings(beta=0.5)),
    ],
)
def test_settings_are_those_of_their_kind(values, expected):
    assert model_settings(values) == expected
    assert validate_parameters({**REST, "model": values}).model == expected


@pytest.mark.parametrize("values", ["gan", {"kind": "gan"}])
def test_an_unknown_kind_is_refused(values):
    with pytest.raises(ConfigurationError) as caught:
        validate_parameters({**REST, "model": values})

    assert str(caught.value).splitlines()[1:] == [
        "  - model.kind = 'gan': there is no such kind of model; allowed: vae, cvae"
    ]


def test_a_parameter_of_the_other_kind_is_refused():
    with pytest.raises(ConfigurationError) as caught:
        validate_parameters({**REST, "model": {"kind": "cvae", "reconstruction_weight": 2.0}})

    (line,) = str(caught.value).splitlines()[1:]
    assert line.startswith(
        "  - model.reconstruction_weight: there is no such parameter; allowed: kind, hidden, latent"
    )
    assert "posterior_draws" in line
    assert "head_scale" not in line


def test_a_value_out_of_range_is_named_by_the_path_that_the_user_wrote():
    with pytest.raises(ConfigurationError, match=r"  - model\.steps = 1: input should be greater"):
        validate_parameters({**REST, "model": {"steps": 1}})


def test_draws_come_in_pairs():
    with pytest.raises(ValidationError, match="multiple of 2"):
        CvaeSettings(posterior_draws=3)


def test_cells_are_not_generated_that_no_classifier_would_see():
    assert CvaeSettings(generated=1280, classifier_steps=10).generated == 1280
    with pytest.raises(ValidationError, match=r"Set classifier_steps: 11 or more"):
        CvaeSettings(generated=1281, classifier_steps=10)


def test_reading_settings_needs_no_torch():
    code = "import sys; import mineral_prospectivity.vae.kinds; print('torch' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
