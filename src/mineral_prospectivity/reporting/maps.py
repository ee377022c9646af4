"""Maps: probability with targets, uncertainties, categories and folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import patheffects
from matplotlib.colors import BoundaryNorm, ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from mineral_prospectivity.reporting.style import (
    INK,
    PROBABILITY_MAP,
    UNCERTAINTY_MAP,
    WIDTH,
    report_style,
)
from mineral_prospectivity.reporting.thumbnails import KILOMETRE, Thumbnail
from mineral_prospectivity.targeting.categories import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

LABELLED_TARGETS = 10
TALLEST = 9.0
"""Height of a map, inches, at most: it must fit a printed page."""

HALO = [patheffects.withStroke(linewidth=2.6, foreground="black")]
WHITE_HALO = [patheffects.withStroke(linewidth=2.2, foreground="white")]

UNCERTAINTIES = (
    ("aleatoric", "Aleatoric: cannot be known from these layers", "SD"),
    ("epistemic", "Epistemic: the models do not know yet", "SD"),
    ("total", "Total: of the outcome itself", "SD"),
    ("novelty", "Novelty: unlike the training cells", "percentile"),
)


def probability_map(
    maps: Thumbnail, deposits: gpd.GeoDataFrame, targets: gpd.GeoDataFrame
) -> Figure:
    """Draw the probability on a log scale, with known deposits and the targets outlined.

    Parameters
    ----------
    maps
        With the band ``probability``.
    deposits
        Points in the CRS of the grid.
    targets
        As :func:`~mineral_prospectivity.targeting.targets.find_targets` gives them; the first
        ten are numbered.
    """
    p = maps.band("probability").astype(np.float64)
    with report_style():
        figure, axes = _map_figure(maps)
        image = _show(axes, maps, p, cmap=PROBABILITY_MAP, norm=_log_scale(p))
        _outline(axes, targets)
        _mark_deposits(axes, deposits)
        _furnish(axes, maps)
        bar = figure.colorbar(image, ax=axes, shrink=0.75, pad=0.02, extend="min")
        bar.set_label("Probability of a deposit in a cell")
        bar.ax.yaxis.set_major_formatter(FuncFormatter(_percent))
        bar.ax.yaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))
    return figure


def uncertainty_maps(maps: Thumbnail, deposits: gpd.GeoDataFrame) -> Figure:
    """Draw the four uncertainties side by side.

    Parameters
    ----------
    maps
        With the bands ``aleatoric``, ``epistemic`` and ``total`` (SD of a 0/1 outcome) and
        ``novelty``; a band that is missing is left out.
    deposits
        Points in the CRS of the grid.
    """
    shown = [item for item in UNCERTAINTIES if item[0] in maps.names]
    rows = -(-len(shown) // 2)
    height = min((WIDTH / 2 - 1.1) * _aspect(maps), TALLEST / 2 - 0.5) + 0.5
    with report_style():
        figure = Figure(figsize=(WIDTH, rows * height), layout="constrained")
        panels = figure.subplots(rows, 2, squeeze=False).ravel()
        for axes, (name, title, unit) in zip(panels, shown, strict=False):
            values = maps.band(name).astype(np.float64)
            norm = Normalize(0, 1) if name == "novelty" else _clipped_scale(values)
            image = _show(axes, maps, values, cmap=UNCERTAINTY_MAP, norm=norm)
            _mark_deposits(axes, deposits, size=5)
            axes.set_title(title, fontsize=8.5)
            _furnish(axes, maps, small=True)
            extend = "neither" if name == "novelty" else "max"
            bar = figure.colorbar(image, ax=axes, shrink=0.8, aspect=26, pad=0.02, extend=extend)
            bar.set_label(unit, fontsize=7.5)
            bar.ax.tick_params(labelsize=6.5)
        for axes in panels[len(shown) :]:
            axes.set_axis_off()
    return figure


def category_map(
    categories: Thumbnail, deposits: gpd.GeoDataFrame, targets: gpd.GeoDataFrame
) -> Figure:
    """Draw the four categories of return and risk.

    Parameters
    ----------
    categories
        One band with the values of ``CATEGORIES``; 0 is no data.
    deposits
        Points in the CRS of the grid.
    targets
        Outlined where the budget selected them.
    """
    values = categories.values[0].astype(np.float64)
    values[values == 0] = np.nan
    colours = ListedColormap([category.colour for category in CATEGORIES])
    limits = BoundaryNorm(np.arange(0.5, len(CATEGORIES) + 1), len(CATEGORIES))
    with report_style():
        figure, axes = _map_figure(categories)
        _show(axes, categories, values, cmap=colours, norm=limits)
        _outline(axes, targets[targets["selected"]], colour=INK, effects=WHITE_HALO)
        _mark_deposits(axes, deposits)
        _furnish(axes, categories)
        keys = [Patch(facecolor=c.colour, edgecolor=INK, label=c.name) for c in CATEGORIES]
        figure.legend(handles=keys, loc="outside lower center", ncols=2)
    return figure


def folds_map(cells: pd.DataFrame, grid: GeoBox, deposits: gpd.GeoDataFrame) -> Figure:
    """Draw which cells were held out together.

    Parameters
    ----------
    cells
        Columns ``cell`` and ``fold``; the background may be a sample.
    grid
        That the cells count on.
    deposits
        Points in the CRS of the grid.
    """
    folds = _folds_thumbnail(cells, grid)
    count = int(cells["fold"].max()) + 1
    colours = ListedColormap([_fold_colour(fold) for fold in range(count)])
    with report_style():
        figure, axes = _map_figure(folds, scale=0.7)
        limits = BoundaryNorm(np.arange(-0.5, count), count)
        _show(axes, folds, folds.values[0].astype(np.float64), cmap=colours, norm=limits)
        _mark_deposits(axes, deposits)
        _furnish(axes, folds)
        keys = [Patch(facecolor=_fold_colour(i), label=f"fold {i + 1}") for i in range(count)]
        figure.legend(handles=keys, loc="outside lower center", ncols=min(count, 5))
    return figure


def _folds_thumbnail(cells: pd.DataFrame, grid: GeoBox, max_side: int = 300) -> Thumbnail:
    rows, cols = grid.shape
    step = max(1, int(np.ceil(max(rows, cols) / max_side)))
    values = np.full((1, -(-rows // step), -(-cols // step)), np.nan)
    row, col = np.divmod(cells["cell"].to_numpy(), cols)
    values[0, row // step, col // step] = cells["fold"].to_numpy()
    box, side = grid.extent.boundingbox, step * abs(grid.resolution.x) / KILOMETRE
    west, north = box.left / KILOMETRE, box.top / KILOMETRE
    extent = west, west + values.shape[2] * side, north - values.shape[1] * side, north
    return Thumbnail(("fold",), values, extent, step)


def _fold_colour(fold: int) -> str:
    palette = ("#88CCEE", "#DDCC77", "#CC6677", "#44AA99", "#AA4499", "#999933", "#BBBBBB")
    return palette[fold % len(palette)]


def _map_figure(maps: Thumbnail, scale: float = 1.0) -> tuple[Figure, Axes]:
    room = 1.7 * scale  # for labels and the colour bar
    width = min(WIDTH, (TALLEST - room) / _aspect(maps) + room) * scale
    height = (width - room) * _aspect(maps) + room * 0.6
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _aspect(maps: Thumbnail) -> float:
    west, east, south, north = maps.extent
    return (north - south) / (east - west)


def _show(axes: Axes, maps: Thumbnail, values: NDArray[np.float64], **options: Any) -> AxesImage:
    axes.set_facecolor("#F4F4F4")
    return axes.imshow(
        np.ma.masked_invalid(values), extent=maps.extent, interpolation="nearest", **options
    )


def _log_scale(p: NDArray[np.float64]) -> LogNorm:
    """Return a scale over the upper three decades at most, so that the differences show."""
    known = p[np.isfinite(p) & (p > 0)]
    if not known.size:
        return LogNorm(1e-3, 1.0)
    top = float(known.max())
    bottom = max(float(np.quantile(known, 0.02)), top / 1000)
    return LogNorm(min(bottom, top * 0.9), top)


def _clipped_scale(values: NDArray[np.float64]) -> Normalize:
    known = values[np.isfinite(values)]
    top = float(np.quantile(known, 0.995)) if known.size else 1.0
    return Normalize(0.0, top or 1.0)


def _percent(value: float, _: int | None = None) -> str:
    return f"{100 * value:.3g} %"


def _mark_deposits(axes: Axes, deposits: gpd.GeoDataFrame, size: float = 14) -> None:
    if deposits.empty:
        return
    axes.scatter(
        deposits.geometry.x / KILOMETRE,
        deposits.geometry.y / KILOMETRE,
        s=size,
        facecolor="#FF5A36",
        edgecolor="black",
        linewidth=0.6,
        zorder=4,
    )


def _outline(
    axes: Axes,
    targets: gpd.GeoDataFrame,
    colour: str = "white",
    effects: Sequence[patheffects.AbstractPathEffect] = HALO,
) -> None:
    """Outline the targets in white on black, and number the first ones."""
    for target in targets.itertuples():
        for part in getattr(target.geometry, "geoms", [target.geometry]):
            x, y = np.asarray(part.exterior.coords).T / KILOMETRE
            axes.plot(x, y, color=colour, linewidth=1.1, path_effects=list(effects), zorder=3)
        if target.rank <= LABELLED_TARGETS:
            place = target.geometry.representative_point()
            axes.annotate(
                str(target.rank),
                (place.x / KILOMETRE, place.y / KILOMETRE),
                color=colour,
                weight="bold",
                ha="center",
                va="center",
                path_effects=list(effects),
                zorder=5,
            )


def _furnish(axes: Axes, maps: Thumbnail, *, small: bool = False) -> None:
    """Add kilometre axes, a scale bar and a north arrow."""
    west, east, south, north = maps.extent
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.grid(visible=False)
    axes.set_aspect("equal")
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.tick_params(labelsize=6.5 if small else 8)
    axes.locator_params(nbins=4)
    if not small:
        axes.set_xlabel("Easting (km)")
        axes.set_ylabel("Northing (km)")
        _scale_bar(axes, west, south, east - west, north - south)
        axes.annotate(
            "N",
            xy=(0.965, 0.985),
            xytext=(0.965, 0.9),
            xycoords="axes fraction",
            ha="center",
            va="center",
            weight="bold",
            path_effects=WHITE_HALO,
            arrowprops={"arrowstyle": "-|>", "color": INK, "path_effects": WHITE_HALO},
        )


def _scale_bar(axes: Axes, west: float, south: float, width: float, height: float) -> None:
    length = _round_length(width / 5)
    x, y = west + 0.04 * width, south + 0.03 * height
    axes.plot(
        [x, x + length], [y, y], color=INK, linewidth=3, solid_capstyle="butt",
        path_effects=[patheffects.withStroke(linewidth=5.5, foreground="white")], zorder=6,
    )  # fmt: skip
    axes.annotate(
        f"{length:g} km",
        (x + length / 2, y),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        path_effects=WHITE_HALO,
        zorder=6,
    )


def _round_length(length: float) -> float:
    """Return 1, 2 or 5 times a power of ten, the largest not above the length.

    Examples
    --------
    >>> _round_length(37.0)
    20.0
    """
    power = 10.0 ** np.floor(np.log10(length))
    return float(max(step for step in (1, 2, 5) if step * power <= length * (1 + 1e-9)) * power)
