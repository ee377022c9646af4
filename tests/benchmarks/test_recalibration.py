import numpy as np
from scipy.special import expit

from judging.recalibration import recalibrated
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.scoring.baselines.fold import Fold
from mineral_prospectivity.scoring.baselines.inner import choose


def make_fold(evidence, labels, held_out):
    return Fold(
        number=9, bands=(Band("fault_distance"),), evidence=np.reshape(evidence, (-1, 1)),
        labels=np.asarray(labels), weights=np.ones(len(labels)),
        folds=np.arange(len(labels)) % 3, places=np.zeros((len(labels), 2)),
        held_out_evidence=np.reshape(held_out, (-1, 1)),
        held_out_places=np.zeros((len(held_out), 2)), seed=0, jobs=1,
    )  # fmt: skip


def share(fold):
    return np.full(len(fold.held_out_evidence), fold.prevalence)


def test_platt_scaling_undoes_an_affine_distortion_of_the_logit():
    rng = np.random.default_rng(0)
    logit = rng.normal(-3, 1.5, 20_000)
    labels = (rng.random(len(logit)) < expit(logit)).astype(int)

    def distorted(fold):
        return expit(2 * fold.held_out_evidence[:, 0] + 1)

    fold = make_fold(logit, labels, logit[:50])
    chosen = choose([distorted], fold)
    found = recalibrated(chosen, fold, distorted(fold))
    np.testing.assert_allclose(found, expit(logit[:50]), atol=0.03)


def test_platt_scaling_without_inner_deposits_changes_nothing():
    fold = make_fold(np.zeros(3), [1, 0, 0], [0.0])
    chosen = choose([share], fold)
    p = np.array([0.3])
    assert recalibrated(chosen, fold, p) is p
