"""Attribute forms: fields under names that people read, in groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mineral_prospectivity.reporting.qgis.xml import element, options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

OTHERS = "More"
"""The group of fields that are named nowhere."""


@dataclass(frozen=True)
class Field:
    """A field of a form.

    Parameters
    ----------
    name
        Column of the file.
    alias
        What people read, with the unit.
    decimals
        Digits shown behind the point; None for what is no decimal number.
    """

    name: str
    alias: str
    decimals: int | None = None


@dataclass(frozen=True)
class Tab:
    """A page of a form."""

    title: str
    fields: tuple[Field, ...]


def form_elements(tabs: Sequence[Tab], columns: Sequence[str]) -> list[Element]:
    """Return widgets, aliases and layout of a form.

    Parameters
    ----------
    tabs
        Pages; fields that the file lacks are left out.
    columns
        Columns of the file; those on no page come last, under their own names.
    """
    pages = _pages(tabs, columns)
    fields = [field for page in pages for field in page.fields]
    index = {name: number for number, name in enumerate(columns, start=1)}  # 0 is the file's own id
    return [
        element("fieldConfiguration", None, *map(_widget, fields)),
        element("aliases", None, *(
            element("alias", {"field": field.name, "index": index[field.name], "name": field.alias})
            for field in fields
        )),
        element("editorlayout", text="tablayout"),
        element("attributeEditorForm", None, *(_page(page, index) for page in pages)),
    ]  # fmt: skip


def _pages(tabs: Sequence[Tab], columns: Sequence[str]) -> list[Tab]:
    named = {field.name for tab in tabs for field in tab.fields}
    others = tuple(Field(name, _words(name)) for name in columns if name not in named)
    found = [Tab(t.title, tuple(f for f in t.fields if f.name in columns)) for t in tabs]
    return [tab for tab in (*found, Tab(OTHERS, others)) if tab.fields]


def _words(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _widget(field: Field) -> Element:
    if field.decimals is None:
        return _configured(field.name, "TextEdit", {"IsMultiline": False})
    style = {"AllowNull": True, "Precision": field.decimals, "Style": "SpinBox"}
    return _configured(field.name, "Range", style)


def _configured(name: str, widget: str, settings: dict[str, object]) -> Element:
    config = element("config", None, options(settings))
    return element("field", {"name": name}, element("editWidget", {"type": widget}, config))


def _page(tab: Tab, index: dict[str, int]) -> Element:
    shown = {"name": tab.title, "columnCount": 1, "groupBox": 0, "showLabel": 1}
    fields = (
        element("attributeEditorField", {"name": f.name, "index": index[f.name], "showLabel": 1})
        for f in tab.fields
    )
    return element("attributeEditorContainer", shown, *fields)
