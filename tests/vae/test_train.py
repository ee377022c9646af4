"""Members: honest, repeatable, independent of their company, and able to learn."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from mineral_prospectivity.errors import ConfigurationError, TrainingError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.uq.calibration import fit_calibration
from mineral_prospectivity.uq.decomposition import decompose
from mineral_prospectivity.vae.cross_fitting import CALIBRATION_BACKGROUND, CalibrationSample
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.device import choose_device
from mineral_prospectivity.vae.settings import VaeSettings
from mineral_prospectivity.vae.train import fit_members

FOLDS = 3
MOMENTS = ["mean", "variance", "latent"]


def train(data, members, settings, **arguments):
    return fit_members(data, members, **{"seed": 7, "folds": FOLDS, **arguments}, settings=settings)


def test_training_again_gives_the_same_bytes(data, settings, pack):
    again = train(data, [0, 1], settings)
    for member, bundle in pack.bundles.items():
        assert bundle.to_bytes() == again.bundles[member].to_bytes()
    for table in ("out_of_fold", "inner", "history"):
        pd.testing.assert_frame_equal(getattr(pack, table), getattr(again, table), check_exact=True)


def test_a_member_of_a_pack_equals_the_member_alone(data, settings, pack):
    alone = train(data, [1], settings)
    assert alone.bundles[1].to_bytes() == pack.bundles[1].to_bytes()
    for table in ("out_of_fold", "inner", "history"):
        packed = getattr(pack, table)
        own = packed[packed["member"] == 1].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, getattr(alone, table), check_exact=True)


def test_members_and_seeds_differ(data, settings, pack):
    other = train(data, [0], settings, seed=8, nested=False)
    first, second = (pack.bundles[m].tensors["network.encoder.0.weight"] for m in (0, 1))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, other.bundles[0].tensors["network.encoder.0.weight"])


def test_deposits_that_gather_by_themselves_move_the_head_less(data, settings):
    independent, gathering = (
        train(data, [0], settings.model_copy(update={"head_dispersion": dispersion}), nested=False)
        for dispersion in (1.0, 20.0)
    )
    assert gathering.out_of_fold["mean"].std() < 0.8 * independent.out_of_fold["mean"].std()


def test_every_cell_is_predicted_once_out_of_fold(data, pack):
    table = pack.out_of_fold
    assert table.columns.tolist() == ["member", "cell", "fold", *MOMENTS, "residual"]
    for _, own in table.groupby("member"):
        np.testing.assert_array_equal(own["cell"], data.cells)
        np.testing.assert_array_equal(own["fold"], data.folds)
    assert np.isfinite(table).all().all()
    assert (table[["variance", "latent", "residual"]] >= 0).all().all()


def test_calibration_cells_are_predicted_for_every_other_fold(data, pack):
    table = pack.inner
    assert table.columns.tolist() == ["member", "cell", "outer", "fold", *MOMENTS, "weight"]
    sample = CalibrationSample.draw(data, 7)
    assert (table["fold"] != table["outer"]).all()
    for (_, outer), own in table.groupby(["member", "outer"]):
        expected = data.cells[sample.rows[data.folds[sample.rows] != outer]]
        np.testing.assert_array_equal(own["cell"], expected)
    by_cell = pd.Series(sample.weights, data.cells[sample.rows])
    np.testing.assert_array_equal(table["weight"], by_cell[table["cell"]])


def test_the_calibration_sample_stands_for_the_whole_map(make_data):
    data = make_data(cells=CALIBRATION_BACKGROUND + 2000)
    sample = CalibrationSample.draw(data, 0)
    background = data.labels[sample.rows] == 0
    assert background.sum() == CALIBRATION_BACKGROUND
    assert sample.weights[background].sum() == pytest.approx(data.weights[data.labels == 0].sum())
    assert not data.training[sample.rows].all()
    np.testing.assert_array_equal(sample.rows[~background], np.flatnonzero(data.positive))


def test_excluded_background_does_not_raise_the_calibrated_rates():
    """Fits that see 70 % of the background expect deposits 1 / 0.7 times as often."""
    rng = np.random.default_rng(4)
    p = expit(rng.normal(-2.5, 1, 6000))
    labels = (rng.random(6000) < p).astype(np.int8)
    data = TrainingData(
        cells=np.arange(6000), features=rng.normal(size=(6000, 1)).astype(np.float32),
        labels=labels, clusters=np.where(labels == 1, 0, -1).astype(np.int32),
        weights=np.ones(6000), training=(labels == 1) | (rng.random(6000) < 0.7),
        folds=np.zeros(6000, np.int8), bands=(Band("gravity"),),
    )  # fmt: skip
    expected = logit(p)[None] - np.log(0.7)
    sample, none = CalibrationSample.draw(data, 0), np.zeros((1, 6000))
    rows = sample.rows
    fitted = fit_calibration(
        expected[:, rows], none[:, rows], none[:, rows], labels[rows], sample.weights
    )
    found = decompose(*vars(fitted.apply(expected, none, none)).values()).probability
    assert expit(expected).mean() > 1.25 * labels.mean()
    assert found.mean() == pytest.approx(labels.mean(), rel=0.02)


def test_without_nesting_there_is_no_inner_table(data, settings, pack):
    plain = train(data, [0], settings, nested=False)
    assert plain.inner.empty
    assert plain.inner.columns.tolist() == pack.inner.columns.tolist()
    assert plain.bundles.keys() == {0}


def test_labels_of_a_fold_never_reach_its_own_predictions(data, settings, pack):
    labels = data.labels.copy()
    in_fold = data.folds == 1
    labels[in_fold] = np.random.default_rng(0).permutation(labels[in_fold])
    clusters = np.where(labels == 1, np.arange(len(labels)), -1).astype(np.int32)
    clusters[~in_fold] = data.clusters[~in_fold]
    changed = train(dataclasses.replace(data, labels=labels, clusters=clusters), [0, 1], settings)
    before, after = (p.out_of_fold[p.out_of_fold["fold"] == 1] for p in (pack, changed))
    pd.testing.assert_frame_equal(before, after, check_exact=True)
    outer = [p.inner[p.inner["outer"] == 1].set_index(["member", "cell"]) for p in (pack, changed)]
    shared = outer[0].index.intersection(outer[1].index)
    pd.testing.assert_frame_equal(
        outer[0].loc[shared, MOMENTS], outer[1].loc[shared, MOMENTS], check_exact=True
    )
    others = [p.out_of_fold[p.out_of_fold["fold"] != 1]["mean"] for p in (pack, changed)]
    assert not others[0].equals(others[1])


def test_evidence_of_a_fold_never_reaches_the_predictions_of_its_neighbours(data, settings, pack):
    features = data.features.copy()
    features[data.folds == 1] *= 3
    changed = train(dataclasses.replace(data, features=features), [0], settings)
    inner = [p.inner.query("outer == 1 and member == 0")[MOMENTS] for p in (pack, changed)]
    pd.testing.assert_frame_equal(
        inner[0].reset_index(drop=True), inner[1].reset_index(drop=True), check_exact=True
    )


def test_history_tells_of_every_fit(pack, settings):
    history = pack.history
    assert set(history["fit"]) == {
        "full", "without_0", "without_1", "without_2", "without_0_1", "without_0_2", "without_1_2",
    }  # fmt: skip
    assert history["step"].max() == settings.steps
    first, last = (history[history["step"] == s]["loss"].mean() for s in (2, settings.steps))
    assert last < first
    assert pack.bundles[0].header.history["step"][-1] == settings.steps


def test_progress_counts_all_stacks(data, settings):
    seen = []
    train(data, [3, 5], settings, nested=False, progress=seen.append)
    assert {now.members for now in seen} == {(3,), (5,)}
    assert [now.step for now in seen] == sorted(now.step for now in seen)
    assert seen[-1].step == seen[-1].steps == 2 * settings.steps
    assert 0 <= seen[-1].active_units <= settings.latent


def test_a_collapsed_latent_space_fails_the_member(data, settings):
    hopeless = settings.model_copy(update={"beta": 100.0, "warmup": 0.0, "steps": 200})
    message = (
        r"^member_007: the latent space collapsed \(0 of 4 units active\)\. "
        r"Lower model\.beta \(now 100\.0\), or raise model\.steps \(now 200\)$"
    )
    with pytest.raises(TrainingError, match=message):
        train(data, [7], hopeless, nested=False)


def test_the_kl_weight_that_weighs_more_is_named(data, settings):
    hopeless = settings.model_copy(
        update={"beta_reconstruction": 80.0, "warmup": 0.0, "steps": 200}
    )
    with pytest.raises(TrainingError, match=r"Lower model\.beta_reconstruction \(now 80\.0\)"):
        train(data, [7], hopeless, nested=False)


def test_a_loss_that_is_not_finite_fails_the_member(data, settings):
    wild = settings.model_copy(update={"learning_rate": 1e30})
    message = (
        r"^member_002: the loss is not finite at step 2 of 40 \(fit 'full'\)\. "
        r"Lower model\.learning_rate \(now 1e\+30\)$"
    )
    with pytest.raises(TrainingError, match=message):
        train(data, [2], wild, nested=False)


def test_a_collapse_that_no_kl_weight_explains_is_blamed_on_the_learning_rate(data, settings):
    wild = settings.model_copy(update={"learning_rate": 1.0, "gradient_clip": 1e30})
    with pytest.raises(TrainingError, match=r"Lower model\.learning_rate \(now 1\.0\)"):
        train(data, [2], wild, nested=False)


def test_a_fold_without_positives_is_refused(data, settings):
    labels = np.where(data.folds == 2, 0, data.labels).astype(np.int8)
    message = (
        r"^fold 3 of 3 has no positive cell\. Choose fewer folds \(folds\.count\), "
        r"smaller blocks \(folds\.block_size\) or another folds\.seed$"
    )
    with pytest.raises(TrainingError, match=message):
        train(dataclasses.replace(data, labels=labels), [0], settings)


def test_a_fold_without_background_is_refused(data, settings):
    training = data.training & ((data.folds != 0) | (data.labels == 1))
    with pytest.raises(TrainingError, match="fold 1 of 3 has no background cell"):
        train(dataclasses.replace(data, training=training), [0], settings)


def test_folds_beyond_their_number_are_refused(data, settings):
    with pytest.raises(TrainingError, match="cells lie in folds 1 to 3, of 2 folds"):
        train(data, [0], settings, folds=2, nested=False)


def test_two_folds_are_too_few_for_a_nested_calibration(data, settings):
    message = (
        r"^folds\.count = 2: a calibration on inner folds needs at least 3\. "
        r"Raise it, or train without inner folds \(nested=False\), which leaves nothing to fit a "
        r"calibration to$"
    )
    with pytest.raises(TrainingError, match=message):
        train(data, [0], settings, folds=2)


def test_cuda_is_refused_where_there_is_none(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    message = r"^ensemble\.device = 'cuda', but PyTorch sees no CUDA device\. Use 'auto' or 'cpu'$"
    with pytest.raises(ConfigurationError, match=message):
        choose_device("cuda")
    assert choose_device("auto").type == "cpu"


def test_a_gpu_is_chosen_by_its_number(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    chosen = [str(choose_device(name)) for name in ("auto", "cpu", "cuda", "cuda:1")]
    assert chosen == ["cuda", "cpu", "cuda", "cuda:1"]
    message = r"^ensemble\.device = 'cuda:2', but PyTorch sees 2 CUDA devices\. Use 'auto' or"
    with pytest.raises(ConfigurationError, match=message):
        choose_device("cuda:2")


@pytest.mark.parametrize("name", ["gpu", "CUDA", "cuda:", "cuda:-1", "mps", ""])
def test_what_is_no_device_is_refused(name):
    with pytest.raises(ConfigurationError, match="is no device; give auto, cpu, cuda, or a GPU"):
        choose_device(name)


def test_members_learn_what_there_is_to_learn(make_data):
    data = make_data(cells=2400, seed=3)
    pack = fit_members(
        data, [0, 1], settings=VaeSettings(steps=80), seed=0, folds=FOLDS, nested=False
    )
    logits = pack.out_of_fold["mean"].to_numpy().reshape(2, -1)
    ours = expit(logits).mean(axis=0)
    features = np.nan_to_num(
        (data.features - np.nanmean(data.features, 0)) / np.nanstd(data.features, 0)
    )
    peer, constant = np.zeros(len(ours)), np.zeros(len(ours))
    for fold in range(FOLDS):
        seen, held_out = data.folds != fold, data.folds == fold
        model = LogisticRegression(C=0.1).fit(features[seen], data.labels[seen])
        peer[held_out] = model.predict_proba(features[held_out])[:, 1]
        constant[held_out] = data.labels[seen].mean()
    assert roc_auc_score(data.labels, ours) > roc_auc_score(data.labels, peer) - 0.02
    assert log_loss(data.labels, ours) < log_loss(data.labels, constant) - 0.02
