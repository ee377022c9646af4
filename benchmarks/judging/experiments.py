"""Experiments to judge on: evidence and labels as data engineering makes them, folds re-dealt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from mineral_prospectivity.config import shape_of
from mineral_prospectivity.geo.array_folder import read_array_folder
from mineral_prospectivity.geo.evidence import layer_evidence, stack
from mineral_prospectivity.geo.tabulate import evidence_table
from mineral_prospectivity.hooks import fetch_sources
from mineral_prospectivity.labels import spatial_folds
from mineral_prospectivity.parameters import Parameters, validate_parameters
from mineral_prospectivity.pipelines.data_engineering.nodes import (
    align_layer,
    define_grid,
    label_cells,
    stack_evidence,
)
from mineral_prospectivity.vae.data import TrainingData

if TYPE_CHECKING:
    from mineral_prospectivity.geo.bands import Band

PROJECT = Path(__file__).parents[2]
TRUTH = "truth_p_given_layers"


@dataclass(frozen=True, eq=False)
class Experiment:
    """One region: the tables that models learn from, and what only the judge may see.

    Parameters
    ----------
    name, parameters
        Of the experiment.
    grid, bands, cells, evidence
        As data engineering gives them; the folds in ``cells`` are those of ``folds.seed``.
    references
        Published peers (``peer_<name>``) and known truths (``truth_<name>``), row by row.
    """

    name: str
    parameters: Parameters
    grid: Any
    bands: tuple[Band, ...]
    cells: pd.DataFrame
    evidence: pd.DataFrame
    references: pd.DataFrame

    @property
    def limit(self) -> np.ndarray | None:
        """Probability given the layers, ``(cells,)``; None where it is not known."""
        known = self.references.get(TRUTH)
        return None if known is None else known.to_numpy(np.float64)

    @cached_property
    def digest(self) -> str:
        """Name of what models learn from, whatever the folds."""
        return TrainingData.from_tables(self.cells, self.evidence, self.bands).digest()

    def deal(
        self, seed: int, count: int | None = None, cells: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Return the cells with folds dealt by another seed.

        Some of the cells are dealt in blocks of half the side: there are fewer blocks of them.
        """
        folds = self.parameters.folds
        block_size = folds.block_size if cells is None else folds.block_size / 2
        cells = self.cells if cells is None else cells
        fold = spatial_folds(
            self.grid, cells["cell"].to_numpy(), cells["cluster"].to_numpy(),
            count=count or folds.count, block_size=block_size, seed=seed,
        )  # fmt: skip
        return cells.assign(fold=fold)

    @cached_property
    def values(self) -> np.ndarray:
        """Evidence of all cells, ``(cells, bands)``, NaN where missing."""
        return self.evidence[[band.name for band in self.bands]].to_numpy(np.float32)


def load_experiment(name: str, conf: Path = PROJECT / "conf") -> Experiment:
    """Make evidence and labels of an experiment of a configuration, writing no file."""
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, conf_source=str(conf), env=name) as session:
        context = session.load_context()
        loader, catalog = context.config_loader, context.catalog
        fetch_sources(loader, PROJECT)
        parameters = validate_parameters(loader["parameters"])
        if parameters.labels.brownfield:
            raise SystemExit(
                f"{name}: labels.brownfield makes evidence of the experiment's own folds, and here "
                "they are dealt anew. Set labels.brownfield: false"
            )
        shape = shape_of(loader)
        layers = [catalog.load(f"layer.{layer}") for layer in shape.layers]
        deposits = catalog.load("deposits")
        grid = define_grid(parameters.grid, parameters.labels, deposits, *layers)
        aligned = [align_layer(one, grid, parameters.grid) for one in layers]
        cells, _, _ = label_cells(
            deposits, parameters.grid, parameters.labels, parameters.folds, *aligned
        )
        evidence = stack_evidence(cells, parameters.grid, parameters.labels, *aligned)
        rows = cells["cell"].to_numpy()
        names = {f"peer_{name}": f"peer.{name}" for name in shape.peers}
        names |= {f"truth_{name}": f"truth.{name}" for name in shape.truths}
        seen = [layer_evidence(catalog.load(entry).named(to), grid) for to, entry in names.items()]
        references = evidence_table(stack(seen), rows) if seen else pd.DataFrame(index=cells.index)
        return Experiment(
            name, parameters, evidence.grid, evidence.bands, cells,
            evidence_table(evidence, rows), references,
        )  # fmt: skip


def declare_arrays(folder: Path, conf: Path) -> str:
    """Declare a folder of arrays (``features.npy`` and so on) as an experiment, return its name.

    The samples are the centres of cells; the side of a cell is the usual step between eastings,
    that of a block a fifth of the region's shorter side.
    """
    table = read_array_folder(folder)
    if table.crs is None:
        msg = f"{folder}: features_metadata.json names no crs, and the grid needs a projected one"
        raise SystemExit(msg)
    resolution = float(np.median(np.diff(np.unique(table.x.round(3)))))
    side = min(np.ptp(table.x), np.ptp(table.y))
    half = resolution / 2
    bounds = [
        float(limit)
        for limit in (
            table.x.min() - half, table.y.min() - half, table.x.max() + half, table.y.max() + half
        )
    ]  # fmt: skip
    array = {"filepath": str(folder.resolve())}
    layer = {"type": "mineral_prospectivity.datasets.EvidenceLayerDataset", "kind": "table"}
    deposits = {"type": "mineral_prospectivity.datasets.VectorDataset"}
    return declare(
        conf,
        folder.name,
        catalog={"layer.table": layer | array, "deposits": deposits | array},
        parameters={
            "grid": {"crs": table.crs, "resolution": resolution, "bounds": bounds},
            "labels": {"cluster_distance": 4 * resolution},
            "folds": {"block_size": max(float(side) / 5, resolution)},
        },
    )


def declare(conf: Path, name: str, catalog: dict[str, Any], parameters: dict[str, Any]) -> str:
    """Write an experiment into a configuration whose base is the project's, return its name."""
    for path in (PROJECT / "conf/base").glob("*.yml"):
        _write(conf / "base" / path.name, path.read_text(encoding="utf-8"))
    storage = str(conf.resolve().parent)
    _write(conf / name / "globals.yml", json.dumps({"experiment": name, "storage": storage}))
    _write(conf / name / "catalog_layers.yml", yaml.safe_dump(catalog, sort_keys=False))
    _write(conf / name / "parameters.yml", yaml.safe_dump(parameters))
    return name


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
