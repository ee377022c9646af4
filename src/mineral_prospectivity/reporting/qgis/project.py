"""A QGIS project of everything that an experiment publishes."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mineral_prospectivity.geo.grid import grid_crs
from mineral_prospectivity.reporting.qgis.contents import abstract, contents, themes
from mineral_prospectivity.reporting.qgis.layers import (
    Group,
    layers_of,
    map_layer,
    tree_element,
)
from mineral_prospectivity.reporting.qgis.layouts import layout
from mineral_prospectivity.reporting.qgis.xml import VERSION, document, element

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    import geopandas as gpd
    from odc.geo import CRS
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.bands import Band

BOOKMARKS = 10
"""Targets, at most, that the view can be moved to by name."""

_MARGIN = 0.03  # of the grid's sides, around the first view
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip file can hold


@dataclass(frozen=True)
class ProjectInputs:
    """What a project is made of.

    Parameters
    ----------
    name
        Of the experiment; the project file is called after it.
    grid
        The grid of all maps.
    styles
        Text of the style of each map, of ``targets``, ``next_samples``, ``deposits`` and
        ``folds``.
    evidence
        The bands of ``evidence.tif`` with the style of each.
    targets
        In order of rank; the first become bookmarks.
    """

    name: str
    grid: GeoBox
    styles: Mapping[str, str]
    evidence: Sequence[tuple[Band, str]]
    targets: gpd.GeoDataFrame


def project_file(inputs: ProjectInputs) -> bytes:
    """Return a project (``.qgz``) that QGIS 3.22 and later open.

    Paths are relative: the project lies beside the folder ``maps`` and the files of features,
    and moves with them. The same inputs give the same bytes.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(f"{inputs.name}.qgs", _EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = 3  # else it tells the system that wrote it
        archive.writestr(entry, document(_project(inputs)))
    return packed.getvalue()


def _project(inputs: ProjectInputs) -> Element:
    title = f"Mineral prospectivity: {inputs.name}"
    tree = contents(inputs.styles, inputs.evidence)
    layers = list(layers_of(tree))
    crs = grid_crs(inputs.grid)
    return element(
        "qgis",
        {"projectname": title, "version": VERSION},
        element("homePath", {"path": ""}),
        element("title", text=title),
        element("projectCrs", None, _spatial_reference(crs)),
        tree_element(tree, root=True),
        _canvas(inputs.grid, crs),
        element(
            "projectlayers", None, *(map_layer(one, _spatial_reference(crs)) for one in layers)
        ),
        element("layerorder", None, *(element("layer", {"id": one.key}) for one in layers)),
        _properties(),
        element("visibility-presets", None, *_presets(tree)),
        element(
            "projectMetadata",
            None,
            element("type", text="dataset"),
            element("title", text=title),
            element("abstract", text=abstract(inputs.grid)),
        ),
        element("Layouts", None, *_layouts(tree, title, inputs.grid)),
        element("Bookmarks", None, *_bookmarks(inputs.targets, crs)),
        element("ProjectViewSettings", {"UseProjectScales": 0}, _view(inputs.grid, crs)),
    )


def _spatial_reference(crs: CRS) -> Element:
    """Return a CRS by its EPSG code where it has one, else by its WKT."""
    known = [] if crs.epsg is None else [
        element("srid", text=str(crs.epsg)), element("authid", text=f"EPSG:{crs.epsg}"),
    ]  # fmt: skip
    wkt = element("wkt", text=crs.wkt)
    return element("spatialrefsys", {"nativeFormat": "Wkt"}, wkt, *known)


def _first_view(grid: GeoBox) -> dict[str, float]:
    box = grid.extent.boundingbox
    across, up = _MARGIN * (box.right - box.left), _MARGIN * (box.top - box.bottom)
    return {
        "xmin": box.left - across,
        "ymin": box.bottom - up,
        "xmax": box.right + across,
        "ymax": box.top + up,
    }


def _canvas(grid: GeoBox, crs: CRS) -> Element:
    limits = (element(side, text=f"{value:.10g}") for side, value in _first_view(grid).items())
    return element(
        "mapcanvas",
        {"name": "theMapCanvas", "annotationsVisible": 1},
        element("units", text="meters"),
        element("extent", None, *limits),
        element("rotation", text="0"),
        element("destinationsrs", None, _spatial_reference(crs)),
    )


def _view(grid: GeoBox, crs: CRS) -> Element:
    return element("DefaultViewExtent", _first_view(grid), _spatial_reference(crs))


def _properties() -> Element:
    return element(
        "properties",
        None,
        element("SpatialRefSys", None, element("ProjectionsEnabled", {"type": "int"}, text="1")),
        element("Paths", None, element("Absolute", {"type": "bool"}, text="false")),
        element(
            "Measurement",
            None,
            element("DistanceUnits", {"type": "QString"}, text="kilometers"),
            element("AreaUnits", {"type": "QString"}, text="km2"),
        ),
    )


def _presets(tree: Group) -> Iterator[Element]:
    """Yield the themes: which layers and groups each shows."""
    for theme in themes(tree):
        yield element(
            "visibility-preset",
            {"name": theme.title, "has-expanded-info": 0, "has-checked-group-info": 1},
            *(
                element("layer", {"id": key, "visible": 1, "style": "default"})
                for key in theme.layers
            ),
            element(
                "checked-group-nodes",
                None,
                *(element("checked-group-node", {"id": path}) for path in theme.groups),
            ),
        )


def _layouts(tree: Group, title: str, grid: GeoBox) -> Iterator[Element]:
    note = f"Cells of {abs(grid.resolution.x):g} m, {grid_crs(grid)}"
    for theme in themes(tree):
        yield layout(theme.title, title, theme.reading, note, _first_view(grid))


def _bookmarks(targets: gpd.GeoDataFrame, crs: CRS) -> Iterator[Element]:
    for target in targets.head(BOOKMARKS).itertuples():
        around = target.geometry.envelope.buffer(target.geometry.length / 8, join_style="mitre")
        name = {"id": f"target_{target.rank}", "name": f"Target {target.rank}", "group": "Targets"}
        yield element("Bookmark", {**name, "extent": around.wkt}, _spatial_reference(crs))
