"""Draws of training: what a fit sees, in which proportion, from its own streams."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from mineral_prospectivity.vae.batches import BLOCK, STREAMS, BatchStream, Fit

CPU = torch.device("cpu")


def batches(data, fits, settings, steps=BLOCK + 3, seed=0):
    stream = BatchStream(data, fits, settings, layers=3, seed=seed)
    return stream, list(stream.steps(steps, CPU))


def test_a_fit_draws_the_same_whatever_it_is_stacked_with(data, settings):
    fits = [Fit(0, (1,)), Fit(4), Fit(2, (0, 2))]
    _, together = batches(data, fits, settings)
    for number, fit in enumerate(fits):
        _, alone = batches(data, [fit], settings)
        for one, many in zip(alone, together, strict=True):
            for own, stacked in zip(one, many, strict=True):
                assert torch.equal(own[0], stacked[number])


def test_every_fit_and_stream_draws_its_own_numbers():
    keys = [Fit(m, out) for m in (0, 1) for out in ((), (0,), (1,), (0, 1))]
    first = [fit.generator(3, stream).random() for fit in keys for stream in STREAMS]
    assert len(set(first)) == len(first)
    assert Fit(0).generator(3, "rows").random() != Fit(0).generator(4, "rows").random()


def test_no_row_of_a_fold_that_is_left_out_is_drawn(data, settings):
    _, drawn = batches(data, [Fit(0, (0, 2))], settings)
    rows = torch.cat([batch.rows.flatten() for batch in drawn]).numpy()
    assert set(data.folds[rows]) == {1}


def test_positives_come_first_in_their_share(data, settings):
    stream, drawn = batches(data, [Fit(0)], settings)
    positives = np.concatenate([batch.rows[0, : stream.positives].numpy() for batch in drawn])
    assert stream.positives == settings.batch_size // 4
    assert data.positive[positives].all()


def test_natural_rows_come_in_proportion_to_their_weights(data, settings):
    weights = np.where(np.arange(len(data.cells)) < 300, 8.0, 1.0)
    stream, drawn = batches(
        dataclasses.replace(data, weights=weights), [Fit(0)], settings, steps=400
    )
    natural = np.concatenate([batch.rows[0, stream.positives :].numpy() for batch in drawn])
    assert (natural < 300).mean() == pytest.approx(8 / 10, abs=0.01)


def test_cells_kept_out_of_training_are_drawn_for_the_reconstruction(data, settings):
    stream, drawn = batches(data, [Fit(0)], settings, steps=200)
    natural = np.concatenate([batch.rows[0, stream.positives :].numpy() for batch in drawn])
    assert (~data.training[natural]).mean() == pytest.approx((~data.training).mean(), abs=0.01)


def test_layers_are_hidden_in_their_share(data, settings):
    _, drawn = batches(data, [Fit(0)], settings, steps=200)
    kept = torch.stack([batch.kept for batch in drawn])
    assert 1 - kept.mean().item() == pytest.approx(settings.feature_dropout, abs=0.01)
    assert set(kept.unique().tolist()) == {0.0, 1.0}


def test_fits_are_named_after_what_they_never_see():
    names = [Fit(0).name, Fit(0, (2,)).name, Fit(0, (1, 3)).name]
    assert names == ["full", "without_2", "without_1_3"]
