"""The benchmarks are scripts beside their package: put their folder where scripts find it."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.parameters import validate_parameters

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

SIDE = 40


@pytest.fixture(scope="session")
def experiment():
    from judging.experiments import Experiment

    rng = np.random.default_rng(0)
    grid = make_grid("EPSG:32633", 500.0, (0, 0, SIDE * 500, SIDE * 500))
    cell = np.arange(SIDE * SIDE)
    evidence = rng.normal(size=(len(cell), 2)).astype(np.float32)
    p = expit(-3.5 + 1.5 * evidence[:, 0])
    label = (rng.random(len(cell)) < p).astype(np.int8)
    cells = pd.DataFrame({
        "cell": cell, "x": cell % SIDE * 500.0 + 250, "y": cell // SIDE * 500.0 + 250,
        "label": label, "deposits": label, "training": True, "weight": 1.0, "fold": np.int8(0),
        "cluster": np.where(label == 1, np.cumsum(label) - 1, -1),
    })  # fmt: skip
    parameters = validate_parameters({
        "experiment": "small", "grid": {"crs": "EPSG:32633", "resolution": 500},
        "folds": {"count": 3, "block_size": 4000.0},
    })  # fmt: skip
    table = pd.DataFrame(evidence, columns=["gravity", "magnetics"]).assign(cell=cell)
    return Experiment(
        "small", parameters, grid, (Band("gravity"), Band("magnetics")), cells, table,
        pd.DataFrame({"truth_p_given_layers": p, "peer_map": np.where(cell < 800, p, np.nan)}),
    )  # fmt: skip
