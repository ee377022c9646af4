import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.scoring.capture import capture
from mineral_prospectivity.scoring.ranking import roc_auc
from mineral_prospectivity.scoring.undiscovered import PER_KNOWN, undiscovered_sensitivity

MONEY = {"exploration_cost": 1.0, "discovery_value": 50.0}


@pytest.fixture(scope="module")
def oof():
    rng = np.random.default_rng(3)
    p = rng.beta(1, 30, 2000) * 0.5
    label = (rng.random(2000) < p).astype(int)
    weight = np.where(label == 1, 1.0, rng.choice([1.0, 4.0], 2000))
    return pd.DataFrame({"label": label, "deposits": 2 * label, "weight": weight, "probability": p})


def test_ranks_stay_and_probabilities_move(oof):
    found = undiscovered_sensitivity(oof, undiscovered=None, **MONEY)
    p, weights = oof.probability, oof.weight
    rows = [found["as_it_is"], *found["table"]]
    auc, top = roc_auc(oof.label, p, weights), capture(p, oof.deposits, 0.05, weights)
    uncapped = [row for row in rows if row["certain_cells"] == 0]
    assert len(uncapped) >= 6
    for row in uncapped:
        assert row["roc_auc"] == pytest.approx(auc, abs=1e-12)
        assert row["capture"] == pytest.approx(top, abs=1e-12)
    for name in ("discovery_probability", "paying_cells", "discoveries", "expected_value"):
        values = [row[name] for row in found["table"]]
        assert (np.diff(values) >= 0).all()
        assert values[-1] > values[0]


def test_values_by_hand(oof):
    found = undiscovered_sensitivity(oof, undiscovered=None, **MONEY)
    row = found["table"][PER_KNOWN.index(0.5)]
    chance = 0.5 * oof.probability / (1 - oof.probability)
    pays = (chance > 1 / 50) & (oof.label == 0)
    assert found["known_deposits"] == oof.deposits.sum()
    assert row["undiscovered_deposits"] == 0.5 * oof.deposits.sum()
    assert row["known_share"] == pytest.approx(2 / 3)
    assert row["deposit_probability"] == pytest.approx(
        np.average(1.5 * oof.probability, weights=oof.weight), abs=1e-12
    )
    assert row["paying_cells"] == oof.weight[pays].sum()
    assert row["expected_value"] == pytest.approx(
        (oof.weight * (50 * chance - 1))[pays].sum(), abs=1e-9
    )


def test_known_deposits_are_no_discoveries(oof):
    """However sure the map is of them, and whatever their number."""
    surer = oof.assign(probability=np.where(oof.label == 1, 0.6, oof.probability))
    for found in (oof, surer):
        claims = undiscovered_sensitivity(found, undiscovered=None, **MONEY)["as_it_is"]
        open_ground = oof[oof.label == 0]
        pays = open_ground[open_ground.probability > 1 / 50]
        assert claims["paying_cells"] == pays.weight.sum()
        assert claims["discoveries"] == pytest.approx(pays.weight @ pays.probability)


def test_the_assumed_number_has_its_row(oof):
    known = int(oof.deposits.sum())
    found = undiscovered_sensitivity(oof, undiscovered=1.5 * known, **MONEY)
    assert [row["undiscovered_deposits"] for row in found["table"]] == pytest.approx(
        [round(share * known) for share in sorted([*PER_KNOWN, 1.5])]
    )
    as_known = undiscovered_sensitivity(oof, undiscovered=known, **MONEY)
    assert len(as_known["table"]) == len(PER_KNOWN)
