"""Sentences computed from figures: findings and caveats."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.parameters import EconomicsParameters
from mineral_prospectivity.reporting.caveats import caveats
from mineral_prospectivity.reporting.comparisons import Comparison, beats_chance, unsupported_claims
from mineral_prospectivity.reporting.findings import how_sure, key_figures, where
from mineral_prospectivity.reporting.report import render_report
from mineral_prospectivity.reporting.score_tables import (
    calibration_rows,
    comparison_rows,
    score_rows,
)
from mineral_prospectivity.reporting.tables import target_rows, zone_rows
from mineral_prospectivity.reporting.thumbnails import Thumbnail
from mineral_prospectivity.reporting.words import NO_BREAK
from mineral_prospectivity.reporting.worth import what_worth


def plain(sentences):
    return [sentence.replace(NO_BREAK, " ") for sentence in sentences]


def metrics_of(**changes):
    score = {"value": 0.4, "low": 0.3, "high": 0.5, "lift": 8.0}
    ranking = {"value": 0.8, "low": 0.7, "high": 0.9}
    ensemble = {"roc_auc": ranking, "capture": {"0.05": score}}
    base = {
        "scored": {
            "deposit_clusters": 40,
            "deposits": 50,
            "prevalence": 0.004,
            "brownfield": False,
        },
        "models": {"ensemble": ensemble},
        "calibration": {
            "ensemble": {
                "ece": {"value": 0.001, "null_low": 0.0, "null_high": 0.002},
                "line": {"slope": 1.0, "intercept": 0.0, "in_the_large": 0.0},
            }
        },
        "uncertainty": {"epistemic": {"spearman": 0.3}},
        "fit": {"absent": "none"},
        "validity": {"absent": "not looked at"},
    }
    return {**base, **changes}


def novelty_map(values):
    grid = np.array([[values]], dtype=np.float32)
    return Thumbnail(("novelty",), grid, (0, 1, 0, 1), 1)


USUAL = novelty_map(np.linspace(0, 98, 100))
ASSUMED = {"known_deposits": 48, "assumed": 24.0}
ASSUMPTION = (
    "Values in money rest on 24 undiscovered deposits beside the 48 known ones, which is an "
    "assumption."
)
BACKGROUND = (
    "Cells without a known deposit count as background, though some hold deposits that nobody "
    "has found: the probability is that of a known deposit, and errs on the low side."
)


def few(clusters=7):
    return {"scored": metrics_of()["scored"] | {"deposit_clusters": clusters, "deposits": 9}}


OWN_MONEY = {"exploration_cost": 1.0, "discovery_value": 25.0}
EXAMPLE_MONEY = EconomicsParameters().model_dump()
NO_TARGETS = pd.DataFrame(columns=["target_id", "rank", "unlike_training", "outside_applicability"])


def warned(metrics=None, **changes):
    """Return the caveats of a sound map, but for what is changed."""
    sound = {"quality": {}, "undiscovered": ASSUMED, "maps": USUAL, "targets": NO_TARGETS}
    sound |= {"economics": OWN_MONEY}
    return plain(caveats(metrics or metrics_of(), **(sound | changes)))


def test_how_sure_quotes_held_out_capture_with_its_interval():
    assert plain(how_sure(metrics_of())) == [
        "Searching the most prospective 5 % of the area would have found 40 % (30 % to 50 %) of "
        "the deposits of blocks that the model had never seen, 8 times as many as a search at "
        "random.",
        "The probabilities come true as often as they say, as far as these deposits can tell: "
        "the calibration error is what an exact map would show by chance.",
    ]


def test_how_sure_says_when_probabilities_do_not_come_true():
    error = {"ece": {"value": 0.03, "null_low": 0.0, "null_high": 0.002}}
    assert how_sure(metrics_of(calibration={"ensemble": error}))[1] == (
        "The probabilities do not come true exactly: the calibration error is 0.03, where an "
        "exact map would show at most 0.002. Trust the ranking more than the numbers."
    )


COME_TRUE = "The probabilities come true as often as they say"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, COME_TRUE),
        (few(20), COME_TRUE),
        (few(19), "Whether the probabilities come true, 19 clusters of deposits cannot tell."),
        (
            {"slope": 1.25},
            "The probabilities are too timid (calibration slope 1.25, 1 is right), though the "
            "calibration error is what an exact map would show by chance.",
        ),
        ({"slope": 1.24}, COME_TRUE),
        ({"slope": 0.5}, "The probabilities are too extreme (calibration slope 0.5, 1 is right)"),
        (
            {"absent": "p separates the classes, so the slope is infinite"},
            "Whether the probabilities come true is unknown: p separates the classes, so the "
            "slope is infinite.",
        ),
    ],
)
def test_that_probabilities_come_true_is_said_where_enough_speaks_for_it(changes, said):
    found = metrics_of(**{key: value for key, value in changes.items() if key == "scored"})
    if "scored" not in changes and changes:
        found["calibration"]["ensemble"]["line"] = changes
    assert how_sure(found)[1].startswith(said)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"low": 1.0, "high": 1.0}, "every draw of clusters gives the same"),
        ({"low": np.nan, "high": np.nan}, "every draw of clusters gives the same"),
        ({"interval": {"absent": "1 deposit clusters: a bootstrap needs at least 2"}},
         "1 deposit clusters: a bootstrap needs at least 2"),
    ],
)  # fmt: skip
def test_an_interval_that_says_nothing_is_not_printed(inputs, changed, why):
    found = metrics_of(**few(3))
    model = found["models"]["ensemble"]
    model["capture"]["0.05"] = {"value": 1.0, "lift": 20.0} | changed
    model["roc_auc"] = {"value": 1.0} | changed
    heads = key_figures(found, inputs.risk, inputs.targets, inputs.parameters["risk"])
    assert plain([heads[0][1]])[0].endswith(f"5 % of the area (no interval: {why})")
    assert f"have found 100 % (no interval: {why}) of the deposits" in plain(how_sure(found))[0]
    assert beats_chance(found) is None
    assert plain([row[1] for row in score_rows(found, ["roc_auc"]).rows]) == ["1"]


def test_zones_and_differences_without_width_claim_nothing():
    gap = Comparison("lightgbm", "capture@0.05", 1.0, 1.0, 1.0)
    assert gap.verdict == "not distinguishable"
    assert comparison_rows([gap]).rows[0][3] == "none: every draw of clusters gives the same"
    (claim,) = unsupported_claims([gap], 0.95)
    assert claim.endswith("of the difference includes 0, or has no width.")
    zone = {"area_share": 0.1, "captured": 4, "deposits": 4}
    zone["capture"] = {"value": 1.0, "low": 1.0, "high": 1.0}
    held_out = {"absent": "1 deposit clusters: a bootstrap needs at least 2"}
    (fit, _) = zone_rows({"zones": {"fit": zone, "held_out": held_out}}).rows
    assert fit[-1] == "none: every draw of clusters gives the same"


def ranked(**roc_auc):
    """Return metrics with a held-out ROC-AUC, and probabilities that do not come true."""
    found = metrics_of()
    found["models"]["ensemble"]["roc_auc"] = roc_auc
    found["calibration"]["ensemble"]["ece"]["value"] = 0.03
    return found


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [(0.498, 0.271, 0.717), (0.65, 0.5, 0.8), (0.3, 0.2, 0.4)],
)
def test_a_ranking_no_better_than_chance_is_said_first(value, low, high):
    found = ranked(value=value, low=low, high=high)
    numbers = f"ROC-AUC {value} ({low} to {high}), where 0.5 is chance."
    assert how_sure(found)[0] == (
        f"Held-out deposits do not rank above background beyond chance: {numbers}"
    )
    found["scored"] |= {"brownfield": True, "deposit_clusters": 7}
    found["notes"] = {"brownfield": "Brownfield."}
    assert warned(found)[0] == (
        f"Nothing shows that this map is better than chance: held-out {numbers} Do not choose "
        "ground by it; look for layers that tell of these deposits, or for more deposits."
    )
    assert "Trust the ranking" not in " ".join(how_sure(found))


@pytest.mark.parametrize(
    "unknown",
    [
        {"absent": "there is no deposit cell"},
        {"value": 0.4, "interval": {"absent": "some replicates do not define it"}},
    ],
)
def test_a_ranking_without_an_interval_is_neither_trusted_nor_doubted(unknown):
    said = " ".join([*how_sure(ranked(**unknown)), *warned(ranked(**unknown))])
    assert "chance:" not in said
    assert "Trust the ranking" not in said


def test_how_sure_says_why_capture_is_absent():
    found = metrics_of()
    found["models"]["ensemble"]["capture"]["0.05"] = {"absent": "there is no deposit"}
    assert plain(how_sure(found))[0] == (
        "How many deposits the top 5 % would have found is unknown: there is no deposit."
    )


def test_where_names_the_first_target(inputs):
    area, first = where(inputs.risk, inputs.targets)
    assert "The map was made from these deposits, so this is how it fits them" in area
    assert inputs.targets.target_id[0] in first
    assert f"{len(inputs.targets)} targets ranked." in first


def test_a_target_is_where_its_chance_is_best(inputs):
    first = inputs.targets.iloc[:1].assign(best_x=525_250.0, best_y=5_234_750.0)
    first = first.assign(probability_max=0.17, best_lower=0.06, best_upper=0.31)
    assert (
        "is best at easting 525.25 km, northing 5,234.75 km, where the chance of a discovery is "
        "17 % (6 % to 31 %)."
    ) in plain(where(inputs.risk, first))[1]

    table = target_rows(first)
    shown = dict(zip(table.headings, table.rows[0], strict=True))
    assert shown["Best cell: easting, km"] == "525.25"
    assert shown["northing, km"] == "5,234.75"
    assert shown["Best chance"].replace(NO_BREAK, " ") == "17 % (6 % to 31 %)"


def test_where_without_targets(inputs):
    sentences = where(inputs.risk, inputs.targets.iloc[:0])
    assert sentences[-1] == "No target meets the conditions set for one."


def test_what_worth_gives_the_rule_and_the_budgets_choice(inputs):
    rule, choice, *_ = what_worth(inputs.risk, inputs.targets, inputs.parameters["risk"])
    assert plain([rule]) == [
        "At a cost of 1 a cell and 25 for a discovery, a cell pays where its chance of a "
        "discovery is above 4 %."
    ]
    assert "The budget of 100 funds" in choice
    assert inputs.targets[inputs.targets.selected].target_id.iloc[0] in choice


def test_economics_that_nobody_set_are_called_an_example(inputs):
    money = {**inputs.parameters["risk"], "economics": EXAMPLE_MONEY}
    assert what_worth(inputs.risk, inputs.targets, money)[0].startswith(
        "At a cost of 1 a cell and 200 for a discovery (an example: set risk.economics), a cell "
    )
    paying = key_figures(inputs.metrics, inputs.risk, inputs.targets, money)[2][1]
    assert paying.endswith("after the discount for risk, by the economics of an example")
    assert warned(economics=EXAMPLE_MONEY)[0].startswith(
        "The economics are an example: the cost of 1 a cell and the value of 200 for a discovery "
    )


@pytest.mark.usefixtures("_undrawn")
def test_the_section_on_worth_says_that_it_is_an_example(inputs):
    assert "What it is worth</h2>" in render_report(inputs)
    risk = {**inputs.parameters["risk"], "economics": EXAMPLE_MONEY}
    page = render_report(replace(inputs, parameters={**inputs.parameters, "risk": risk}))
    assert "What it is worth: an example</h2>" in page
    assert "Read no value in money" in page


def test_what_is_funded_is_named_in_the_order_of_buying_and_what_in_part(inputs):
    bought = inputs.targets.iloc[[0, 1, 2, 3, 3]].assign(
        rank=range(1, 6),
        target_id=[f"T{number}" for number in range(5)],
        selected=[True, False, True, True, True],
        selection_order=[4, None, 1, 2, 3],
        funded_share=[0.25, 0, 1, 1, 1],
    )
    ids = bought.target_id.tolist()
    risk = {"targets": {"selected": 4, "funded_cost": 100.0, "funded_return": 9.0}}
    choice = what_worth(risk, bought, inputs.parameters["risk"])[1]

    named = f"apart: {ids[2]} (rank 3), {ids[3]} (rank 4), {ids[4]} (rank 5) and 1 other, for 100"
    assert named in choice
    part = what_worth(risk, bought.iloc[:2], inputs.parameters["risk"])[1]
    assert f"apart: {ids[0]} (rank 1, 25 % of it), for 100" in part.replace(NO_BREAK, " ")


@pytest.mark.parametrize(
    ("spacing", "rule"),
    [(5000.0, "for its cost, at least 5 km apart: T"), (0.0, "for its cost: T")],
)
def test_what_is_funded_may_have_to_lie_apart(inputs, spacing, rule):
    money = inputs.parameters["risk"]
    money = {**money, "targets": {**money["targets"], "spacing": spacing}}
    assert rule in what_worth(inputs.risk, inputs.targets, money)[1]


@pytest.mark.parametrize(
    ("paying", "caption"),
    [
        ([3, 1], "Targets, by the return of the cells that pay"),
        (
            [3, 0],
            "Targets, by the return of the cells that pay, then by mean chance of a discovery",
        ),
        ([0, 0], "Targets, by mean chance of a discovery: no cell pays"),
    ],
)
def test_the_caption_says_what_ranks_the_targets(inputs, paying, caption):
    targets = inputs.targets.iloc[:2].assign(cells_to_test=paying)

    assert target_rows(targets).caption == caption


def bought_of(inputs, funded_cost=100.0, **columns):
    """Return what testing is worth where the second of three targets is bought alone."""
    targets = inputs.targets.iloc[:3].assign(
        target_id=["T1", "T2", "T3"],
        testing_cost=[100.0, 20.0, 10.0],
        testing_return=[200.0, 60.0, 0.0],
        selected=[False, True, False],
        selection_order=[None, 1, None],
        funded_share=[0, 1, 0],
    )
    risk = {"targets": {"selected": 1, "funded_cost": funded_cost, "funded_return": 60.0}}
    said = what_worth(risk, targets.assign(**columns), inputs.parameters["risk"])
    return " ".join(plain(said[2:]))


def test_the_report_says_what_to_test_first_and_why_it_is_not_the_first_in_rank(inputs):
    low, high = "high return, low risk", "high return, high risk"
    assert bought_of(inputs, category=low) == (
        "Begin with T2: it returns 3 for each unit of cost. T1 is first in rank, as it returns "
        "most in all, but at 2 a unit."
    )
    assert bought_of(inputs, category=high).endswith(
        "at 2 a unit. T2 is of high risk: sample it before you drill."
    )
    first = {"selected": [True, False, False], "selection_order": [1, None, None]}
    assert bought_of(inputs, category=low, **first) == "Begin with T1."


def test_money_that_is_left_is_told_with_the_reason(inputs):
    assert bought_of(inputs, 20.0).startswith(
        "80 is left: the other target with cells that pay lies closer than 5 km to these. "
    )
    assert bought_of(inputs, 20.0, testing_return=[200.0, 60.0, 5.0]).startswith(
        "80 is left: the other 2 with cells that pay lie closer than 5 km to these. "
    )
    assert bought_of(inputs, 20.0, testing_return=[0.0, 60.0, 0.0]).startswith(
        "80 is left: no other target has cells that pay. "
    )


def test_what_worth_when_nothing_pays_or_is_funded(inputs):
    risk = {**inputs.risk, "targets": {"selected": 0}}
    idle = inputs.targets.assign(testing_return=0.0)
    assert what_worth(risk, idle, inputs.parameters["risk"])[1] == (
        "After the discount for risk no target has a cell that pays: the budget of 100 buys "
        "nothing."
    )
    some = idle.assign(testing_return=[1.0] + [0.0] * (len(idle) - 1))
    assert what_worth(risk, some, inputs.parameters["risk"])[1] == (
        f"After the discount for risk, 1 target of {len(idle)} has cells that pay; the budget "
        "of 100 buys none."
    )


def test_key_figures_head_the_report(inputs):
    found = key_figures(inputs.metrics, inputs.risk, inputs.targets, inputs.parameters["risk"])
    capture = inputs.metrics["models"]["ensemble"]["capture"]["0.05"]["value"]
    paying = int((inputs.targets.testing_return > 0).sum())
    assert plain([figure for figure, _ in found])[0] == f"{100 * capture:.0f} %"
    assert found[2][0] == f"{paying} of {len(inputs.targets)}"
    assert found[3][0] == str(inputs.metrics["scored"]["deposit_clusters"])


def test_a_sound_map_has_only_the_standing_caveats():
    assert warned() == [ASSUMPTION, BACKGROUND]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {
                "scored": {
                    "deposit_clusters": 1,
                    "deposits": 3,
                    "prevalence": 0.004,
                    "brownfield": False,
                }
            },
            "There is only 1 cluster of deposits (3 deposits).",
        ),
        (
            {
                "scored": {
                    "deposit_clusters": 7,
                    "deposits": 9,
                    "prevalence": 0.004,
                    "brownfield": False,
                }
            },
            "There are only 7 clusters of deposits (9 deposits). Neighbouring deposits tell the "
            "same story, so an interval here is wide and itself uncertain; where every draw of "
            "clusters gives the same score, none is given. Nor can so few tell whether "
            "probabilities come true.",
        ),
        (
            {"fit": {"models": {"ensemble": {"capture": {"0.05": {"value": 0.8}}}}}},
            "On the deposits that it was made from, the top 5 % of the map captures 80 %; on "
            "held-out ones 40 %. Expect the second.",
        ),
        (
            {
                "calibration": {"ensemble": {"line": {"slope": 0.5}}},
            },
            "Held out, the probabilities are too extreme (calibration slope 0.5, 1 is right).",
        ),
        (
            {"calibration": {"ensemble": {"line": {"slope": 2.0}}}},
            "Held out, the probabilities are too timid (calibration slope 2, 1 is right).",
        ),
        (
            {"uncertainty": {"epistemic": {"spearman": -0.2}}},
            "Epistemic uncertainty is not larger where the model errs more (Spearman −0.2): do "
            "not read low risk as safety.",
        ),
    ],
)
def test_each_weakness_is_told(changes, words):
    assert warned(metrics_of(**changes))[0].startswith(words)


def test_extrapolation_is_told():
    far = novelty_map(np.r_[np.full(10, 100.0), np.full(90, 50.0)])
    assert warned(maps=far)[0] == (
        "10 % of the area looks like at most one in a hundred held-out cells (novelty of 99 or "
        "more): there the map extrapolates."
    )


@pytest.mark.parametrize(
    ("unlike", "share", "told"),
    [
        ([1.0, 0.5], [0.0, 0.5], None),
        ([np.nan, 0.5], [np.nan, 0.5], None),
        ([1.01, 0.5], [0.1, 0.0], "1 target of 2 lies outside .*: T0007 \\(rank 1\\)\\."),
        ([0.5, 0.5], [0.0, 0.51], "1 target of 2 lies outside .*: T0009 \\(rank 2\\)\\."),
        ([3.0, 0.5], [1.0, 0.9], "2 targets of 2 lie outside .*: T0007 .* and T0009 "),
    ],
)
def test_targets_outside_the_area_of_applicability_are_named(unlike, share, told):
    targets = pd.DataFrame({"target_id": ["T0007", "T0009"], "rank": [1, 2]}).assign(
        unlike_training=unlike, outside_applicability=share
    )
    found = [text for text in warned(targets=targets) if "outside the area" in text]
    assert len(found) == (told is not None)
    assert all(re.match(told, text) for text in found)


def test_a_missing_number_of_undiscovered_deposits_is_told():
    found = warned(undiscovered={"known_deposits": 48, "assumed": None})
    assert found[0] == (
        "Values in money take the probability of a known deposit for the chance of a discovery. "
        "That is right if about as many deposits are undiscovered as known (48); give the number "
        "that you expect in risk.economics.undiscovered_deposits."
    )


def test_findings_on_the_data_come_last():
    quality = {
        "findings": ["band 'x' is constant (1): it says nothing"],
        "deposits": {"messages": ["deposits: 1 of 9 points lies outside the grid (row 4)"]},
    }
    assert warned(quality=quality)[2:] == [
        "Data: band 'x' is constant (1): it says nothing.",
        "Data: deposits: 1 of 9 points lies outside the grid (row 4).",
    ]


def test_unmeasured_things_raise_no_caveat():
    changed = metrics_of(
        uncertainty={"epistemic": {"absent": "no epistemic"}},
        calibration={"ensemble": {"line": {"absent": "p is the same in every cell"}}},
    )
    maps = Thumbnail(("probability",), np.zeros((1, 1, 1)), (0, 1, 0, 1), 1)
    assert warned(changed, maps=maps) == [ASSUMPTION, BACKGROUND]


@pytest.mark.parametrize(
    ("recalibration", "told"),
    [
        ({"absent": "uncertainty.calibration is none"}, ""),
        (
            {"folds": 5, "recalibrated": 0, "map": {"intercept": 0.0, "slope": 1.0}},
            ". VAE ensemble: recalibrated in none of 5 folds, as none gained from it. The map is "
            "left as it is",
        ),
        (
            {"folds": 5, "recalibrated": 2, "map": {"intercept": 0.0, "slope": 1.0}},
            ". VAE ensemble: recalibrated in 2 of 5 folds, the others gained nothing from it. The "
            "map is left as it is",
        ),
        (
            {"folds": 3, "recalibrated": 3, "map": {"intercept": -1.0, "slope": 0.8}},
            ". VAE ensemble: recalibrated in 3 of 3 folds. The map is recalibrated",
        ),
    ],
)
def test_the_table_of_calibration_tells_what_was_recalibrated(recalibration, told):
    metrics = metrics_of(recalibration=recalibration)
    assert calibration_rows(metrics).caption == f"Calibration, held out{told}"
    del metrics["recalibration"]
    assert calibration_rows(metrics).caption == "Calibration, held out"
