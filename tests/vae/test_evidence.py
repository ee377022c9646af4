"""Evidence that differs from fit to fit: each reads its own, and none what it must not know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from mineral_prospectivity.errors import TrainingError
from mineral_prospectivity.labels.deposit_density import (
    DEPOSIT_DENSITY,
    density_table,
    fit_column,
)
from mineral_prospectivity.vae.conditional.settings import CvaeSettings
from mineral_prospectivity.vae.cross_fitting import left_out_folds
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.diversity import Diversity
from mineral_prospectivity.vae.evidence import FitEvidence, OwnBand
from mineral_prospectivity.vae.fitting import fit_ensemble
from mineral_prospectivity.vae.prepared import PreparedData

FOLDS = 4


def brownfield(data: TrainingData) -> TrainingData:
    """Put the cells on a strip, and give them the density of its deposits as a band."""
    count = len(data.cells)
    data = replace(data, folds=(np.arange(count) * FOLDS // count).astype(np.int8))
    data = replace(data, clusters=_within_folds(data))
    cells = pd.DataFrame({
        "x": 100.0 * np.arange(count), "y": 50.0, "deposits": data.labels,
        "cluster": data.clusters, "fold": data.folds,
    })  # fmt: skip
    table = density_table(cells, left_out_folds(FOLDS, nested=True))
    return replace(
        data,
        features=np.column_stack([data.features, table.pop(fit_column())]),
        bands=(*data.bands, DEPOSIT_DENSITY),
        densities={str(name): table[name].to_numpy() for name in table},
    )


def _within_folds(data: TrainingData) -> np.ndarray:
    """Split the clusters at the folds, which no cluster straddles."""
    return np.where(data.clusters < 0, -1, FOLDS * data.clusters + data.folds).astype(np.int32)


def shuffled_fold(data: TrainingData, fold: int) -> TrainingData:
    """Return other deposits in one fold, as many clusters."""
    rng, labels, clusters = np.random.default_rng(1), data.labels.copy(), data.clusters.copy()
    inside = np.flatnonzero(np.arange(len(labels)) * FOLDS // len(labels) == fold)
    order = rng.permutation(inside)
    labels[inside], clusters[inside] = labels[order], clusters[order]
    return replace(data, labels=labels, clusters=clusters)


@pytest.fixture(scope="module")
def known(data):
    return brownfield(data)


def test_rows_are_those_of_each_fit():
    values, own = torch.arange(12.0).reshape(4, 3), -torch.arange(8.0).reshape(2, 4)
    evidence = FitEvidence(values, OwnBand(1, own, torch.tensor([0, 1])))
    rows = torch.tensor([[0, 3], [2, 2], [1, 0]])
    found = evidence.take([1, 0, 1]).rows(rows)
    for fit, (plan, wanted) in enumerate(zip((1, 0, 1), rows, strict=True)):
        expected = values[wanted].clone()
        expected[:, 1] = own[plan, wanted]
        assert torch.equal(found[fit], expected)
    assert torch.equal(evidence.take([1]).whole()[0, :, 1], own[1])
    assert torch.equal(values, torch.arange(12.0).reshape(4, 3))


def test_without_such_a_band_all_fits_read_the_same(data):
    prepared = PreparedData.prepare(data, seed=0, folds=3, nested=True, device="cpu")
    whole = prepared.fit_evidence(()).whole()[0]
    assert whole.data_ptr() == prepared.fit_evidence((0, 1)).values.data_ptr()


def test_each_fit_reads_and_scales_its_own_density(known):
    prepared = PreparedData.prepare(known, seed=0, folds=FOLDS, nested=True, device="cpu")
    rows = np.arange(len(known.cells))
    column = prepared.transforms.order.index(len(known.bands) - 1)
    for left_out in prepared.plan:
        density = known.density_without(left_out)
        read = prepared.evidence(rows, left_out)
        np.testing.assert_array_equal(read[:, column].numpy(), density)
        seen = ~np.isin(known.folds, left_out)
        centre = prepared.transform(left_out).centre[0, column]
        assert centre == pytest.approx(np.median(density[seen]), abs=0.05)
        own = replace(known, features=np.column_stack([known.features[:, :-1], density]))
        scores = prepared.transform(left_out).read(read.unsqueeze(0)).targets
        alone = PreparedData.prepare(
            replace(own, bands=(*known.bands[:-1], replace(DEPOSIT_DENSITY, name="plain"))),
            seed=0, folds=FOLDS, nested=True, device="cpu",
        )  # fmt: skip
        expected = alone.transform(left_out).read(read.unsqueeze(0)).targets
        torch.testing.assert_close(scores, expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("kind", "resampling"), [("vae", "seeds"), ("vae", "generated"), ("cvae", "seeds")]
)
def test_other_deposits_in_a_fold_change_no_prediction_of_that_fold(
    data, settings, kind, resampling
):
    conditional = CvaeSettings(
        hidden=16, latent=3, beta=0.1, steps=80, batch_size=64, generated=128, classifier_steps=30
    )
    model = settings if kind == "vae" else conditional
    tables = [
        fit_ensemble(
            brownfield(one), [0], settings=model, seed=3, folds=FOLDS,
            diversity=Diversity(resampling),
        ).out_of_fold
        for one in (data, shuffled_fold(data, 1))
    ]  # fmt: skip
    before, after = (table[table["fold"] == 1] for table in tables)
    pd.testing.assert_frame_equal(before, after)
    before, after = (table[table["fold"] == 0] for table in tables)
    assert not before["mean"].equals(after["mean"])


def test_generated_cells_have_a_density_between_those_of_the_same_cells(known):
    sample = Diversity("generated").sample(known, 0, 7)
    moved = (sample.features[:, 0] != known.features[:, 0]) & known.positive
    column = known.density_column
    steps = sample.features[:, 0] - known.features[:, 0]
    assert moved.sum() > 10
    for name, before in known.densities.items():
        after = sample.densities[name]
        np.testing.assert_array_equal(after[~known.positive], before[~known.positive])
        assert (after != before)[moved].mean() > 0.9
    row = int(np.flatnonzero(moved)[0])
    inside = np.flatnonzero(known.positive & (known.folds == known.folds[row]))
    ways = known.features[inside] - known.features[row]
    shares = np.divide(
        steps[row], ways[:, 0], out=np.full(len(ways), np.nan), where=ways[:, 0] != 0
    )
    density = sample.features[row, column] - known.features[row, column]
    assert np.isclose(shares * ways[:, column], density, rtol=1e-3, atol=1e-4).any()


def test_a_density_that_is_not_given_fit_by_fit_is_refused(known):
    leaking = replace(known, densities={})
    with pytest.raises(TrainingError, match="no column 'deposit_density_without_0'"):
        PreparedData.prepare(leaking, seed=0, folds=FOLDS, nested=False, device="cpu")


def test_the_tables_give_the_densities_and_the_digest_knows_them(known):
    names = [band.name for band in known.bands]
    evidence = pd.DataFrame(known.features, columns=names).assign(
        cell=known.cells, **dict(known.densities)
    )
    cells = pd.DataFrame({
        "cell": known.cells, "label": known.labels, "cluster": known.clusters,
        "weight": known.weights, "training": known.training, "fold": known.folds,
    })  # fmt: skip
    joined = TrainingData.from_tables(cells, evidence, known.bands)
    assert joined.digest() == known.digest()
    name = fit_column((2,))
    other = {**known.densities, name: known.densities[name] + 1}
    assert replace(known, densities=other).digest() != known.digest()
