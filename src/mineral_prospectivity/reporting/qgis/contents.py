"""What a project holds, in which order, and what it shows first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mineral_prospectivity.reporting.qgis.layers import Group, Layer
from mineral_prospectivity.reporting.qgis.maps import (
    MAPS,
    PROSPECTIVITY,
    RISK_RETURN,
    UNCERTAINTY,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.bands import Band

DEPOSITS = "Known deposits"
TARGETS = "Targets"
SURFACES = "Maps, one at a time"
EVIDENCE = "Evidence"


@dataclass(frozen=True)
class Theme:
    """A view with a name: the keys of its layers, the paths of its groups, how it is read."""

    title: str
    layers: tuple[str, ...]
    groups: tuple[str, ...]
    reading: str


def contents(styles: Mapping[str, str], evidence: Sequence[tuple[Band, str]]) -> Group:
    """Return the tree of a project, the topmost first.

    Parameters
    ----------
    styles
        By name.
    evidence
        The bands of the evidence with the style of each.
    """
    surfaces = [
        _maps(group, styles, checked=group == PROSPECTIVITY)
        for group in (PROSPECTIVITY, RISK_RETURN, UNCERTAINTY)
    ]
    return Group(
        "",
        (
            Group(TARGETS, _targets(styles)),
            Group(DEPOSITS, _deposits(styles)),
            Group(SURFACES, (*surfaces, _evidence(evidence)), exclusive=True),
        ),
    )


def themes(tree: Group) -> Iterator[Theme]:
    """Yield a view for each question that a geologist asks."""
    readings = {one.name: one.reading for one in MAPS}
    every = {group.title: f"{SURFACES}/{group.title}" for group in _subgroups(tree)}
    for title, surface, group, marks in (
        ("Where: probability and targets", "probability", PROSPECTIVITY, "targets"),
        ("How sure: epistemic uncertainty", "epistemic", UNCERTAINTY, "next_samples"),
        ("Where not to trust it: novelty", "novelty", UNCERTAINTY, "targets"),
        ("What to test: return and risk", "risk_return", RISK_RETURN, "targets"),
    ):
        layers = ("features_deposits", f"features_{marks}", f"surface_{surface}")
        groups = (DEPOSITS, TARGETS, SURFACES, every[group])
        yield Theme(title, layers, groups, readings[surface])


def abstract(grid: GeoBox) -> str:
    """Return what the project tells of, with the units of its maps."""
    size = abs(grid.resolution.x)
    head = (
        f"Cells of {size:g} m. Red dots are the known deposits, white outlines the ranked targets. "
        "Rest the mouse on a layer to read what it shows; View > Layers > Manage Map Themes has "
        "a view for each question. The report beside this file says how far to trust the maps."
    )
    return "\n\n".join([head, *(f"{one.title}. {one.reading}" for one in MAPS)])


def _subgroups(tree: Group) -> Iterator[Group]:
    for member in tree.members:
        if isinstance(member, Group) and member.title == SURFACES:
            yield from (group for group in member.members if isinstance(group, Group))


def _deposits(styles: Mapping[str, str]) -> tuple[Layer, ...]:
    source = "./deposits.gpkg|layername=deposits"
    return (
        Layer(
            "features_deposits", "Known deposits", source, styles["deposits"],
            "The deposits that the models learned from.", "Point", checked=True,
        ),
        Layer(
            "features_folds", "Known deposits by fold", source, styles["folds"],
            "The fold in which each deposit was held out: scores come from models that had not "
            "seen it. Clusters stay together.", "Point",
        ),
    )  # fmt: skip


def _targets(styles: Mapping[str, str]) -> tuple[Layer, ...]:
    return (
        Layer(
            "features_next_samples", "Proposed samples",
            "./next_samples.gpkg|layername=next_samples",
            styles["next_samples"],
            "Where one more observation would teach the models most. They are not the places "
            "where a deposit is likeliest.", "Point",
        ),
        Layer(
            "features_targets", "Ranked targets",
            "./targets.gpkg|layername=targets", styles["targets"],
            "Connected ground of high return, numbered by rank; the strong outlines are what the "
            "budget buys. Click one for its form.", "Polygon", checked=True,
        ),
    )  # fmt: skip


def _maps(group: str, styles: Mapping[str, str], *, checked: bool) -> Group:
    own = [one for one in MAPS if one.group == group]
    layers = tuple(
        Layer(
            f"surface_{one.name}", one.title, f"./maps/{one.name}.tif", styles[one.name],
            one.reading, checked=one is own[0],
        )
        for one in own
    )  # fmt: skip
    return Group(group, layers, checked=checked, expanded=checked, exclusive=True)


def _evidence(evidence: Sequence[tuple[Band, str]]) -> Group:
    layers = tuple(
        Layer(
            f"evidence_band_{band.name}", _evidence_title(band), "./evidence.tif", style,
            band.description, checked=number == 0,
        )
        for number, (band, style) in enumerate(evidence)
    )  # fmt: skip
    return Group(EVIDENCE, layers, checked=False, expanded=False, exclusive=True)


def _evidence_title(band: Band) -> str:
    name = band.name.replace("_", " ")
    return name if band.unit in ("", "1") else f"{name} ({band.unit})"
