"""Realisations: honest, repeatable, independent of their company, and behind the one interface."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mineral_prospectivity.errors import BundleError, TrainingError
from mineral_prospectivity.uq.decomposition import decompose
from mineral_prospectivity.vae.batches import Fit
from mineral_prospectivity.vae.bundle import MemberBundle
from mineral_prospectivity.vae.conditional.classifiers import StackedClassifiers
from mineral_prospectivity.vae.conditional.settings import CvaeSettings
from mineral_prospectivity.vae.conditional.train import prior_logit
from mineral_prospectivity.vae.ensemble import Ensemble

MOMENTS = ["mean", "variance", "latent"]
TABLES = ("out_of_fold", "inner")


def test_training_again_gives_the_same_bytes(fit_cvae, realisations):
    again = fit_cvae([0, 1, 2])
    for member, bundle in realisations.bundles.items():
        assert bundle.to_bytes() == again.bundles[member].to_bytes()
    for table in (*TABLES, "history"):
        pd.testing.assert_frame_equal(getattr(realisations, table), getattr(again, table))


def test_a_member_of_a_pack_equals_the_member_alone(fit_cvae, realisations):
    alone = fit_cvae([2])
    for name, array in realisations.bundles[2].tensors.items():
        np.testing.assert_allclose(array, alone.bundles[2].tensors[name], atol=1e-6, err_msg=name)
    for table in TABLES:
        packed = getattr(realisations, table)
        own = packed[packed["member"] == 2].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, getattr(alone, table), rtol=1e-4, atol=1e-5)


def test_members_share_the_autoencoder_and_nothing_else(realisations):
    first, second = (realisations.bundles[member].tensors for member in (0, 1))
    for name, array in first.items():
        assert np.array_equal(array, second[name]) == (not name.startswith("classifier.")), name


def test_another_seed_gives_another_autoencoder(fit_cvae, realisations):
    other = fit_cvae([0], seed=8, nested=False).bundles[0]
    name = "network.decoder.0.weight"
    assert not np.array_equal(other.tensors[name], realisations.bundles[0].tensors[name])


def test_tables_have_the_shape_of_every_model(data, realisations):
    table = realisations.out_of_fold
    assert table.columns.tolist() == ["member", "cell", "fold", *MOMENTS, "residual"]
    for _, own in table.groupby("member"):
        np.testing.assert_array_equal(own["cell"], data.cells)
        np.testing.assert_array_equal(own["fold"], data.folds)
    assert np.isfinite(table).all().all()
    assert (table["variance"] == 0).all()
    assert (table[["latent", "residual"]] >= 0).all().all()
    assert (table[["latent", "residual"]].mean() > 0).all()
    inner = realisations.inner
    assert inner.columns.tolist() == ["member", "cell", "outer", "fold", *MOMENTS, "weight"]
    assert (inner["fold"] != inner["outer"]).all()
    assert not inner.duplicated(["member", "outer", "cell"]).any()


def test_without_nesting_there_is_no_inner_table(fit_cvae, realisations):
    plain = fit_cvae([0], nested=False)
    assert plain.inner.empty
    assert plain.inner.columns.tolist() == realisations.inner.columns.tolist()


def test_labels_of_a_fold_never_reach_its_own_predictions(data, fit_cvae, realisations):
    labels = data.labels.copy()
    in_fold = data.folds == 1
    labels[in_fold] = np.random.default_rng(0).permutation(labels[in_fold])
    clusters = np.where(labels == 1, np.arange(len(labels)), -1).astype(np.int32)
    changed = fit_cvae(
        [0, 1, 2], data=dataclasses.replace(data, labels=labels, clusters=clusters), nested=False
    )
    before, after = (p.out_of_fold.query("fold == 1") for p in (realisations, changed))
    pd.testing.assert_frame_equal(before, after)
    others = [p.out_of_fold.query("fold != 1")["mean"] for p in (realisations, changed)]
    assert not others[0].equals(others[1])


def test_evidence_of_a_fold_never_reaches_the_predictions_of_its_neighbours(
    data, fit_cvae, realisations
):
    features = data.features.copy()
    features[data.folds == 1] *= 3
    changed = fit_cvae([0, 1, 2], data=dataclasses.replace(data, features=features))
    inner = [p.inner.query("outer == 1")[MOMENTS] for p in (realisations, changed)]
    pd.testing.assert_frame_equal(*(table.reset_index(drop=True) for table in inner))


def test_it_learns_nearly_what_a_logistic_regression_does(data, fit_cvae):
    pack = fit_cvae([0], settings=CvaeSettings(), nested=False)
    ours = pack.out_of_fold["mean"]
    features = np.nan_to_num(
        (data.features - np.nanmean(data.features, 0)) / np.nanstd(data.features, 0)
    )
    peer = np.zeros(len(ours))
    for fold in range(3):
        seen, held_out = data.folds != fold, data.folds == fold
        model = LogisticRegression().fit(features[seen], data.labels[seen])
        peer[held_out] = model.decision_function(features[held_out])
    assert roc_auc_score(data.labels, ours) > roc_auc_score(data.labels, peer) - 0.05


def test_the_prior_correction_is_exact(data):
    """Bayes: the balanced posterior's odds times the natural odds are the natural posterior's."""
    zone = (data.labels == 0) & (np.arange(len(data.labels)) % 3 == 0)
    weights = np.where(data.labels == 1, 1.0, 2.5)
    weighted = dataclasses.replace(data, weights=weights, training=data.training & ~zone)
    fit = Fit(0, (1,))
    seen = (weighted.labels == 0) | weighted.training
    seen &= weighted.folds != 1
    pi = np.average(weighted.labels[seen], weights=weighted.weights[seen])
    shift = prior_logit(weighted, fit)
    assert shift == pytest.approx(logit(pi), abs=1e-12)
    x = np.linspace(-4, 4, 50)
    deposit, background = (np.exp(-((x - mean) ** 2) / 2) for mean in (1, 0))
    natural = pi * deposit / (pi * deposit + (1 - pi) * background)
    balanced = logit(deposit / (deposit + background))
    np.testing.assert_allclose(expit(balanced + shift), natural, rtol=1e-12)


def test_the_correction_is_added_to_every_logit():
    classifiers = StackedClassifiers(3, bands=2, hidden=4)
    classifiers.initialise([np.random.default_rng(number) for number in range(3)])
    scores = torch.randn(1, 10, 2)
    before = classifiers(scores)
    classifiers.shift(-2.5)
    torch.testing.assert_close(classifiers(scores), before - 2.5)


def test_the_decomposition_holds(data, realisations):
    ensemble = Ensemble.of(list(realisations.bundles.values()), device="cpu")
    moments = ensemble.logit_moments(data.features)
    split = decompose(moments.mean, moments.variance, moments.latent)
    p = split.probability
    np.testing.assert_allclose(split.aleatoric**2 + split.epistemic**2, p * (1 - p), atol=1e-12)
    np.testing.assert_allclose(split.total**2, p * (1 - p), atol=1e-12)
    assert (split.latent <= split.aleatoric).all()
    alone = decompose(moments.mean, moments.variance, np.zeros_like(moments.latent))
    realised = expit(moments.mean)
    np.testing.assert_allclose(alone.epistemic, realised.std(axis=0), atol=1e-12)
    np.testing.assert_allclose(alone.probability, realised.mean(axis=0), atol=1e-12)


def test_a_bundle_survives_its_file(tmp_path, data, realisations):
    bundle = realisations.bundles[1]
    bundle.save(tmp_path / "member_001.safetensors")
    read = MemberBundle.load(tmp_path / "member_001.safetensors")
    assert read.header == bundle.header
    assert read.header.settings.kind == "cvae"
    own, again = (
        Ensemble.of([b], device="cpu").logit_moments(data.features) for b in (bundle, read)
    )
    for before, after in zip(own, again, strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_map_does_not_depend_on_its_windows(data, realisations):
    ensemble = Ensemble.of(list(realisations.bundles.values()), device="cpu")
    whole = ensemble.logit_moments(data.features)
    parts = [ensemble.logit_moments(part) for part in np.array_split(data.features, 7)]
    for name in ("mean", "latent"):
        joined = np.concatenate([getattr(part, name) for part in parts], axis=1)
        np.testing.assert_allclose(joined, getattr(whole, name), rtol=1e-4, atol=1e-5)


def test_encoding_has_a_row_a_member_and_cell(data, realisations, cvae):
    ensemble = Ensemble.of(list(realisations.bundles.values()), device="cpu")
    encoded = ensemble.encode(data.features[:20])
    assert encoded.shape == (3, 20, cvae.latent)
    assert np.ptp(encoded[0], axis=0).max() > 0.1


def test_members_of_two_kinds_are_refused(realisations, pack):
    message = (
        r"^member_001 is of the kind 'cvae', member_000 of the kind 'vae'\. "
        r"Train all members with one model\.kind$"
    )
    with pytest.raises(BundleError, match=message):
        Ensemble.of([pack.bundles[0], realisations.bundles[1]])


def test_members_of_another_autoencoder_are_refused(realisations, fit_cvae):
    other = fit_cvae([1], seed=8, nested=False).bundles[1]
    message = r"member_001 was trained with another ensemble\.seed \(8\) than member_000 \(7\)"
    with pytest.raises(BundleError, match=message):
        Ensemble.of([realisations.bundles[0], other])


def test_a_kind_that_nobody_knows_is_refused(realisations):
    content = realisations.bundles[0].to_bytes()
    unknown = content.replace(b'\\"kind\\": \\"cvae\\"', b'\\"kind\\": \\"gans\\"')
    message = r"^member bundle of the kind 'gans'; this version reads vae, cvae\. Upgrade"
    with pytest.raises(BundleError, match=message):
        MemberBundle.from_bytes(unknown)


def test_a_fold_without_positives_is_refused(data, fit_cvae):
    labels = np.where(data.folds == 2, 0, data.labels).astype(np.int8)
    with pytest.raises(TrainingError, match="fold 3 of 3 has no positive cell"):
        fit_cvae([0], data=dataclasses.replace(data, labels=labels))


def test_progress_counts_the_fits(fit_cvae, cvae):
    seen = []
    fit_cvae([4], nested=False, progress=seen.append)
    assert [now.step for now in seen] == [1, 2, 3, 4]
    assert seen[-1].steps == 4
    assert 0 < seen[-1].active_units <= cvae.latent
