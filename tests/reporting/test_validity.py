import copy

import pytest

from mineral_prospectivity.reporting.inputs import ReportInputs
from mineral_prospectivity.reporting.report import render_report
from mineral_prospectivity.reporting.validity import (
    distance_rows,
    optimism_rows,
    validity_caveats,
    validity_section,
)
from mineral_prospectivity.reporting.words import NO_BREAK


def distances(held_out, to_predict):
    def spread(median):
        return {"low": median / 2, "median": median, "high": 2 * median}

    return {
        "held_out": spread(held_out),
        "to_predict": spread(to_predict),
        "w": abs(held_out - to_predict),
        "harder": held_out > to_predict,
    }


SOUND = {
    "distances": {
        what: {"geographic": distances(8000.0, 5000.0), "feature": distances(2.0, 1.5)}
        for what in ("cells", "deposits")
    },
    "optimism": {
        "lightgbm": {
            "spatial": {"roc_auc": 0.73, "nll": 0.013},
            "random": {"roc_auc": 0.8, "nll": {"absent": "infinite"}},
        }
    },
    "applicability": {"threshold": 0.4, "share_outside": 0.01},
    "dispersion": {
        "value": 1.1, "null_low": 0.6, "null_high": 1.5, "blocks": 30, "excessive": False
    },
}  # fmt: skip


def changed(*path, **values):
    found = copy.deepcopy(SOUND)
    part = found
    for key in path:
        part = part[key]
    part.update(values)
    return found


def test_distances_are_in_kilometres_with_the_verdict():
    table = distance_rows(SOUND)
    first = table.rows[0]
    assert first[0] == "nearest training cell, on the ground, km"
    assert first[1:] == ("8 (4 to 16)", "5 (2.5 to 10)", "3", "harder")
    assert table.rows[3][0] == "nearest training deposit, in the layers"


def test_the_optimism_names_its_model_and_what_is_absent():
    (row,) = optimism_rows(SOUND).rows
    assert row == ("LightGBM", "0.73", "0.8", "0.013", "absent: infinite")


def test_equal_medians_are_no_verdict():
    equal = distances(5000.0, 5000.0) | {"harder": None}
    even = changed("distances", "deposits", geographic=equal)
    assert distance_rows(even).rows[2][-1] == "as hard"
    assert validity_caveats(even) == []


def test_sound_folds_are_no_caveat():
    assert validity_caveats(SOUND) == []
    assert validity_caveats({"absent": "the folds were not checked"}) == []


@pytest.mark.parametrize(
    ("metrics", "caveat"),
    [
        (
            changed("dispersion", value=3.2, excessive=True),
            "(dispersion of blocks 3.2; chance gives at most 1.5): a layer that matters may be",
        ),
        (
            changed("distances", "deposits", geographic=distances(3000.0, 5000.0)),
            "lie nearer to training deposits (median 3 km) than the cells of the map do (5 km)",
        ),
        (
            changed("applicability", share_outside=0.2),
            "About 20 % of the map lies outside the area of applicability",
        ),
    ],
)
def test_what_makes_scores_doubtful_is_a_caveat(metrics, caveat):
    (found,) = validity_caveats(metrics)
    assert caveat in found.replace(NO_BREAK, " ")


@pytest.mark.usefixtures("_undrawn")
def test_the_report_shows_the_section(inputs):
    checked = {**inputs.metrics, "validity": SOUND}
    html = render_report(ReportInputs(**{**vars(inputs), "metrics": checked}))
    assert "Do the folds ask what the map is asked?" in html
    assert "99 % of the map lies inside" in html.replace(NO_BREAK, " ")
    assert validity_section({"absent": "x"}) == {"absent": "x"}
