"""The tree of a project: groups and layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mineral_prospectivity.reporting.qgis.xml import element, options, parse_style

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

Geometry = Literal["Point", "Polygon", ""]


@dataclass(frozen=True)
class Layer:
    """A layer of a project.

    Parameters
    ----------
    key
        Unique within the project, longer than ten letters: QGIS replaces shorter keys.
    title
        What people read.
    source
        Path of the file, relative to the project.
    style
        Text of a style file.
    reading
        How it is read: shown when the mouse rests on the layer.
    geometry
        Of features; empty for a raster.
    checked
        Whether it is shown as soon as its group is.
    """

    key: str
    title: str
    source: str
    style: str
    reading: str = ""
    geometry: Geometry = ""
    checked: bool = False

    @property
    def provider(self) -> str:
        """What QGIS reads the file with."""
        return "ogr" if self.geometry else "gdal"


@dataclass(frozen=True)
class Group:
    """A group of layers or of groups.

    Parameters
    ----------
    title
        What people read.
    members
        The topmost first.
    checked, expanded
        How it is when the project is opened.
    exclusive
        Whether checking one member hides the others, as maps that cover each other must.
    """

    title: str
    members: tuple[Group | Layer, ...]
    checked: bool = True
    expanded: bool = True
    exclusive: bool = False


def layers_of(group: Group) -> Iterator[Layer]:
    """Yield the layers of a group, the topmost first."""
    for member in group.members:
        if isinstance(member, Group):
            yield from layers_of(member)
        else:
            yield member


def tree_element(group: Group, *, root: bool = False) -> Element:
    """Return a group as the tree that people see; legends of pages leave its name out."""
    attributes: dict[str, object] = {}
    if not root:
        attributes = {
            "name": group.title,
            "checked": _checked(group.checked),
            "expanded": group.expanded,
        }
    if group.exclusive:
        shown = [number for number, member in enumerate(group.members) if member.checked]
        attributes |= {
            "mutually-exclusive": 1,
            "mutually-exclusive-child": shown[0] if shown else -1,
        }
    unnamed = element("customproperties", None, options({"legend/title-style": "hidden"}))
    members = (
        tree_element(member) if isinstance(member, Group) else _leaf(member)
        for member in group.members
    )
    return element("layer-tree-group", attributes, unnamed, *members)


def map_layer(layer: Layer, crs: Element) -> Element:
    """Return a layer with its source and its style.

    Parameters
    ----------
    layer
        The layer.
    crs
        A ``spatialrefsys``.
    """
    style = parse_style(layer.style)
    attributes = {
        name: value
        for name, value in style.attrib.items()
        if name not in {"version", "styleCategories"}
    }
    kind = {"type": "vector", "geometry": layer.geometry} if layer.geometry else {"type": "raster"}
    return element(
        "maplayer",
        attributes | kind,
        element("id", text=layer.key),
        element("datasource", text=layer.source),
        element("title", text=layer.title),
        element("abstract", text=layer.reading),
        element("layername", text=layer.title),
        element("srs", None, crs),
        element(
            "resourceMetadata",
            None,
            element("title", text=layer.title),
            element("abstract", text=layer.reading),
        ),
        element("provider", {"encoding": "UTF-8"} if layer.geometry else None, text=layer.provider),
        *style,
    )


def _leaf(layer: Layer) -> Element:
    attributes = {
        "id": layer.key,
        "name": layer.title,
        "source": layer.source,
        "providerKey": layer.provider,
        "checked": _checked(layer.checked),
        "expanded": layer.checked,
    }
    shown = {} if layer.geometry else {"legend/node-order": _legend_of_values(layer.style)}
    return element(
        "layer-tree-layer", attributes, element("customproperties", None, options(shown))
    )


def _legend_of_values(style: str) -> str:
    """Return the nodes of a raster's legend but the first, which says 'Band 1 (Gray)'."""
    parsed = parse_style(style)
    values = sum(1 for tag in ("item", "paletteEntry") for _ in parsed.iter(tag))
    return ",".join(str(number) for number in range(1, values + 1))


def _checked(on: bool) -> str:
    return "Qt::Checked" if on else "Qt::Unchecked"
