"""Why here: figures of what drives targets, of the layers' weight and of the latent space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from mineral_prospectivity.reporting.cartography import (
    LABELLED_TARGETS,
    aspect,
    furnish,
    log_scale,
    mark_deposits,
    outline_targets,
    percent_tick,
)
from mineral_prospectivity.reporting.style import (
    INK,
    MODEL_COLOUR,
    PROBABILITY_MAP,
    QUIET,
    WIDTH,
    report_style,
)
from mineral_prospectivity.reporting.thumbnails import KILOMETRE

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from numpy.typing import NDArray

    from mineral_prospectivity.geo.raster import Raster
    from mineral_prospectivity.reporting.thumbnails import Thumbnail

AGAINST = "#D55E00"
"""Colour of what a layer takes away."""

TARGETS_DRAWN = 6
LAYERS_DRAWN = 6
DOTS = 15_000


@dataclass(frozen=True)
class Reasons:
    """What is known of why the map is as it is.

    Parameters
    ----------
    drivers
        From :func:`~mineral_prospectivity.targeting.explanation.explain_targets`.
    importance
        From :func:`~mineral_prospectivity.scoring.importance.layer_importance`.
    latent, latent_view
        Latent components of every cell, and three of them as colours.
    """

    drivers: pd.DataFrame
    importance: pd.DataFrame
    latent: Raster
    latent_view: Raster


def drivers_figure(drivers: pd.DataFrame, targets: gpd.GeoDataFrame) -> Figure | None:
    """Draw what each layer adds to or takes from the first targets' log-odds.

    Parameters
    ----------
    drivers, targets
        As `Reasons` and the ranking have them.

    Returns
    -------
    Figure or None
        None where no target is explained.
    """
    known = drivers.dropna(subset="contribution")
    shown = [t for t in targets.itertuples() if (known["target_id"] == t.target_id).any()]
    shown = shown[:TARGETS_DRAWN]
    if not shown:
        return None
    rows, bars = -(-len(shown) // 2), min(known["layer"].nunique(), LAYERS_DRAWN + 1)
    with report_style():
        figure = Figure(figsize=(WIDTH, rows * (0.5 + 0.2 * bars) + 0.2), layout="constrained")
        panels = figure.subplots(rows, 2, squeeze=False, sharex=True).ravel()
        for axes, target in zip(panels, shown, strict=False):
            own = known[known["target_id"] == target.target_id]
            _signed_bars(axes, *_largest(own))
            axes.set_title(f"{target.rank}  {target.target_id}", fontsize=8.5)
        for axes in panels[len(shown) :]:
            axes.set_axis_off()
        figure.supxlabel("Added to the log-odds of a deposit", fontsize=9)
    return figure


def _largest(own: pd.DataFrame) -> tuple[list[str], list[float]]:
    """Return the layers that count most and, as one, all others."""
    ordered = own.sort_values("contribution", key=np.abs, ascending=False, kind="stable")
    first, rest = ordered.iloc[:LAYERS_DRAWN], ordered.iloc[LAYERS_DRAWN:]
    names, values = first["reading"].tolist(), first["contribution"].tolist()
    if len(rest):
        names.append(f"{len(rest)} others")
        values.append(float(rest["contribution"].sum()))
    return names, values


def _signed_bars(axes: Axes, names: list[str], values: list[float]) -> None:
    colours = [MODEL_COLOUR if value > 0 else AGAINST for value in values]
    places = np.arange(len(names))
    axes.barh(places, values, color=colours, height=0.65)
    axes.axvline(0, color=INK, linewidth=0.9)
    axes.set_yticks(places, names, fontsize=7.5)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="x", labelsize=7.5)


def importance_figure(importance: pd.DataFrame, drivers: pd.DataFrame) -> Figure:
    """Draw the layers' permutation importance beside their mean share in the targets.

    Parameters
    ----------
    importance, drivers
        As `Reasons` has them.
    """
    size = drivers.assign(size=drivers["contribution"].abs()).groupby("layer")["size"].mean()
    size = size.reindex(importance["layer"])
    places = np.arange(len(importance))
    value, low, high = (1000 * importance[f"nll_{end}"] for end in ("increase", "low", "high"))
    with report_style():
        figure = Figure(figsize=(WIDTH, 0.9 + 0.25 * len(importance)), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        left.barh(places, value, color=MODEL_COLOUR, height=0.6)
        left.hlines(places, low, high, color=INK, linewidth=1.1)
        left.set_title("Held out, the layer shuffled")
        left.set_xlabel("NLL lost, thousandths of a nat a cell")
        left.set_yticks(places, importance["layer"].tolist())
        left.invert_yaxis()
        right.barh(places, size.fillna(0), color=QUIET, height=0.6)
        right.set_title("In the targets")
        right.set_xlabel("Mean size of what it adds or takes, log-odds")
        for axes in (left, right):
            axes.axvline(0, color=INK, linewidth=0.9)
            axes.grid(visible=False, axis="y")
            axes.locator_params(axis="x", nbins=4)
    return figure


def latent_figure(
    latent: Thumbnail,
    view: Thumbnail,
    probability: NDArray[np.floating],
    deposits: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
) -> Figure:
    """Draw the region in the latent space: cells by probability, and as a map in false colours.

    Parameters
    ----------
    latent
        Latent components, at least one.
    view
        Bands red, green and blue, 0 to 255.
    probability
        Of the cells of ``latent``, shape ``(rows, columns)``.
    deposits
        Points in the CRS of the grid.
    targets
        The first ten are numbered.
    """
    height = (WIDTH / 2 - 0.3) * min(aspect(view), 1.6) + 0.9
    with report_style():
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        left, right = figure.subplots(1, 2)
        _latent_cells(left, latent, probability, deposits, targets)
        colours = np.moveaxis(view.values.astype(np.float64), 0, -1) / 255
        right.set_facecolor("#F4F4F4")
        opaque = np.isfinite(colours).all(axis=-1, keepdims=True)
        image = np.concatenate([np.nan_to_num(colours), opaque], axis=-1)
        right.imshow(image, extent=view.extent, interpolation="nearest")
        outline_targets(right, targets[targets["rank"] <= LABELLED_TARGETS])
        mark_deposits(right, deposits, size=5)
        furnish(right, view, small=True)
        right.set_title("Like colours: like evidence")
    return figure


def _latent_cells(
    axes: Axes,
    latent: Thumbnail,
    probability: NDArray[np.floating],
    deposits: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
) -> None:
    first, second = latent.values[0], latent.values[min(1, len(latent.values) - 1)]
    known = np.flatnonzero(np.isfinite(first) & np.isfinite(probability))
    drawn = known[:: max(1, -(-known.size // DOTS))]
    drawn = drawn[np.argsort(probability.ravel()[drawn], kind="stable")]
    p = probability.ravel()[drawn].astype(np.float64)
    dots = axes.scatter(
        first.ravel()[drawn], second.ravel()[drawn], c=np.maximum(p, 1e-12), s=1.5, linewidth=0,
        cmap=PROBABILITY_MAP, norm=log_scale(p), rasterized=True,
    )  # fmt: skip
    at = _thumbnail_cells(latent, deposits.geometry.x, deposits.geometry.y)
    axes.scatter(first[at], second[at], s=9, facecolor="#FF5A36", edgecolor="black", linewidth=0.5)
    ranked = targets[targets["rank"] <= LABELLED_TARGETS]
    places = _thumbnail_cells(latent, ranked["best_x"], ranked["best_y"])
    _number_dots(axes, ranked["rank"], first[places], second[places])
    axes.set_title("Cells by their first two components")
    axes.set_xlabel("Latent component 1")
    axes.set_ylabel("Latent component 2")
    _probability_bar(axes, dots)


def _number_dots(
    axes: Axes, ranks: pd.Series, x: NDArray[np.floating], y: NDArray[np.floating]
) -> None:
    for rank, across, up in zip(ranks, x, y, strict=True):
        if np.isfinite(across):
            axes.annotate(
                str(rank), (across, up), weight="bold", fontsize=8, ha="center", va="center",
                bbox={"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": INK},
            )  # fmt: skip


def _probability_bar(axes: Axes, dots: PathCollection) -> None:
    bar = axes.figure.colorbar(dots, ax=axes, location="bottom", shrink=0.8, aspect=30)
    bar.set_label("Probability of a known deposit", fontsize=7.5)
    bar.ax.xaxis.set_major_formatter(FuncFormatter(percent_tick))
    bar.ax.xaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))
    bar.ax.tick_params(labelsize=6.5)


def _thumbnail_cells(
    thumbnail: Thumbnail, x: pd.Series, y: pd.Series
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column of points, m, in a thumbnail; those outside are left at its edge."""
    west, east, south, north = thumbnail.extent
    rows, cols = thumbnail.values.shape[1:]
    across = (x.to_numpy() / KILOMETRE - west) / (east - west) * cols
    down = (north - y.to_numpy() / KILOMETRE) / (north - south) * rows
    return (
        np.clip(down.astype(np.intp), 0, rows - 1),
        np.clip(across.astype(np.intp), 0, cols - 1),
    )
