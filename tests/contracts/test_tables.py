"""What the contracts accept, and what they say of tables that break them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from kedro.io import DataCatalog
from kedro.validation import DataValidationError

N = 6


def cells() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cell": np.arange(N, dtype=np.int64) * 2,
            "x": np.linspace(0, 1, N),
            "y": np.linspace(0, 1, N),
            "label": np.array([1, 0, 0, 1, 0, 0], dtype=np.int8),
            "deposits": np.array([2, 0, 0, 1, 0, 0], dtype=np.int16),
            "cluster": np.array([0, -1, -1, 1, -1, -1], dtype=np.int32),
            "fold": np.array([0, 0, 1, 1, 0, 1], dtype=np.int8),
            "training": np.ones(N, dtype=bool),
            "weight": np.ones(N),
        }
    )


def evidence() -> pd.DataFrame:
    band = np.linspace(0, 1, N, dtype=np.float32)
    band[2] = np.nan
    return pd.DataFrame({"cell": np.arange(N, dtype=np.int64), "magnetics": band})


def oof_predictions() -> pd.DataFrame:
    p = np.linspace(0.01, 0.9, N)
    epistemic = 0.3 * np.sqrt(p * (1 - p))
    aleatoric = np.sqrt(p * (1 - p) - epistemic**2)
    return (
        cells()
        .drop(columns=["deposits", "training"])
        .assign(
            probability=p,
            aleatoric=aleatoric,
            latent=aleatoric / 3,
            epistemic=epistemic,
            total=np.sqrt(p * (1 - p)),
            mutual_information=0.01,
            baseline_lightgbm=p,
        )
    )


def located_deposits() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["a", "b"], "cell": [0, 6], "cluster": [0, 1], "fold": [0, 1]},
        geometry=[shapely.Point(0, 0), shapely.Point(1, 1)],
        crs="EPSG:32633",
    )


TABLES = {table.__name__: table() for table in (cells, evidence, oof_predictions, located_deposits)}


def catalog_of(name) -> DataCatalog:
    entry = {"type": "MemoryDataset", "validator": f"mineral_prospectivity.contracts.{name}"}
    return DataCatalog.from_config({name: entry})


@pytest.mark.parametrize("name", TABLES)
def test_good_tables_pass_unchanged(name):
    catalog = catalog_of(name)
    catalog.save(name, TABLES[name])
    again = catalog.load(name)
    assert type(again) is type(TABLES[name])
    pd.testing.assert_frame_equal(again, TABLES[name], check_dtype=name != "located_deposits")


def changed(name, column, place, value):
    table = TABLES[name].copy()
    table[column] = table[column].astype(object) if isinstance(value, str) else table[column]
    table.loc[place, column] = value
    return table


@pytest.mark.parametrize(
    ("name", "table", "problem"),
    [
        ("cells", changed("cells", "cell", 1, 99), "cells must ascend, each once"),
        ("cells", changed("cells", "label", 1, 2), "labels are 0 or 1"),
        ("cells", changed("cells", "weight", 1, 0.0), "weights must be positive"),
        ("cells", changed("cells", "x", 1, np.inf), "coordinates must be finite"),
        ("cells", changed("cells", "cluster", 1, 3), "only positive cells belong to a cluster"),
        ("cells", changed("cells", "label", [0, 3], 0), "there must be a positive cell"),
        ("cells", TABLES["cells"].drop(columns="fold"), "column_in_dataframe — 1 case (e.g. fold)"),
        ("cells", TABLES["cells"].astype({"cell": "int32"}), "int64"),
        (
            "evidence",
            changed("evidence", "magnetics", 1, np.inf),
            "evidence must be finite, or NaN where it is missing",
        ),
        (
            "evidence",
            TABLES["evidence"].astype({"magnetics": "float64"}),
            "every band must be float32",
        ),
        ("evidence", TABLES["evidence"][["cell"]], "there must be at least one band"),
        (
            "oof_predictions",
            changed("oof_predictions", "probability", 1, 1.5),
            "probabilities lie in [0, 1]",
        ),
        (
            "oof_predictions",
            changed("oof_predictions", "epistemic", 1, 0.49),
            "aleatoric² + epistemic² must be total²",
        ),
        (
            "oof_predictions",
            changed("oof_predictions", "probability", 1, 0.8),
            "total² must be p(1 - p)",
        ),
        (
            "oof_predictions",
            changed("oof_predictions", "baseline_lightgbm", 1, -0.1),
            "baselines give probabilities in [0, 1]",
        ),
        (
            "located_deposits",
            changed("located_deposits", "cluster", 1, -1),
            "every deposit belongs to a cluster",
        ),
        (
            "located_deposits",
            TABLES["located_deposits"].set_crs(None, allow_override=True),
            "there must be a CRS",
        ),
    ],
)
def test_broken_tables_are_named_with_what_is_wrong(name, table, problem):
    with pytest.raises(DataValidationError) as caught:
        catalog_of(name).save(name, table)
    assert f"'{name}'" in str(caught.value)
    assert problem in str(caught.value)


def test_float32_predictions_pass():
    table = oof_predictions().astype({"probability": "float32", "total": "float32"})
    catalog_of("oof_predictions").save("oof_predictions", table)
