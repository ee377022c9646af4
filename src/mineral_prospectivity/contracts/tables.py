"""Tables that cross from one pipeline to another, and what must hold of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pandera.pandas import Check, Column, DataFrameSchema

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-5
"""Largest difference of sums of squares that stand for the same variance."""


def _ascending(cells: pd.Series) -> bool:
    return bool((np.diff(cells.to_numpy()) > 0).all())


def _finite_or_missing(table: pd.DataFrame) -> bool:
    return not np.isinf(table.drop(columns="cell").to_numpy()).any()


def _all_float32(table: pd.DataFrame) -> bool:
    return bool((table.drop(columns="cell").dtypes == np.float32).all())


def _variances_add_up(table: pd.DataFrame) -> bool:
    parts = table["aleatoric"] ** 2 + table["epistemic"] ** 2
    return bool(((parts - table["total"] ** 2).abs() < TOLERANCE).all())


def _total_is_bernoulli(table: pd.DataFrame) -> bool:
    variance = table["probability"] * (1 - table["probability"])
    return bool(((table["total"] ** 2 - variance).abs() < TOLERANCE).all())


def _only_positives_cluster(table: pd.DataFrame) -> bool:
    return bool(((table["label"] == 1) | (table["cluster"] == -1)).all())


def _cell() -> Column:
    return Column(
        np.int64,
        [
            Check.ge(0, error="cells are counted from 0"),
            Check(_ascending, error="cells must ascend, each once"),
        ],
    )


def _coordinate() -> Column:
    return Column(np.float64, Check(np.isfinite, error="coordinates must be finite"))


def _label() -> Column:
    return Column(np.int8, Check.isin([0, 1], error="labels are 0 or 1"))


def _fold() -> Column:
    return Column(np.int8, Check.ge(0, error="folds are counted from 0"))


def _spread() -> Column:
    return Column(float, Check.ge(0, error="a standard deviation is at least 0"), coerce=True)


cells = DataFrameSchema(
    {
        "cell": _cell(),
        "x": _coordinate(),
        "y": _coordinate(),
        "label": _label(),
        "deposits": Column(np.int16, Check.ge(0, error="deposits are counted")),
        "cluster": Column(np.int32, Check.ge(-1, error="-1 stands for no cluster")),
        "fold": _fold(),
        "training": Column(bool),
        "weight": Column(float, Check.gt(0, error="weights must be positive")),
    },
    checks=[
        Check(_only_positives_cluster, error="only positive cells belong to a cluster"),
        Check(lambda table: (table["label"] == 1).any(), error="there must be a positive cell"),
    ],
    name="cells",
)
"""One row a cell with evidence, ascending."""

evidence = DataFrameSchema(
    {"cell": _cell()},
    checks=[
        Check(lambda table: table.shape[1] > 1, error="there must be at least one band"),
        Check(_all_float32, error="every band must be float32"),
        Check(_finite_or_missing, error="evidence must be finite, or NaN where it is missing"),
    ],
    name="evidence",
)
"""Evidence of the same cells: one float32 column a band, NaN where it is missing."""

oof_predictions = DataFrameSchema(
    {
        "cell": _cell(),
        "x": _coordinate(),
        "y": _coordinate(),
        "fold": _fold(),
        "label": _label(),
        "cluster": Column(np.int32),
        "probability": Column(
            float, Check.between(0, 1, error="probabilities lie in [0, 1]"), coerce=True
        ),
        "aleatoric": _spread(),
        "latent": _spread(),
        "epistemic": _spread(),
        "total": _spread(),
        "mutual_information": Column(
            float, Check.ge(-TOLERANCE, error="mutual information is at least 0"), coerce=True
        ),
        "^baseline_.*$": Column(
            float,
            Check.between(0, 1, error="baselines give probabilities in [0, 1]"),
            regex=True,
            required=False,
            coerce=True,
        ),
    },
    checks=[
        Check(_variances_add_up, error="aleatoric² + epistemic² must be total²"),
        Check(_total_is_bernoulli, error="total² must be p(1 - p)"),
    ],
    name="oof_predictions",
)
"""Predictions of every cell by fits that never saw its fold; uncertainties are SDs."""

located_deposits = DataFrameSchema(
    {
        "cell": Column(
            np.int64, Check.ge(0, error="deposits lie on cells of the grid"), coerce=True
        ),
        "cluster": Column(
            np.int32, Check.ge(0, error="every deposit belongs to a cluster"), coerce=True
        ),
        "fold": Column(np.int8, Check.ge(0, error="folds are counted from 0"), coerce=True),
    },
    checks=[
        Check(lambda table: getattr(table, "crs", None) is not None, error="there must be a CRS"),
        Check(
            lambda table: (table.geom_type == "Point").all(), error="deposits must be single points"
        ),
    ],
    name="located_deposits",
)
"""Deposits on the grid, with the cell, cluster and fold of each."""
