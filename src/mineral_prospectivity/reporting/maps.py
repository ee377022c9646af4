"""Maps: probability with targets, uncertainties, categories and folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from mineral_prospectivity.reporting.cartography import (
    TALLEST,
    WHITE_HALO,
    aspect,
    clipped_scale,
    furnish,
    log_scale,
    map_figure,
    mark_deposits,
    outline_targets,
    percent_tick,
    show,
    turning_scale,
    turning_ticks,
)
from mineral_prospectivity.reporting.style import (
    INK,
    PROBABILITY_MAP,
    RETURN_MAP,
    UNCERTAINTY_MAP,
    WIDTH,
    report_style,
)
from mineral_prospectivity.reporting.thumbnails import KILOMETRE, Thumbnail
from mineral_prospectivity.targeting.categories import CATEGORIES

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from odc.geo.geobox import GeoBox

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
        figure, axes = map_figure(maps)
        image = show(axes, maps, p, cmap=PROBABILITY_MAP, norm=log_scale(p))
        outline_targets(axes, targets)
        mark_deposits(axes, deposits)
        furnish(axes, maps)
        bar = figure.colorbar(image, ax=axes, shrink=0.75, pad=0.02, extend="min")
        bar.set_label("Probability of a known deposit in a cell")
        bar.ax.yaxis.set_major_formatter(FuncFormatter(percent_tick))
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
    height = min((WIDTH / 2 - 1.1) * aspect(maps), TALLEST / 2 - 0.5) + 0.5
    with report_style():
        figure = Figure(figsize=(WIDTH, rows * height), layout="constrained")
        panels = figure.subplots(rows, 2, squeeze=False).ravel()
        for axes, (name, title, unit) in zip(panels, shown, strict=False):
            values = maps.band(name).astype(np.float64)
            norm = Normalize(0, 100) if name == "novelty" else clipped_scale(values)
            image = show(axes, maps, values, cmap=UNCERTAINTY_MAP, norm=norm)
            mark_deposits(axes, deposits, size=5)
            axes.set_title(title, fontsize=8.5)
            furnish(axes, maps, small=True)
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
        figure, axes = map_figure(categories)
        show(axes, categories, values, cmap=colours, norm=limits)
        outline_targets(axes, targets[targets["selected"]], colour=INK, effects=WHITE_HALO)
        mark_deposits(axes, deposits)
        furnish(axes, categories)
        keys = [Patch(facecolor=c.colour, edgecolor=INK, label=c.name) for c in CATEGORIES]
        figure.legend(handles=keys, loc="outside lower center", ncols=2)
    return figure


def return_map(returns: Thumbnail, deposits: gpd.GeoDataFrame) -> Figure:
    """Draw the risk-adjusted return, on a scale that turns where testing begins to pay.

    Parameters
    ----------
    returns
        With the band ``risk_adjusted_return``, in currency.
    deposits
        Points in the CRS of the grid.
    """
    values = returns.band("risk_adjusted_return").astype(np.float64)
    norm = turning_scale(values)
    with report_style():
        figure, axes = map_figure(returns)
        image = show(axes, returns, values, cmap=RETURN_MAP, norm=norm)
        mark_deposits(axes, deposits)
        furnish(axes, returns)
        bar = figure.colorbar(image, ax=axes, shrink=0.75, pad=0.02, extend="both")
        bar.set_ticks(turning_ticks(norm))
        bar.set_label("Risk-adjusted return of testing a cell (currency)")
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
        figure, axes = map_figure(folds, scale=0.7)
        limits = BoundaryNorm(np.arange(-0.5, count), count)
        show(axes, folds, folds.values[0].astype(np.float64), cmap=colours, norm=limits)
        mark_deposits(axes, deposits)
        furnish(axes, folds)
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
