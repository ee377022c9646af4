"""Everything that can be known to be wrong with an experiment before it runs, at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from kedro.io import AbstractDataset

from mineral_prospectivity.config import ComposingConfigLoader, shape_of
from mineral_prospectivity.config_errors import catalog_problems, put_there
from mineral_prospectivity.errors import ProspectivityError, user_error
from mineral_prospectivity.experiments.worth_a_look import (
    doubtful_deposits,
    doubtful_grid,
    doubtful_layer,
    doubtful_money,
)
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.checks import check_layers
from mineral_prospectivity.geo.evidence import layer_evidence, stack
from mineral_prospectivity.geo.extent import layer_bounds
from mineral_prospectivity.geo.grid import projected_crs
from mineral_prospectivity.geo.quality import quality_report
from mineral_prospectivity.geo.tabulate import raster_of_cells, valid_cells
from mineral_prospectivity.hooks import fetch_sources
from mineral_prospectivity.labels import lopsided_folds, thin_folds
from mineral_prospectivity.parameters import Parameters, validate_parameters
from mineral_prospectivity.pipelines.data_engineering.declared import (
    declared_cells,
    declared_deposits,
    declared_grid,
)
from mineral_prospectivity.runner.environment import has_batch
from mineral_prospectivity.targeting.getis_ord import hot_spots

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.layers import EvidenceLayer
    from mineral_prospectivity.geo.raster import Raster
    from mineral_prospectivity.parameters import HotSpotParameters

Result = TypeVar("Result")

READ_WHOLE = 1_000_000
"""Cells of the largest map whose evidence is read whole; of larger ones all cells count."""


@dataclass
class Findings:
    """What a check found: errors stop a run, warnings want a look."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    def attempt(self, action: Callable[[], Result]) -> Result | None:
        """Return what an action gives; what it is refused with becomes errors."""
        try:
            return action()
        except Exception as error:
            known = user_error(error)
            if known is None:
                raise
            self.refuse(known)
            return None

    def refuse(self, error: ProspectivityError) -> None:
        """Add an error, unless it is known already."""
        if str(error) not in self.errors:
            self.errors.append(str(error))


def check_experiment(loader: ComposingConfigLoader, project: Path) -> Findings:
    """Return all that is wrong with an experiment, and all that is doubtful.

    Parameters
    ----------
    loader
        Of its environment.
    project
        Root of the project.
    """
    findings = Findings()
    findings.attempt(lambda: fetch_sources(loader, project))
    catalog = findings.attempt(lambda: loader["catalog"])
    parameters = findings.attempt(lambda: validate_parameters(loader["parameters"]))
    if catalog is None:
        return findings
    wrong = catalog_problems(catalog)
    findings.errors += wrong
    if parameters is not None and not wrong:
        findings.attempt(lambda: shape_of(loader))
    if parameters is not None:
        findings.warnings += doubtful_money(parameters.risk.economics)
        if not has_batch(loader):
            findings.attempt(lambda: require_device(parameters.ensemble.device))
    layers, peers = (_layers(prefix, catalog, findings) for prefix in ("layer.", "peer."))
    deposits = _deposits(catalog, findings)
    if parameters is not None and layers:
        _check_data(parameters, layers, peers, deposits, findings)
    findings.warnings += changed_since(catalog, project)
    return findings


def require_device(name: str) -> None:
    """Refuse CUDA where there is none, as the training would.

    Raises
    ------
    ConfigurationError
        If so.
    """
    if name.startswith("cuda"):  # of the others none can be missing, and torch takes long to load
        from mineral_prospectivity.vae.device import choose_device

        choose_device(name)


def changed_since(catalog: dict[str, Any], project: Path) -> list[str]:
    """Return which layers and deposits are newer than the data that were made of them."""
    made = _modified(catalog.get("data_quality"), project)
    raw = [name for name in catalog if name == "deposits" or name.startswith("layer.")]
    newer = [name for name in raw if made and _modified(catalog[name], project) > made]
    if not newer:
        return []
    return [
        f"{', '.join(newer)}: changed since the data were made of them. Run without "
        "--only-missing-outputs, from data_engineering on"
    ]


def _modified(entry: Any, project: Path) -> float:
    """Return when the file of a catalog entry was changed, 0 where there is none on this disk."""
    filepath = entry.get("filepath") if isinstance(entry, dict) else None
    path = project / str(filepath)
    return path.stat().st_mtime if filepath and path.exists() else 0.0


def _layers(prefix: str, catalog: dict[str, Any], findings: Findings) -> list[EvidenceLayer]:
    """Return the layers of a kind whose files are there."""
    names = [name for name in catalog if name.startswith(prefix)]
    found = [_load(name, catalog[name], findings) for name in names]
    return [layer for layer in found if layer is not None]


def _deposits(catalog: dict[str, Any], findings: Findings) -> gpd.GeoDataFrame | None:
    return _load("deposits", catalog.get("deposits"), findings)


