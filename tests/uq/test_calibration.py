import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import check_grad, minimize
from scipy.special import expit, log_expit, logit

from mineral_prospectivity.errors import DepositError
from mineral_prospectivity.uq import calibration
from mineral_prospectivity.uq.calibration import LogitCalibration, fit_calibration, fit_nested
from mineral_prospectivity.uq.decomposition import decompose
from mineral_prospectivity.uq.moments import LogitMoments
from mineral_prospectivity.uq.quadrature import gauss_hermite

FOLDS = np.arange(600) // 150


def held_out(members=3, cells=4000, slope=0.6, intercept=-0.5, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.normal(-2, 2, cells)
    mean = np.tile(truth, (members, 1)) + rng.normal(0, 1e-3, (members, cells))
    labels = (rng.random(cells) < expit(intercept + slope * truth)).astype(float)
    return mean, np.zeros_like(mean), np.zeros_like(mean), labels


def test_a_known_distortion_is_undone():
    fitted = fit_calibration(*held_out(cells=40_000))
    assert fitted.slope == pytest.approx(0.6, abs=0.03)
    assert fitted.intercept == pytest.approx(-0.5, abs=0.08)


def test_the_fit_is_the_optimum_of_the_stated_objective():
    rng = np.random.default_rng(3)
    mean, _, _, labels = held_out(2, 600)
    variance, latent = rng.gamma(1, 1, mean.shape), rng.gamma(1, 0.3, mean.shape)
    weights = rng.choice([1.0, 4.0], 600)
    base = logit(np.average(labels, weights=weights))

    def objective(theta):
        slope = np.exp(theta[1])
        moved = LogitCalibration(base + theta[0] - slope * base, slope)
        m = moved.apply(mean, variance, latent)
        p = decompose(m.mean, m.variance + m.latent, 0 * m.mean).probability
        nll = -weights @ np.where(labels == 1, np.log(p), np.log1p(-p))
        return nll + 2.5 * (theta @ theta)

    best = minimize(objective, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-7}).x
    fitted = fit_calibration(mean, variance, latent, labels, weights, penalty=2.5)
    assert np.log(fitted.slope) == pytest.approx(best[1], abs=1e-4)
    assert fitted.intercept == pytest.approx(base + best[0] - fitted.slope * base, abs=1e-3)


def test_the_gradient_is_that_of_the_likelihood(monkeypatch):
    monkeypatch.setattr(calibration, "_CHUNK", 2000)
    rng = np.random.default_rng(0)
    mean, _, _, labels = held_out(2, 300)
    spread = rng.gamma(1, 1, (2, 2, 300))
    rows = calibration._Cells(LogitMoments(mean, *spread), labels, rng.random(300))
    cells = calibration._HeldOut.about(-1.0, rows)
    error = check_grad(
        lambda t: cells.likelihood(t)[0], lambda t: cells.likelihood(t)[1], [0.3, -0.4]
    )
    assert error < 1e-4


def test_temperature_keeps_the_logit_of_the_prevalence_where_it_is():
    *moments, labels = held_out()
    fitted = fit_calibration(*moments, labels, method="temperature")
    base = logit(labels.mean())
    assert fitted.intercept + fitted.slope * base == pytest.approx(base)
    assert fitted.slope < 1


def test_a_strong_penalty_and_no_method_both_mean_the_identity():
    *moments, labels = held_out()
    assert fit_calibration(*moments, labels, method="none") == LogitCalibration(0.0, 1.0)
    fitted = fit_calibration(*moments, labels, penalty=1e9)
    assert (fitted.intercept, fitted.slope) == pytest.approx((0, 1), abs=1e-5)


def test_a_weight_is_that_many_cells():
    mean, variance, latent, labels = held_out(2, 500)
    weights = np.random.default_rng(0).integers(1, 4, 500)
    repeated = (np.repeat(a, weights, axis=-1) for a in (mean, variance, latent, labels))
    one, other = (
        fit_calibration(mean, variance, latent, labels, weights),
        fit_calibration(*repeated),
    )
    assert one.slope == pytest.approx(other.slope, rel=1e-6)
    assert one.intercept == pytest.approx(other.intercept, rel=1e-5)


def test_applying_maps_every_gaussian_and_survives_json():
    moved = LogitCalibration(-1.0, 2.0)
    m = moved.apply([[1.0, 2.0]], [[0.5, 1.0]], [[0.0, 0.25]])
    np.testing.assert_allclose(m.mean, [[1, 3]])
    np.testing.assert_allclose(m.variance, [[2, 4]])
    np.testing.assert_allclose(m.latent, [[0, 1]])
    assert LogitCalibration.from_dict(json.loads(json.dumps(moved.to_dict()))) == moved


