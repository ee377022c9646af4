"""What every map has: frame, scales, deposits, targets, scale bar and north arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import patheffects
from matplotlib.colors import LogNorm, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mineral_prospectivity.reporting.style import DEPOSIT_COLOUR, INK, WIDTH
from mineral_prospectivity.reporting.thumbnails import KILOMETRE, Thumbnail

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage
    from numpy.typing import NDArray

LABELLED_TARGETS = 10
TALLEST = 9.0
"""Height of a map, inches, at most: it must fit a printed page."""

TAIL = 0.005
"""Share of the cells at an end of a scale that it does not spread its colours for."""

HALO = [patheffects.withStroke(linewidth=2.6, foreground="black")]
WHITE_HALO = [patheffects.withStroke(linewidth=2.2, foreground="white")]


def map_figure(maps: Thumbnail, scale: float = 1.0) -> tuple[Figure, Axes]:
    """Return a figure of the shape of the map, with room for labels, at most a page high."""
    room = 1.7 * scale  # for labels and the colour bar
    width = min(WIDTH, (TALLEST - room) / aspect(maps) + room) * scale
    height = (width - room) * aspect(maps) + room * 0.6
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def aspect(maps: Thumbnail) -> float:
    """Return height over width."""
    west, east, south, north = maps.extent
    return (north - south) / (east - west)


def show(axes: Axes, maps: Thumbnail, values: NDArray[np.float64], **options: Any) -> AxesImage:
    """Draw the values, shape ``(rows, columns)``; NaN stays grey."""
    axes.set_facecolor("#F4F4F4")
    return axes.imshow(
        np.ma.masked_invalid(values), extent=maps.extent, interpolation="nearest", **options
    )


def log_scale(p: NDArray[np.float64]) -> LogNorm:
    """Return a scale over the upper three decades at most, so that the differences show."""
    known = p[np.isfinite(p) & (p > 0)]
    if not known.size:
        return LogNorm(1e-3, 1.0)
    top = float(known.max())
    bottom = max(float(np.quantile(known, 0.02)), top / 1000)
    return LogNorm(min(bottom, top * 0.9), top)


def clipped_scale(values: NDArray[np.float64]) -> Normalize:
    """Return a scale from 0 to the 99.5th percentile."""
    known = values[np.isfinite(values)]
    top = float(np.quantile(known, 1 - TAIL)) if known.size else 1.0
    return Normalize(0.0, top or 1.0)


def turning_scale(values: NDArray[np.float64]) -> TwoSlopeNorm:
    """Return a scale that turns at 0, each side over its own range but the tail.

    Few values may lie on one side: a quantile of all would spend their colours within its first
    step. A side without any reaches as far as the other.
    """
    known = values[np.isfinite(values)]
    below, above = known[known < 0], known[known > 0]
    low = float(np.quantile(below, TAIL)) if below.size else 0.0
    high = float(np.quantile(above, 1 - TAIL)) if above.size else 0.0
    return TwoSlopeNorm(0.0, low or -(high or 1.0), high or -(low or -1.0))


def turning_ticks(norm: TwoSlopeNorm) -> list[float]:
    """Return round values on both sides of 0."""
    low, high = float(norm.vmin or 0.0), float(norm.vmax or 0.0)
    below = [at for at in MaxNLocator(3).tick_values(low, 0) if low <= at < 0]
    return [float(at) for at in (*below, *MaxNLocator(3).tick_values(0, high)) if at <= high]


def percent_tick(value: float, _: int | None = None) -> str:
    """Return the label of a tick, in per cent."""
    return f"{100 * value:.3g} %"


def mark_deposits(axes: Axes, deposits: gpd.GeoDataFrame, size: float = 14) -> None:
    """Mark the known deposits, points in the CRS of the grid."""
    if deposits.empty:
        return
    axes.scatter(
        deposits.geometry.x / KILOMETRE,
        deposits.geometry.y / KILOMETRE,
        s=size,
        facecolor=DEPOSIT_COLOUR,
        edgecolor="black",
        linewidth=0.6,
        zorder=4,
    )


def outline_targets(
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


def furnish(axes: Axes, maps: Thumbnail, *, small: bool = False) -> None:
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
    length = round_length(width / 5)
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


def round_length(length: float) -> float:
    """Return 1, 2 or 5 times a power of ten, the largest not above the length.

    Examples
    --------
    >>> round_length(37.0)
    20.0
    """
    power = 10.0 ** np.floor(np.log10(length))
    return float(max(step for step in (1, 2, 5) if step * power <= length * (1 + 1e-9)) * power)
