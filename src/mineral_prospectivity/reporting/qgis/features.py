"""Styles of targets, proposed samples and deposits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mineral_prospectivity.reporting.qgis.fields import (
    DEPOSIT_TABS,
    SAMPLE_TABS,
    TARGET_TABS,
)
from mineral_prospectivity.reporting.qgis.forms import Tab, form_elements
from mineral_prospectivity.reporting.qgis.symbols import labels, marker, outlined
from mineral_prospectivity.reporting.qgis.xml import element, style_document
from mineral_prospectivity.reporting.style import BASELINE_COLOURS, DEPOSIT_COLOUR, MODEL_COLOUR
from mineral_prospectivity.targeting.analogues import first_text_column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    import geopandas as gpd

FEATURES = ("targets", "next_samples", "deposits")
"""Files of features that have a style beside them."""

NAMES_FROM = 250_000
"""Scale, as its denominator, from which deposits are named."""

_WHITE, _BLACK = "#FFFFFF", "#000000"
_SAMPLE_COLOUR = "#56B4E9"
_FOLD_COLOURS = (MODEL_COLOUR, *BASELINE_COLOURS)
_FOLD_SHAPES = ("circle", "square", "triangle", "diamond", "pentagon", "star")


def targets_style(targets: gpd.GeoDataFrame) -> str:
    """Return the style of targets: outlines, stronger where the budget buys, numbered by rank."""
    symbols = [
        outlined(0, [(_BLACK, 1.5), (_WHITE, 0.8)]),
        outlined(1, [(_BLACK, 0.8), (_WHITE, 0.35)]),
    ]
    rules = element("rules", {"key": "targets"}, _rule(0, '"selected"', "Bought by the budget"),
                    _rule(1, "ELSE", "Other targets"))  # fmt: skip
    tip = (
        '<b>Target [% "rank" %]</b>: [% "category" %]<br>[% round("area_km2", 1) %] km², '
        'mean chance of a discovery in a cell [% round(100 * "probability_mean", 2) %] %<br>'
        '[% "known_deposits" %] known deposits inside<br>[% "drivers" %]'
    )
    return _document(
        element("renderer-v2", {"type": "RuleRenderer"}, rules, element("symbols", None, *symbols)),
        labels('"rank"', size=10, colour=_WHITE, halo=_BLACK, bold=True, inside=True,
               properties={"Priority": 'max(0, 11 - "rank")', "Size": 'if("rank" <= 10, 11, 8)'}),
        "'Target ' || \"rank\"", tip, TARGET_TABS, targets,
    )  # fmt: skip


def samples_style(samples: gpd.GeoDataFrame) -> str:
    """Return the style of proposed samples: diamonds, numbered by rank."""
    tip = '<b>Sample [% "rank" %]</b><br>[% round("mutual_information", 4) %] nats'
    return _document(
        _single(marker(0, "diamond", _SAMPLE_COLOUR, 3.6)),
        labels("'S' || \"rank\"", size=8.5, colour="#0B3C5D", halo=_WHITE, bold=True,
               properties={"Priority": 'max(0, 8 - "rank" / 3)'}),
        "'Sample ' || \"rank\"", tip, SAMPLE_TABS, samples,
    )  # fmt: skip


def deposits_style(deposits: gpd.GeoDataFrame) -> str:
    """Return the style of the known deposits: red dots, named when one looks close."""
    return _deposits(deposits, _single(marker(0, "circle", DEPOSIT_COLOUR, 2.2)))


def folds_style(deposits: gpd.GeoDataFrame) -> str:
    """Return the style that tells in which fold each deposit was held out."""
    folds = sorted(deposits["fold"].unique().tolist())
    symbols = [
        marker(number, _FOLD_SHAPES[fold % len(_FOLD_SHAPES)],
               _FOLD_COLOURS[fold % len(_FOLD_COLOURS)], 2.8)
        for number, fold in enumerate(folds)
    ]  # fmt: skip
    rules = [
        _rule(number, f'"fold" = {fold}', f"held out in fold {fold + 1}")
        for number, fold in enumerate(folds)
    ]
    renderer = element(
        "renderer-v2",
        {"type": "RuleRenderer"},
        element("rules", {"key": "folds"}, *rules),
        element("symbols", None, *symbols),
    )
    return _deposits(deposits, renderer)


def _deposits(deposits: gpd.GeoDataFrame, renderer: Element) -> str:
    column = first_text_column(deposits)
    name = f'"{column}"' if column else "'Deposit of cluster ' || \"cluster\""
    tip = f'<b>[% {name} %]</b><br>cluster [% "cluster" %], held out in fold [% "fold" + 1 %]'
    return _document(
        renderer,
        labels(name, size=8, colour="#1F1F1F", halo=_WHITE, from_scale=NAMES_FROM),
        name, tip, DEPOSIT_TABS, deposits,
    )  # fmt: skip


def _single(symbol: Element) -> Element:
    return element("renderer-v2", {"type": "singleSymbol"}, element("symbols", None, symbol))


def _rule(symbol: int, condition: str, label: str) -> Element:
    own = {"key": f"rule{symbol}", "symbol": symbol, "filter": condition, "label": label}
    return element("rule", own)


def _document(  # noqa: PLR0917
    renderer: Element,
    written: Element,
    name: str,
    tip: str,
    tabs: Sequence[Tab],
    features: gpd.GeoDataFrame,
) -> str:
    columns = [column for column in features.columns if column != features.geometry.name]
    return style_document(
        {"labelsEnabled": 1},
        renderer,
        written,
        *form_elements(tabs, columns),
        element("previewExpression", text=name),
        element("mapTip", text=tip),
    )
