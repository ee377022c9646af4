"""What all tests and examples may use: folders made once, a small trained ensemble."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def made_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, Callable[[Path], None]], Path]:
    """Give the function that fills a folder once for all workers, the others wait for it.

    Tests that change what it holds work on a copy.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(name: str, fill: Callable[[Path], None]) -> Path:
        folder, whole = shared / name, shared / f"{name}.whole"
        with FileLock(shared / f"{name}.lock"):
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                whole.touch()
        return folder

    return make


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two members of two bands, their calibration and evidence."""
    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.geo.geotiff import write_geotiff
    from mineral_prospectivity.geo.grid import make_grid
    from mineral_prospectivity.geo.raster import Raster
    from mineral_prospectivity.uq.novelty import NoveltyScale
    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.settings import VaeSettings
    from mineral_prospectivity.vae.train import fit_members

    rows, cols, folds = 20, 30, 3
    rng = np.random.default_rng(0)
    features = rng.standard_normal((rows * cols, 2)).astype(np.float32)
    labels = (features.sum(axis=1) + rng.standard_normal(rows * cols) > 2.5).astype(np.int8)
    cells = np.arange(rows * cols)
    bands = (Band("magnetics", "magnetics", unit="nT"), Band("gravity", "gravity", unit="mGal"))
    data = TrainingData(
        cells=cells,
        features=features,
        labels=labels,
        clusters=np.where(labels == 1, cells, -1).astype(np.int32),
        weights=np.ones(len(cells)),
        training=np.ones(len(cells), dtype=bool),
        folds=(cells % folds).astype(np.int8),
        bands=bands,
    )
    settings = VaeSettings(steps=30, head_columns=16, hidden=16, latent=2)
    pack = fit_members(data, [0, 1], settings=settings, seed=0, folds=folds, nested=False)
    folder = tmp_path_factory.mktemp("trained")
    for bundle in pack.bundles.values():
        bundle.save(folder / f"{bundle.name}.safetensors")
    novelty = NoveltyScale.fit(pack.out_of_fold["residual"].to_numpy())
    calibration = {
        "members": [0, 1],
        "training_data": data.digest(),
        "overall": {"intercept": 0.0, "slope": 1.0},
        "novelty": novelty.to_dict(),
    }
    (folder / "calibration.json").write_text(json.dumps(calibration), encoding="utf-8")
    grid = make_grid("EPSG:32633", 500.0, (0, 0, cols * 500, rows * 500))
    stack = features.T.reshape(2, rows, cols)
    evidence = Raster(grid, bands, lambda window: stack[:, *window.slices])
    write_geotiff(evidence, folder / "evidence.tif")
    return folder


@pytest.fixture(autouse=True)
def _examples(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]) -> None:
    """Give the examples that need it the trained folder; others do not wait for it."""
    item = request.node
    if item.__class__.__name__ == "DoctestItem" and ".api." in item.name:
        doctest_namespace["trained"] = request.getfixturevalue("trained")
