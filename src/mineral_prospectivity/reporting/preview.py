"""Small pictures of rasters and features, for whoever looks through the catalog."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.geotiff import PALETTE, read_geotiff
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tables import read_table
from mineral_prospectivity.geo.vectors import open_vector
from mineral_prospectivity.reporting.cartography import map_figure, show
from mineral_prospectivity.reporting.style import (
    MODEL_COLOUR,
    PROBABILITY_MAP,
    png_bytes,
    report_style,
)
from mineral_prospectivity.reporting.thumbnails import KILOMETRE, thumbnail

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.grid import Window
    from mineral_prospectivity.geo.layers import EvidenceLayer
    from mineral_prospectivity.reporting.thumbnails import Thumbnail

SIDE = 300
"""Cells of a preview's longest side."""

SCALE = 0.7
"""Of a figure of the report."""

SHARES = (0.02, 0.98)
"""Quantiles between which the colours lie: one extreme cell does not darken the rest."""


def raster_preview(raster: Raster) -> str:
    """Return a picture of the first band with its name, description and unit, PNG in base64.

    Categories keep their colours and names.
    """
    band = raster.bands[0]
    small = thumbnail(raster.select([band.name]), SIDE)
    count = f" (1 of {len(raster.bands)} bands)" if len(raster.bands) > 1 else ""
    with report_style():
        figure, axes = map_figure(small, SCALE)
        if raster.categories:
            _draw_categories(figure, axes, small, raster)
        else:
            _draw_values(figure, axes, small, band.unit)
        _label(axes, f"{band.name}{count}\n{band.description}".strip())
    return _encoded(figure)


def layer_preview(layer: EvidenceLayer) -> str:
    """Return a picture of a raw layer, as its file is, PNG in base64."""
    spec = layer.spec
    if spec.kind in ("continuous", "categorical"):
        return raster_preview(_raw_raster(layer))
    title = f"{spec.name}\n{spec.description}".strip()
    if spec.kind == "table":
        samples = read_table(layer)
        return feature_preview(gpd.GeoSeries.from_xy(samples.x, samples.y), title)
    return feature_preview(open_vector(layer).geometry, title)


def feature_preview(features: gpd.GeoSeries, title: str) -> str:
    """Return a picture of points, lines or polygons, PNG in base64."""
    with report_style():
        figure = Figure(figsize=(5.0, 5.0), layout="constrained")
        axes = figure.subplots()
        shown = features.dropna()
        shown = shown.affine_transform([1 / KILOMETRE, 0, 0, 1 / KILOMETRE, 0, 0])
        shown.plot(ax=axes, color=MODEL_COLOUR, linewidth=0.8, markersize=8, alpha=0.8)
        axes.set_aspect("equal")
        _label(axes, f"{title} ({len(features)} features)")
    return _encoded(figure)


def _raw_raster(layer: EvidenceLayer) -> Raster:
    """Return the band of a raw file that the layer declares, described as declared."""
    spec = layer.spec
    raster = read_geotiff(layer.path, origin=layer.origin)

    def read(window: Window) -> NDArray[np.generic]:
        values = raster.read(window)[[spec.band - 1]]
        return values if spec.nodata is None else np.where(values == spec.nodata, np.nan, values)

    band = Band(spec.name, unit=spec.unit, description=spec.description)
    return Raster(raster.grid, (band,), read, tuple(sorted(spec.classes.items())))


def _draw_values(figure: Figure, axes: Axes, small: Thumbnail, unit: str) -> None:
    values = small.values[0].astype(np.float64)
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, SHARES) if known.size else (0.0, 1.0)
    image = show(axes, small, values, cmap=PROBABILITY_MAP, vmin=low, vmax=high)
    figure.colorbar(image, ax=axes, shrink=0.75, pad=0.02, extend="both").set_label(
        "" if unit == "1" else unit
    )


def _draw_categories(figure: Figure, axes: Axes, small: Thumbnail, raster: Raster) -> None:
    values = small.values[0].astype(np.float64)
    codes = np.array([code for code, _ in raster.categories])
    places = np.where(np.isin(values, codes), np.searchsorted(codes, values), np.nan)
    own = dict(raster.colours)
    fallback = [PALETTE[number % len(PALETTE)] for number in range(len(codes))]
    colours = ListedColormap([own.get(code, fallback[n]) for n, code in enumerate(codes)])
    limits = {"vmin": -0.5, "vmax": len(codes) - 0.5}
    bar = figure.colorbar(
        show(axes, small, places, cmap=colours, **limits), ax=axes, shrink=0.75, pad=0.02
    )
    bar.set_ticks(range(len(codes)), labels=[name for _, name in raster.categories])


def _label(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=8, wrap=True)
    axes.set_xlabel("Easting, km")
    axes.set_ylabel("Northing, km")
    axes.grid(visible=False)


def _encoded(figure: Figure) -> str:
    return base64.b64encode(png_bytes(figure, dpi=90)).decode("ascii")
