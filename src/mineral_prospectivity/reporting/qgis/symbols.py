"""Symbols and labels of features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mineral_prospectivity.reporting.qgis.xml import element, options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from xml.etree.ElementTree import Element

Outline = tuple[str, float]
"""Colour and width, mm."""


def outlined(name: int, lines: Sequence[Outline]) -> Element:
    """Return the symbol of a polygon that is not filled: what lies under it is the map.

    Parameters
    ----------
    name
        Number of the symbol within its renderer.
    lines
        The widest first: it becomes the casing of the next.
    """
    drawn = [
        _layer(
            "SimpleLine",
            {
                "line_color": rgba(colour),
                "line_width": str(width),
                "line_width_unit": "MM",
                "joinstyle": "round",
                "capstyle": "round",
            },
        )
        for colour, width in lines
    ]
    return _symbol("fill", name, drawn)


def filled(name: str, colour: str) -> Element:
    """Return the symbol of a polygon that is filled and has no line."""
    style = {"color": rgba(colour), "style": "solid", "outline_style": "no"}
    return _symbol("fill", name, [_layer("SimpleFill", style)])


def marker(name: int, shape: str, colour: str, size: float) -> Element:
    """Return the symbol of a point: a filled shape with a dark rim, size in mm."""
    style = {
        "name": shape,
        "color": rgba(colour),
        "outline_color": rgba("#000000"),
        "outline_width": "0.25",
        "outline_width_unit": "MM",
        "size": str(size),
        "size_unit": "MM",
    }
    return _symbol("marker", name, [_layer("SimpleMarker", style)])


def labels(
    expression: str,
    *,
    size: float,
    colour: str,
    halo: str,
    bold: bool = False,
    inside: bool = False,
    properties: Mapping[str, str] | None = None,
    from_scale: int = 0,
) -> Element:
    """Return the labels of a layer.

    The font is left to the program: one that is named may be missing elsewhere.

    Parameters
    ----------
    expression
        What is written.
    size
        Points.
    colour, halo
        ``#rrggbb`` of the letters and of the rim around them.
    bold, inside
        Whether letters are bold, and whether they lie within a polygon or beside a point.
    properties
        Expressions for what differs between features: ``Size``, or ``Priority`` from 0 to 10,
        which tells who stays where labels collide.
    from_scale
        Shown from this scale on, as its denominator; 0 shows them always.
    """
    rim = {
        "bufferDraw": 1,
        "bufferSize": 0.8,
        "bufferSizeUnits": "MM",
        "bufferColor": rgba(halo),
        "bufferOpacity": 1,
        "bufferJoinStyle": 128,
    }
    text = {
        "fieldName": expression,
        "isExpression": 1,
        "fontSize": size,
        "fontSizeUnit": "Point",
        "fontWeight": 75 if bold else 50,
        "textColor": rgba(colour),
        "textOpacity": 1,
    }
    around = {"placement": 6, "dist": 0.8, "predefinedPositionOrder": "TR,BR,TL,BL,R,L,TSR,BSR"}
    place = {"placement": 1, "quadOffset": 4, "centroidInside": 1} if inside else around
    scales = {"scaleVisibility": bool(from_scale), "scaleMin": from_scale, "scaleMax": 1}
    settings = element(
        "settings",
        None,
        element("text-style", text, element("text-buffer", rim)),
        element("placement", {"distUnits": "MM", "priority": 5, **place}),
        element("rendering", {"drawLabels": 1, "obstacle": 1, **scales}),
        element("dd_properties", None, _expressions(properties or {})),
    )
    return element("labeling", {"type": "simple"}, settings)


def rgba(colour: str) -> str:
    """Return ``#rrggbb`` or ``#rrggbbaa`` as QGIS writes it.

    Examples
    --------
    >>> rgba("#FF5A36"), rgba("#00000080")
    ('255,90,54,255', '0,0,0,128')
    """
    return ",".join(map(str, bytes.fromhex(colour.lstrip("#").ljust(8, "f"))))


def _symbol(kind: str, name: object, layers: Sequence[Element]) -> Element:
    drawn = {"type": kind, "name": name, "alpha": 1, "clip_to_extent": 1, "force_rhr": 0}
    return element("symbol", drawn, *layers)


def _layer(kind: str, style: dict[str, str]) -> Element:
    return element("layer", {"class": kind, "enabled": 1, "locked": 0, "pass": 0}, options(style))


def _expressions(properties: Mapping[str, str]) -> Element:
    """Return properties that an expression of each feature defines."""
    own = {
        name: {"active": True, "expression": expression, "type": 3}
        for name, expression in properties.items()
    }
    return options({"name": "", "properties": own, "type": "collection"})
