from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit

import uncertainty
from judging import uncertainties
from judging.page import mean_curve, uncertainty_table
from judging.words import uncertainty_page


class Stub:
    """Knows the law, and doubts what lies far from the middle of what it was trained on."""

    def __init__(self, experiment, cells):
        self.cells = len(cells)
        self.values = experiment.values[cells.index]
        seen = self.predict(self.values)
        self.out_of_fold = cells.assign(**vars(seen)).reset_index(drop=True)

    def predict(self, evidence):
        far = np.square(evidence - self.values.mean(axis=0)).sum(axis=1)
        mean = -3.5 + 1.5 * evidence[:, 0].astype(np.float64)
        sd = 0.1 + far / 10 + 100 / self.cells
        return SimpleNamespace(
            probability=expit(mean), epistemic=sd, log_odds_sd=sd, log_odds_mean=mean,
            novelty=far, mutual_information=sd,
        )  # fmt: skip


@pytest.fixture
def stub(monkeypatch):
    monkeypatch.setattr(
        uncertainties, "train", lambda experiment, cells, folds=None: Stub(experiment, cells)
    )
    monkeypatch.setattr(uncertainties, "train_quickly", Stub)


@pytest.mark.usefixtures("stub")
def test_the_law_itself_is_covered_and_its_gap_is_nothing(experiment):
    found = uncertainties.intervals(experiment, seed=100)
    assert set(found["coverage"]["in_sample"].values()) == {1.0}
    assert found["held_out_over_in_sample"]["epistemic"] == pytest.approx(1)
    assert not found["dispersion"]["excessive"]


@pytest.mark.usefixtures("stub")
def test_more_ground_lowers_doubt_and_odd_inputs_raise_it(experiment):
    found = uncertainties.learning(experiment, seed=100, foreign=experiment)
    levels = [found["curve"][share]["epistemic"] for share in ("25", "50", "100")]
    assert levels == sorted(levels, reverse=True)
    assert found["auroc"]["shifted"]["epistemic"] > 0.99
    assert found["auroc"]["scaled"]["novelty"] > 0.8
    assert found["auroc"]["foreign"]["epistemic"] == pytest.approx(0.5, abs=0.1)


def test_odd_inputs_are_what_they_say(experiment):
    test = experiment.values[:50]
    odd = uncertainties.odd_inputs(experiment, test, None, seed=0)
    assert set(odd) == {"shifted", "scaled", "permuted"}
    assert (odd["shifted"].min(axis=0) > experiment.values.max(axis=0) - np.ptp(test, 0)).all()
    np.testing.assert_array_equal(np.sort(odd["permuted"], axis=0), np.sort(test, axis=0))
    assert not np.array_equal(odd["permuted"], test)


@pytest.mark.usefixtures("stub")
def test_labels_are_bought_apart_and_from_the_pool_alone(experiment):
    pool = np.zeros(len(experiment.cells), dtype=bool)
    pool[:800] = True
    trained = Stub(experiment, experiment.cells[~pool])
    for strategy in ("bald", "random"):
        bought = uncertainties._buy(
            experiment, trained, pool, 30, strategy=strategy, seed=1
        )  # fmt: skip
        assert bought.sum() == 30
        assert not (bought & ~pool).any()
        squares = experiment.cells.loc[bought, ["x", "y"]] // uncertainties.SPACING
        assert not squares.duplicated().any()


@pytest.mark.usefixtures("stub")
def test_answers_are_kept_and_become_a_table(experiment, tmp_path, monkeypatch):
    monkeypatch.setattr(uncertainties, "BUDGETS", (0, 10, 20))
    answers = {}
    for question in ("intervals", "replay"):
        ask = getattr(uncertainties, question)
        known = [
            uncertainty.answer(
                tmp_path, experiment, question, lambda seed, ask=ask: ask(experiment, seed), 100
            )
        ]
        answers[question] = known
        again = uncertainty.answer(tmp_path, experiment, question, lambda seed: 1 / 0, 100)
        assert again == known[0]
    assert len(mean_curve(answers, "bald")) == 3
    table = uncertainty_table({"small": answers})
    assert "| Coverage of p given the layers at 0.9, held out | 1.000 |" in table
    assert "| epistemic at 25, 50, 100 % of the ground | –, –, – |" in table
    summary = {"seeds": [100], "machine": "m", "software": "s", "experiments": {"small": answers}}
    page = uncertainty_page(summary, "figure.png", {})
    assert "![Coverage" in page
    assert "- Coverage of the 90 % interval of .85 or more held out: met on `small`." in page
    assert "- Coverage of the 90 % interval from .85 to .95 in sample: missed on `small`." in page
    assert "- Permuted inputs told by novelty, AUROC .85 or more: asked nowhere." in page
    assert "| deals on which the warning is given | 0 of 1 |" in table


def test_ground_with_too_few_deposits_says_so():
    from mineral_prospectivity.errors import DepositError

    def refuse(seed):
        raise DepositError("too few")

    assert uncertainties.or_absent(refuse, seed=1) == {"absent": "too few"}