def _load(name: str, entry: Any, findings: Findings) -> Any:
    """Return what a catalog entry holds, None where it cannot be used or has no file."""
    if not isinstance(entry, dict) or catalog_problems({name: entry}):
        return None
    dataset = AbstractDataset.from_config(name, entry)
    if not dataset.exists():
        remedy = put_there(entry["filepath"])
        findings.errors.append(f"{name} ({entry['filepath']}): there is no such file: {remedy}")
        return None
    try:
        return findings.attempt(dataset.load)
    except Exception as error:  # GDAL, pyogrio and pandas raise many kinds
        findings.errors.append(f"{name} ({entry['filepath']}): cannot be read: {error}")
        return None


def _check_data(
    parameters: Parameters,
    layers: list[EvidenceLayer],
    peers: list[EvidenceLayer],
    deposits: gpd.GeoDataFrame | None,
    findings: Findings,
) -> None:
    """Check layers, deposits and, beside them, peers, which have no say in grid and cells."""
    reference = projected_crs(parameters.grid.crs)
    readable, compared = (
        [one for one in some if findings.attempt(partial(layer_bounds, one, reference)) is not None]
        for some in (layers, peers)
    )
    grid = findings.attempt(lambda: declared_grid(parameters.grid, readable))
    if grid is None:
        return
    findings.facts.append(
        f"grid: {grid.shape.x} x {grid.shape.y} cells of {grid.resolution.x:g} m, {grid.crs}"
    )
    findings.warnings += doubtful_grid(parameters, grid)
    rasters = _evidence(parameters, readable, grid, findings)
    _evidence(parameters, compared, grid, findings)
    cells = _cells(parameters, rasters, grid, findings)
    if deposits is not None and cells is not None:
        _check_labels(parameters, deposits, grid, cells, findings)


def _evidence(
    parameters: Parameters, layers: list[EvidenceLayer], grid: GeoBox, findings: Findings
) -> list[Raster]:
    rasters = []
    reproject = parameters.grid.reproject
    for layer in layers:
        try:
            check_layers([layer], grid, reproject=reproject)
            rasters.append(layer_evidence(layer, grid, reproject=reproject))
        except ProspectivityError as error:
            findings.refuse(error)
            continue
        findings.warnings += doubtful_layer(layer, grid)
    return rasters


def _cells(
    parameters: Parameters, rasters: list[Raster], grid: GeoBox, findings: Findings
) -> NDArray[np.int64] | None:
    """Return the cells with evidence; on a huge map, or with layers missing, all cells."""
    every = np.arange(grid.shape.x * grid.shape.y, dtype=np.int64)
    if not rasters:
        return every
    evidence = findings.attempt(lambda: stack(rasters))
    if evidence is None or findings.errors:
        return every
    findings.facts.append(
        f"evidence: {len(evidence.bands)} bands of {len(rasters)} layers{_context(parameters)}"
    )
    if every.size > READ_WHOLE:
        findings.facts.append("coverage: not looked at, since the map is large; the report says")
        return every
    least = parameters.grid.min_coverage
    findings.warnings += quality_report(evidence, min_coverage=least)["findings"]
    cells = findings.attempt(lambda: valid_cells(evidence, least))
    if cells is not None:
        _check_hot_spots(parameters.risk.hot_spots, grid, cells, findings)
    return cells


def _check_hot_spots(
    wanted: HotSpotParameters, grid: GeoBox, cells: NDArray[np.int64], findings: Findings
) -> None:
    """Look for hot spots of a made-up surface: the radius is refused as on the map itself."""
    surface = raster_of_cells(grid, cells, np.linspace(0, 1, cells.size), Band("probability"))
    radius = min(wanted.radius, float(np.hypot(*grid.shape)) * grid.resolution.x)
    findings.attempt(lambda: hot_spots(surface, radius=radius, significance=wanted.significance))


def _context(parameters: Parameters) -> str:
    """Return what is evidence beside the bands of the layers: the means around each cell."""
    radius = parameters.grid.context
    if radius is None:
        return ""
    if parameters.model.kind == "cvae":
        readers = "which no member of the model 'cvae' reads"
    else:
        readers = (
            "for members to read where inner folds say that it helps (two trainings instead of one)"
        )
    return f", and the mean of each within {radius:,.0f} m, {readers}"


def _check_labels(
    parameters: Parameters,
    deposits: gpd.GeoDataFrame,
    grid: GeoBox,
    cells: NDArray[np.int64],
    findings: Findings,
) -> None:
    labels, folds = parameters.labels, parameters.folds
    selected = findings.attempt(lambda: declared_deposits(deposits, grid, parameters.grid, labels))
    if selected is None:
        return
    kept, report = selected
    findings.warnings += report["messages"]
    made = findings.attempt(lambda: declared_cells(grid, cells, kept, labels, folds))
    if made is None:
        return
    table, located = made
    clusters = located["cluster"].nunique()
    findings.facts.append(
        f"deposits: {len(located)} of {report['given']} count, in {clusters} clusters and "
        f"{folds.count} folds"
    )
    findings.warnings += doubtful_deposits(len(kept), located)
    findings.warnings += thin_folds(table) + lopsided_folds(table)
