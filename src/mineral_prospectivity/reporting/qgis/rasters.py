"""Styles of rasters: ramps, classes, evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mineral_prospectivity.reporting.qgis.ramps import Ramp, linear_ramp, quantile_ramp
from mineral_prospectivity.reporting.qgis.xml import element, options, style_document
from mineral_prospectivity.reporting.style import EVIDENCE_MAP, FRACTION_MAP
from mineral_prospectivity.reporting.thumbnails import thumbnail
from mineral_prospectivity.reporting.words import number, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from xml.etree.ElementTree import Element

    import numpy as np
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.geo.raster import Raster
    from mineral_prospectivity.targeting.categories import Category


def ramp_style(ramp: Ramp, band: int = 1) -> str:
    """Return the style of a continuous map.

    Parameters
    ----------
    ramp
        Its colours. The legend lists every stop, since a bar would take them for evenly spaced.
    band
        Number of the band, from 1.
    """
    low, high = ramp.stops[0].value, ramp.stops[-1].value
    items = [
        element("item", {"value": s.value, "label": s.label, "color": s.colour, "alpha": 255})
        for s in ramp.stops
    ]
    shader = {
        "colorRampType": "DISCRETE" if ramp.classes else "INTERPOLATED",
        "classificationMode": 1,
        "clip": 0,
        "minimumValue": low,
        "maximumValue": high,
    }
    legend = element("rampLegendSettings", {"useContinuousLegend": 0})
    renderer = element(
        "rasterrenderer",
        {
            "type": "singlebandpseudocolor",
            "band": band,
            "opacity": 1,
            "alphaBand": -1,
            "nodataColor": "",
            "classificationMin": low,
            "classificationMax": high,
        },
        element("rasterTransparency"),
        element("rastershader", None, element("colorrampshader", shader, *items, legend)),
    )
    return _raster_document(renderer)


def category_style(categories: Sequence[Category]) -> str:
    """Return the style of a map of categories: their names and colours."""
    entries = [
        element(
            "paletteEntry", {"value": c.value, "color": c.colour, "label": c.name, "alpha": 255}
        )
        for c in categories
    ]
    renderer = element(
        "rasterrenderer",
        {"type": "paletted", "band": 1, "opacity": 1, "alphaBand": -1, "nodataColor": ""},
        element("rasterTransparency"),
        element("colorPalette", None, *entries),
    )
    return _raster_document(renderer)


def evidence_styles(evidence: Raster) -> tuple[str, ...]:
    """Return a style for each band of the evidence.

    A continuous band is stretched by its quantiles, as geophysical maps are; a fraction from 0
    to 1.
    """
    seen = thumbnail(evidence)
    return tuple(
        ramp_style(_evidence_ramp(band, seen.band(band.name)), index)
        for index, band in enumerate(evidence.bands, start=1)
    )


def _evidence_ramp(band: Band, values: NDArray[np.generic]) -> Ramp:
    if band.kind == "fraction":
        return linear_ramp([0.0, 1.0], FRACTION_MAP, percent)
    return quantile_ramp(values, EVIDENCE_MAP, in_unit(band.unit))


def in_unit(unit: str) -> Callable[[float], str]:
    """Return what writes a number with its unit; ``1`` is no unit."""
    suffix = "" if unit in ("", "1") else f" {unit}"
    return lambda value: number(value) + suffix


def _raster_document(renderer: Element) -> str:
    resampling = {
        "enabled": "false",
        "zoomedInResamplingMethod": "nearestNeighbour",
        "zoomedOutResamplingMethod": "nearestNeighbour",
        "maxOversampling": 2,
    }
    return style_document(
        {},
        element(
            "customproperties",
            None,
            options({"identify/format": "Value"}),
        ),
        element(
            "pipe",
            None,
            element("provider", None, element("resampling", resampling)),
            renderer,
            element("brightnesscontrast", {"brightness": 0, "contrast": 0, "gamma": 1}),
            element("huesaturation", {"grayscaleMode": 0, "saturation": 0}),
            element("rasterresampler", {"maxOversampling": 2}),
        ),
        element("blendMode", text="0"),
    )
