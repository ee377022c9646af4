"""An experiment before it is written: what was found, and what was chosen from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.experiments.area import (
    common_area,
    given_area,
    shared_bounds,
    size_of,
)
from mineral_prospectivity.experiments.deposits import FoundDeposits, look_at_deposits
from mineral_prospectivity.experiments.folder import look_at_folder
from mineral_prospectivity.experiments.leaks import without_leaks
from mineral_prospectivity.experiments.place import (
    Choice,
    choose_blocks,
    choose_crs,
    choose_resolution,
    few_cells,
    outside_its_region,
)
from mineral_prospectivity.experiments.raw import place_in
from mineral_prospectivity.experiments.worth_a_look import few_samples
from mineral_prospectivity.geo.grid import (
    grid_crs,
    make_grid,
    named_crs,
    projected_crs,
    require_bounds,
)
from mineral_prospectivity.geo.layers import name_rows
from mineral_prospectivity.labels import select_deposits

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from odc.geo import CRS
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.experiments.found import Found, LeftOut
    from mineral_prospectivity.geo.place import Bounds

DENSITY_CELLS = 6


@dataclass(frozen=True)
class Draft:
    """An experiment before it is written.

    Parameters
    ----------
    name
        Of the experiment.
    source
        Folder in which the layers lie.
    raw
        Folder to which the raw files go.
    layers, left_out, deposits
        What was found.
    crs, resolution, bounds, blocks
        What was chosen.
    deposits_have_crs
        Whether the deposits' file names a CRS; otherwise that of the grid is declared.
    """

    name: str
    source: Path
    raw: Path
    layers: tuple[Found, ...]
    left_out: tuple[LeftOut, ...]
    deposits: FoundDeposits
    crs: Choice
    resolution: Choice
    bounds: Choice
    blocks: Choice
    deposits_have_crs: bool

    def filepath(self, path: Path) -> str:
        """Return a raw file as the catalog names it."""
        place = place_in(self.raw, path, self.source)
        return "${globals:raw}/" + place.relative_to(self.raw).as_posix()

    @cached_property
    def doubts(self) -> list[tuple[str, str]]:
        """What a person should look at: of which layers or parameter, and what."""
        chosen = {
            "grid.crs": self.crs,
            "grid.resolution": self.resolution,
            "grid.bounds": self.bounds,
            "folds": self.blocks,
        }
        layers: dict[str, list[str]] = {}
        for found in self.layers:
            for doubt in found.doubts:
                layers.setdefault(doubt, []).append(found.name)
        return [
            *((", ".join(names), doubt) for doubt, names in layers.items()),
            *(("deposits", doubt) for doubt in self.deposits.doubts),
            *((name, choice.doubt) for name, choice in chosen.items() if choice.doubt),
        ]


def draft_experiment(
    name: str,
    layers: Path,
    deposits: Path,
    raw: Path,
    *,
    crs: str | None = None,
    resolution: float | None = None,
    bounds: Bounds | None = None,
) -> Draft:
    """Look at layers and deposits, and choose what was not given.

    Raises
    ------
    ProspectivityError
        If there is no layer or no deposit, no file names its CRS, or what was given cannot be.
    """
    given = Choice(str(named_crs(projected_crs(crs))), "given") if crs else None
    if bounds:
        require_bounds(bounds, crs or "the grid's CRS")
    found, left_out = look_at_folder(layers, deposits)
    sites = look_at_deposits(deposits)
    chosen = given or choose_crs(found, sites.frame)
    reference = projected_crs(str(chosen.value))
    located = sites.frame if sites.frame.crs is not None else sites.frame.set_crs(reference.wkt)
    used = without_leaks(found, located, reference)
    _require_evidence(used)
    area = given_area(bounds, used, reference) if bounds else common_area(used, chosen)
    limits = area.value or shared_bounds(used, str(chosen.value))
    size = _resolution(used, reference, limits, resolution)
    used = [_with_radii(one, float(size.value)) for one in used]
    limits = area.value or shared_bounds(used, str(chosen.value), float(size.value))
    grid = make_grid(str(chosen.value), float(size.value), limits)
    used = [_with_few_samples(one, grid) for one in used]
    kept, sites = _on(grid, located, sites)
    return Draft(
        name=name,
        source=layers,
        raw=raw,
        layers=tuple(used),
        left_out=tuple(left_out),
        deposits=sites,
        crs=replace(chosen, doubt=chosen.doubt or outside_its_region(reference, limits)),
        resolution=size,
        bounds=area,
        blocks=choose_blocks(grid, kept),
        deposits_have_crs=sites.frame.crs is not None,
    )


def _require_evidence(used: list[Found]) -> None:
    if not any(one.use == "layer" for one in used):
        msg = "no evidence is left: every layer found is a model's map, or the deposits themselves"
        raise ConfigurationError(msg)


def _resolution(used: list[Found], crs: CRS, limits: Bounds, given: float | None) -> Choice:
    if given:
        return Choice(given, "given", few_cells(size_of(limits) / given**2))
    return choose_resolution([one for one in used if one.use == "layer"], crs, size_of(limits))


def _with_radii(found: Found, resolution: float) -> Found:
    """Ask for the density of lines, within a radius that cells can resolve."""
    if found.fields["kind"] != "lines":
        return found
    radius = DENSITY_CELLS * resolution
    return replace(
        found,
        fields={**found.fields, "derive": [{"density": [radius]}]},
        guesses=(*found.guesses, f"derive: density within {radius:g} m, {DENSITY_CELLS} cells"),
    )


def _with_few_samples(found: Found, grid: GeoBox) -> Found:
    """Doubt samples that are few for the grid."""
    spread = "max_distance" in found.fields
    if found.use == "off" or not (spread or found.fields["kind"] == "table"):
        return found
    crs, samples = grid_crs(grid), cast("gpd.GeoDataFrame", found.picture)
    places = samples.set_crs((found.crs or crs).wkt, allow_override=True).to_crs(crs.wkt).geometry
    points = places.representative_point()
    few = few_samples(points.x.to_numpy(), points.y.to_numpy(), grid, spread=spread)
    return replace(found, doubts=(*found.doubts, few)) if few else found


def _on(
    grid: GeoBox, deposits: gpd.GeoDataFrame, found: FoundDeposits
) -> tuple[gpd.GeoDataFrame, FoundDeposits]:
    """Return the deposits on the grid, and what was found with a doubt about the others."""
    kept, report = select_deposits(deposits, grid)
    outside = np.unique(deposits.index[report["outside"]])
    if not outside.size:
        return kept, found
    doubt = (
        f"{outside.size} of {len(deposits)} lie outside the grid ({name_rows(outside)}), so a run "
        "leaves them out. Are their coordinates right, or exchanged?"
    )
    return kept, replace(found, doubts=(*found.doubts, doubt))
