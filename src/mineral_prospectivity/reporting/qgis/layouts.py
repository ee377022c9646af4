"""Pages to print: a map for each theme, with its legend and a scale bar."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from mineral_prospectivity.reporting.cartography import round_length
from mineral_prospectivity.reporting.qgis.symbols import filled
from mineral_prospectivity.reporting.qgis.xml import element

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

Box = tuple[float, float, float, float]
"""Left, top, width and height on the page, mm."""

_PAGE: Box = (0, 0, 297, 210)  # A4, landscape
_TITLE: Box = (10, 6, 277, 10)
_MAP: Box = (10, 18, 182, 182)
_LEGEND: Box = (196, 18, 92, 100)
_READING: Box = (198, 122, 89, 48)
_SCALE: Box = (196, 185, 92, 13)
_NOTE: Box = (198, 172, 90, 12)
_KINDS = {"page": 65638, "map": 65639, "label": 65641, "legend": 65642, "scale bar": 65646}
_STYLES = {"title": 12, "group": 10, "subgroup": 8, "symbolLabel": 8}
"""Letters of a legend, points."""


def layout(theme: str, title: str, reading: str, note: str, view: Mapping[str, float]) -> Element:
    """Return a page with the map of a theme.

    Parameters
    ----------
    theme
        Name of the theme, and of the page.
    title, reading, note
        Headline, how the map is read, and what stands above the scale bar.
    view
        ``xmin``, ``ymin``, ``xmax`` and ``ymax`` that the map must show, m.
    """
    shown = _fitted(view, _MAP[2] / _MAP[3])
    drawn = _map(theme, shown)
    items = [
        _label(theme, "headline", f"{title}. {theme}", _TITLE, 14),
        drawn,
        _legend(theme, drawn.get("uuid", "")),
        _label(theme, "reading", reading, _READING, 8),
        _label(theme, "note", note, _NOTE, 8),
        _scale_bar(theme, drawn.get("uuid", ""), shown["xmax"] - shown["xmin"]),
    ]
    page = _item(theme, "page", "page", _PAGE, {"background": "true"})
    return element(
        "Layout",
        {"name": theme, "units": "mm", "printResolution": 300},
        element("PageCollection", None, filled("", "#FFFFFF"), page),
        *items,
    )


def _fitted(view: Mapping[str, float], aspect: float) -> dict[str, float]:
    """Return a view widened to an aspect, width over height."""
    width, height = view["xmax"] - view["xmin"], view["ymax"] - view["ymin"]
    across = max(0.0, height * aspect - width) / 2
    up = max(0.0, width / aspect - height) / 2
    return {
        "xmin": view["xmin"] - across,
        "ymin": view["ymin"] - up,
        "xmax": view["xmax"] + across,
        "ymax": view["ymax"] + up,
    }


def _map(theme: str, view: Mapping[str, float]) -> Element:
    follows = {
        "followPreset": "true",
        "followPresetName": theme,
        "keepLayerSet": "false",
        "drawCanvasItems": "true",
        "frame": "true",
        "background": "true",
        "labelMargin": "0,mm",
    }
    return _item(theme, "map", "map", _MAP, follows, element("Extent", view))


def _legend(theme: str, map_id: str) -> Element:
    """Return a legend of what the map shows, and no more."""
    settings = {
        "map_uuid": map_id,
        "legendFilterByMap": 1,
        "resizeToContents": 1,
        "columnCount": 1,
        "symbolWidth": 6,
        "symbolHeight": 3.5,
        "boxSpace": 0,
        "columnSpace": 2,
        "lineSpacing": 1,
        "wrapChar": "",
        "symbolAlignment": 1,
    }
    margins = {"marginTop": 2, "marginBottom": 0, "marginLeft": 2}
    styles = [
        element("style", {"name": name, **margins}, *_letters("styleFont", size))
        for name, size in _STYLES.items()
    ]
    return _item(theme, "legend", "legend", _LEGEND, settings, element("styles", None, *styles))


def _scale_bar(theme: str, map_id: str, width: float) -> Element:
    settings = {
        "mapUuid": map_id,
        "style": "Single Box",
        "unitType": "km",
        "unitLabel": "km",
        "numMapUnitsPerScaleBarUnit": 1,
        "numUnitsPerSegment": round_length(width / 1000 / 10),
        "numSegments": 2,
        "numSegmentsLeft": 0,
        "numSubdivisions": 1,
        "segmentSizeMode": 0,
        "height": 2.5,
        "labelBarSpace": 1.5,
        "boxContentSpace": 1,
        "alignment": 0,
        "outlineWidth": 0.3,
    }
    return _item(
        theme,
        "scale bar",
        "scale bar",
        _SCALE,
        settings,
        *_letters("scaleBarFont", 9),
        element("fillSymbol1", None, filled("", "#1F1F1F")),
        element("fillSymbol2", None, filled("", "#FFFFFF")),
    )


def _label(theme: str, name: str, text: str, box: Box, size: int) -> Element:
    settings = {"labelText": text, "htmlState": 0, "halign": 1, "valign": 32, "marginX": 0}
    return _item(theme, "label", name, box, settings, *_letters("LabelFont", size))


def _letters(tag: str, size: int) -> tuple[Element, Element]:
    """Return a font as QGIS 3.22 reads it, under a tag, and as later ones do; of any family."""
    letters = {"fontSize": size, "fontSizeUnit": "Point", "textColor": "31,31,31,255"}
    old = element(tag, {"description": f"Sans Serif,{size},-1,5,50,0,0,0,0,0", "style": ""})
    return old, element("text-style", letters)


def _item(
    theme: str,
    kind: str,
    name: str,
    box: Box,
    settings: Mapping[str, object],
    *children: Element,
) -> Element:
    left, top, width, height = box
    own = {
        "type": _KINDS[kind],
        "uuid": f"{{{uuid5(NAMESPACE_URL, f'{theme}/{name}')}}}",
        "id": name,
        "position": f"{left},{top},mm",
        "positionOnPage": f"{left},{top},mm",
        "size": f"{width},{height},mm",
        "referencePoint": 0,
        "visibility": 1,
        "opacity": 1,
        "frame": "false",
        "background": "false",
        "outlineWidthM": "0.3,mm",
        "frameJoinStyle": "miter",
        "positionLock": "false",
    }
    own |= {"templateUuid": own["uuid"], **settings}
    frame = element("FrameColor", {"red": 31, "green": 31, "blue": 31, "alpha": 255})
    ground = element("BackgroundColor", {"red": 255, "green": 255, "blue": 255, "alpha": 255})
    return element("LayoutItem", own, frame, ground, *children)
