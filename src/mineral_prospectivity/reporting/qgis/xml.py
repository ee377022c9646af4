"""The XML of QGIS: elements, option maps and documents."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

VERSION = "3.22.0"
"""The oldest QGIS that reads the files; newer ones read them as well."""

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"


def element(
    tag: str, attributes: Mapping[str, object] | None = None, *children: Element, text: str = ""
) -> Element:
    """Return an element with its children; attributes are written as QGIS writes them.

    Examples
    --------
    >>> ET.tostring(element("item", {"value": 0.25, "on": True}, text="a & b"))
    b'<item value="0.25" on="1">a &amp; b</item>'
    """
    written = {name: _attribute(value) for name, value in (attributes or {}).items()}
    made = ET.Element(tag, written)
    made.text = text or None
    made.extend(children)
    return made


def options(values: Mapping[str, object]) -> Element:
    """Return the map of options that QGIS keeps settings in.

    Examples
    --------
    >>> ET.tostring(options({"style": "no"}))
    b'<Option type="Map"><Option name="style" type="QString" value="no" /></Option>'
    """
    return element("Option", {"type": "Map"}, *(_option(*item) for item in values.items()))


def style_document(attributes: Mapping[str, object], *children: Element) -> str:
    """Return the text of a style file (``.qml``)."""
    own = {"version": VERSION, "styleCategories": "AllStyleCategories", **attributes}
    return document(element("qgis", own, *children))


def parse_style(text: str) -> Element:
    """Return the root of a style file that `style_document` wrote."""
    return ET.fromstring(text)  # noqa: S314 - the text is our own


def document(root: Element) -> str:
    """Return a document as text; the same elements give the same text."""
    ET.indent(root)
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def plain_number(value: float) -> str:
    """Return a number with ten significant digits at most."""
    return f"{value:.10g}"


def _attribute(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return plain_number(value) if isinstance(value, float) else str(value)


def _option(name: str, value: object) -> Element:
    if isinstance(value, dict):
        nested = options(value)
        nested.set("name", name)
        return nested
    if isinstance(value, bool):
        return element("Option", {"name": name, "type": "bool", "value": str(value).lower()})
    kind = {int: "int", float: "double"}.get(type(value), "QString")
    return element("Option", {"name": name, "type": kind, "value": value})