def inner_table():
    rows = []
    for outer in (0, 1):
        mean, variance, latent, labels = held_out(2, 300, slope=0.3, seed=outer)
        rows += [
            pd.DataFrame({
                "member": member, "cell": np.arange(300) + 7, "outer": outer,
                "fold": np.arange(300) // 75,
                "mean": mean[member], "variance": variance[member], "latent": latent[member],
                "label": labels, "weight": 1.0,
            })
            for member in (0, 1)
        ]  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def test_every_outer_fold_gets_the_calibration_of_its_own_inner_cells():
    shuffled = inner_table().sample(frac=1, random_state=0)
    fitted = fit_nested(shuffled, method="platt", penalty=1.0)
    assert list(fitted) == [0, 1]
    for outer, found in fitted.items():
        expected = fit_calibration(*held_out(2, 300, slope=0.3, seed=outer))
        assert found.slope == pytest.approx(expected.slope, rel=1e-9)


def test_a_sound_model_is_left_as_it_is():
    """What its few deposits ask for predicts the folds that it was not fitted to no better."""
    kept = [
        fit_calibration(*held_out(cells=600, slope=1, intercept=0, seed=seed), folds=FOLDS)
        for seed in range(20)
    ]
    assert kept.count(LogitCalibration()) >= 17


def test_a_distorted_model_is_recalibrated_whether_folds_are_told_or_not():
    moments = held_out(cells=600, slope=0.4)
    assert fit_calibration(*moments, folds=FOLDS) == fit_calibration(*moments)


@pytest.mark.parametrize("slope", [0.6, 0.75, 0.85, 1.0])
def test_it_is_kept_where_other_folds_gain_more_than_one_standard_error(slope):
    mean, variance, latent, labels = held_out(1, 600, slope=slope, intercept=-0.2)
    gains = []
    for fold in range(4):
        own = fold == FOLDS
        fitted = fit_calibration(
            mean[:, ~own], variance[:, ~own], latent[:, ~own], labels[~own], penalty=2
        )
        moved = fitted.intercept + fitted.slope * mean[0, own]
        signs = 2 * labels[own] - 1
        gains.append((log_expit(signs * moved) - log_expit(signs * mean[0, own])).sum())
    helps = np.sum(gains) > np.std(gains, ddof=1) * np.sqrt(4)
    found = fit_calibration(mean, variance, latent, labels, penalty=2, folds=FOLDS)
    assert (found != LogitCalibration()) == helps


def test_a_single_fold_can_tell_of_no_gain():
    moments = held_out(cells=600, slope=0.4)
    assert fit_calibration(*moments, folds=np.zeros(600)) == LogitCalibration()


def test_a_fold_whose_others_hold_no_deposit_is_not_asked():
    mean, variance, latent, labels = held_out(1, 600, slope=0.4)
    labels[FOLDS != 0] = 0
    found = fit_calibration(mean, variance, latent, labels, folds=FOLDS)
    assert found in (LogitCalibration(), fit_calibration(mean, variance, latent, labels))


def test_a_member_that_lacks_a_cell_is_named_by_its_fold():
    with pytest.raises(ValueError, match="outer fold 2 has 599 rows; expected one for each of 2"):
        fit_nested(inner_table().iloc[:-1])


def test_inner_cells_without_a_deposit_are_named_by_their_fold():
    table = inner_table()
    table.loc[table["outer"] == 1, "label"] = 0.0
    with pytest.raises(DepositError, match="outer fold 2: calibration: the 300 held-out cells"):
        fit_nested(table)


@pytest.mark.parametrize("latent", [0.6, 1.5, 2.5])
def test_many_members_of_one_mind_are_integrated_as_well_as_one(latent):
    """Their wide Gaussians are one and the same: more members make up for no nodes."""
    mean = np.linspace(-8, 2, 400)
    nodes, share = gauss_hermite(64)
    p = expit(mean + latent * nodes[:, None]).T @ share
    labels = np.repeat([1, 0], len(mean))
    moments = [np.tile(one, (64, 2)) for one in (mean, np.zeros_like(mean), latent**2 + 0 * mean)]
    fitted = fit_calibration(*moments, labels, np.concatenate([p, 1 - p]), penalty=0.0)
    assert fitted.slope == pytest.approx(1, abs=0.004)
    assert fitted.intercept == pytest.approx(0, abs=0.01)
