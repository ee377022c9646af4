"""Training data that does not belong together is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.errors import TrainingError
from mineral_prospectivity.vae.data import TrainingData


def tables(data):
    cells = pd.DataFrame(
        {
            "cell": data.cells,
            "label": data.labels,
            "cluster": data.clusters,
            "weight": data.weights,
            "training": data.training,
            "fold": data.folds,
        }
    )
    evidence = pd.DataFrame(data.features, columns=[band.name for band in data.bands])
    evidence.insert(0, "cell", data.cells)
    return cells, evidence


def test_tables_become_training_data(data):
    cells, evidence = tables(data)
    joined = TrainingData.from_tables(cells, evidence, data.bands)
    assert joined.digest() == data.digest()


def test_a_deposit_counts_in_one_of_the_cells_that_it_makes_positive(data):
    rows = np.flatnonzero(data.labels == 1)[:8]
    assert data.deposits_a_positive(rows) == 1
    deposits = np.zeros(len(data.labels), np.int32)
    deposits[rows[:2]] = 1, 3
    buffered = dataclasses.replace(data, deposits=deposits)
    assert buffered.deposits_a_positive(rows) == 2 / 8
    assert buffered.deposits_a_positive(rows[2:]) == 1 / 6  # where its own cell has no evidence
    assert buffered.digest() != data.digest()


def test_tables_of_other_cells_are_refused(data):
    cells, evidence = tables(data)
    with pytest.raises(
        TrainingError,
        match="the cells table and the evidence table do not list the same cells in one order",
    ):
        TrainingData.from_tables(cells, evidence.iloc[::-1], data.bands)


def test_a_band_without_a_column_is_named(data):
    cells, evidence = tables(data)
    with pytest.raises(TrainingError, match="the evidence table has no column for 'gravity'"):
        TrainingData.from_tables(cells, evidence.drop(columns="gravity"), data.bands)


@pytest.mark.parametrize("name", ["labels", "features", "weights", "folds", "training", "clusters"])
def test_the_digest_follows_every_array(data, name):
    array = getattr(data, name).copy()
    array.flat[5] = {"training": not data.training[5], "labels": 1 - data.labels[5]}.get(name, 2)
    assert dataclasses.replace(data, **{name: array}).digest() != data.digest()


def test_the_digest_follows_the_bands(data):
    bands = (dataclasses.replace(data.bands[0], unit="T"), *data.bands[1:])
    assert dataclasses.replace(data, bands=bands).digest() != data.digest()


def change(name, value):
    def changed(data):
        array = getattr(data, name).copy()
        array[3] = value
        return {name: array}

    return changed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (change("labels", 2), r"labels must be 0 or 1, found \[2\]"),
        (change("weights", 0), "weights must be positive and finite"),
        (
            change("features", np.inf),
            "band 'magnetics' holds infinite values; mark them as missing",
        ),
        (
            lambda data: {"features": data.features[:, :2]},
            r"features of shape \(900, 2\) do not hold 5 bands",
        ),
        (lambda data: {"labels": data.labels[:7]}, "labels has 7 rows, features has 900"),
        (
            lambda data: {"features": data.features * [1, 1, 1, np.nan, 1]},
            "band 'gravity' has no value in any cell; leave it out",
        ),
    ],
)
def test_bad_values_are_named(data, changes, message):
    with pytest.raises(TrainingError, match=message):
        dataclasses.replace(data, **changes(data))
