"""What the evidence is like: coverage, ranges, outliers, repetition, and the cells it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mineral_prospectivity.geo.grid import grid_crs, window_cells
from mineral_prospectivity.geo.tabulate import has_evidence

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.grid import Window
    from mineral_prospectivity.geo.raster import Raster

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
FAR_OUT = 3.0
"""Interquartile ranges beyond the quartiles from which a value is an outlier (Tukey 1977)."""
SAME = 0.98
"""Spearman correlation from which two bands say nearly the same."""
POOR_COVERAGE = 0.9
LEAST_PAIRS = 30
"""Cells with both bands from which their correlation is quoted."""


@dataclass
class _Tally:
    """What one pass over the evidence counts."""

    known: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    layer_known: NDArray[np.int64]
    lost_without_layer: NDArray[np.int64]
    with_evidence: int = 0
    kept: int = 0


def quality_report(
    stack: Raster, *, min_coverage: float = 0.5, sample_size: int = 20_000, seed: int = 0
) -> dict[str, Any]:
    """Return what the evidence is like, as plain values for JSON.

    Parameters
    ----------
    stack
        The evidence; read once, window by window.
    min_coverage
        Share of the bands that a kept cell has.
    sample_size
        Cells, drawn uniformly, on which quantiles, outliers and correlations are computed;
        smaller maps are taken whole.
    seed
        Seed of the draw.

    Returns
    -------
    dict
        ``grid``; ``cells``: how many are kept, and in how many of the lost ones each layer is
        missing; ``layers``: the share of the grid that each covers; ``bands``: coverage, range,
        quantiles, share of outliers; ``correlated``: pairs of bands that say nearly the same;
        ``findings``: what people should look at, in words.
    """
    cells = _draw(stack.grid, sample_size, seed)
    tally, sample = _pass_over(stack, min_coverage, cells)
    total = stack.grid.shape.x * stack.grid.shape.y
    layers = _layers(stack)
    report = {
        "grid": _describe_grid(stack.grid),
        "cells": _describe_cells(tally, total, min_coverage, layers),
        "layers": {
            name: {"coverage": int(known) / total}
            for name, known in zip(layers, tally.layer_known, strict=True)
        },
        "bands": _describe_bands(stack, tally, sample, total),
        "correlated": _correlated(stack, sample),
        "sampled_cells": len(cells),
    }
    return {**report, "findings": _findings(report)}


def _layers(stack: Raster) -> list[str]:
    return list(dict.fromkeys(band.layer or band.name for band in stack.bands))


def _draw(grid: GeoBox, size: int, seed: int) -> NDArray[np.int64]:
    total = grid.shape.x * grid.shape.y
    if total <= size:
        return np.arange(total, dtype=np.int64)
    return np.unique(np.random.default_rng(seed).integers(total, size=size))


def _pass_over(
    stack: Raster, min_coverage: float, cells: NDArray[np.int64]
) -> tuple[_Tally, NDArray[np.float32]]:
    """Return the counts over the whole map, and the values of some cells (bands, cells)."""
    layers = _layers(stack)
    layer_of = np.array([layers.index(band.layer or band.name) for band in stack.bands])
    bands = len(stack.bands)
    tally = _Tally(
        np.zeros(bands, np.int64),
        np.full(bands, np.nan),
        np.full(bands, np.nan),
        np.zeros(len(layers), np.int64),
        np.zeros(len(layers), np.int64),
    )
    sample = np.empty((bands, len(cells)), np.float32)
    for window, block in stack.blocks():
        values = np.asarray(block, np.float32).reshape(bands, -1)
        _count(tally, values, layer_of, min_coverage)
        _gather(sample, cells, values, stack.grid, window)
    return tally, sample


def _count(
    tally: _Tally, values: NDArray[np.float32], layer_of: NDArray[np.int64], min_coverage: float
) -> None:
    finite = np.isfinite(values)
    tally.known += finite.sum(axis=1)
    tally.low = np.fmin(tally.low, np.fmin.reduce(values, axis=1))
    tally.high = np.fmax(tally.high, np.fmax.reduce(values, axis=1))
    kept = has_evidence(values, min_coverage)
    tally.with_evidence += int(finite.any(axis=0).sum())
    tally.kept += int(kept.sum())
    for layer in range(len(tally.layer_known)):
        has_layer = finite[layer_of == layer].any(axis=0)
        tally.layer_known[layer] += int(has_layer.sum())
        tally.lost_without_layer[layer] += int((~has_layer & ~kept).sum())


def _gather(
    sample: NDArray[np.float32],
    cells: NDArray[np.int64],
    values: NDArray[np.float32],
    grid: GeoBox,
    window: Window,
) -> None:
    here = window_cells(grid, window).ravel()
    place = np.minimum(np.searchsorted(here, cells), len(here) - 1)
    within = here[place] == cells
    sample[:, within] = values[:, place[within]]


def _describe_grid(grid: GeoBox) -> dict[str, Any]:
    rows, cols = grid.shape
    box = grid.extent.boundingbox
    return {
        "crs": str(grid_crs(grid)),
        "resolution": float(abs(grid.resolution.x)),
        "rows": int(rows),
        "columns": int(cols),
        "bounds": [float(limit) for limit in box],
    }


def _describe_cells(
    tally: _Tally, total: int, min_coverage: float, layers: list[str]
) -> dict[str, Any]:
    missing = zip(layers, tally.lost_without_layer, strict=True)
    return {
        "total": total,
        "with_evidence": tally.with_evidence,
        "kept": tally.kept,
        "lost": total - tally.kept,
        "min_coverage": min_coverage,
        "lost_without_layer": {name: int(count) for name, count in missing},
    }


def _describe_bands(
    stack: Raster, tally: _Tally, sample: NDArray[np.float32], total: int
) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for number, band in enumerate(stack.bands):
        facts: dict[str, Any] = {"unit": band.unit, "coverage": int(tally.known[number]) / total}
        if tally.known[number]:
            low, high = float(tally.low[number]), float(tally.high[number])
            facts |= {"min": low, "max": high, "constant": low == high}
        values = sample[number].astype(np.float64)
        described[band.name] = facts | _distribution(values[np.isfinite(values)])
    return described


def _distribution(values: NDArray[np.float64]) -> dict[str, Any]:
    """Return quantiles and the share of outliers, or why there are none."""
    if not values.size:
        return {"reason": "no value in the sampled cells"}
    quantiles = np.quantile(values, QUANTILES)
    named = {f"{q:g}": float(value) for q, value in zip(QUANTILES, quantiles, strict=True)}
    lower, upper = named["0.25"], named["0.75"]
    reach = FAR_OUT * (upper - lower)
    if reach == 0:
        return {"quantiles": named, "outliers_reason": "half of the values are equal"}
    outliers = (values < lower - reach) | (values > upper + reach)
    return {"quantiles": named, "outliers": float(outliers.mean())}


def _correlated(stack: Raster, sample: NDArray[np.float32]) -> list[dict[str, Any]]:
    # Pandas leaves out missing values pair by pair, and gives NaN for constant bands.
    matrix = pd.DataFrame(sample.T).corr("spearman", min_periods=LEAST_PAIRS).to_numpy()
    first, second = np.nonzero(np.triu(np.abs(np.nan_to_num(matrix)) >= SAME, k=1))
    return [
        {"bands": [stack.names[i], stack.names[j]], "spearman": float(matrix[i, j])}
        for i, j in zip(first.tolist(), second.tolist(), strict=True)
    ]


def _findings(report: dict[str, Any]) -> list[str]:
    found = [
        f"layer {name!r} covers {facts['coverage']:.0%} of the grid"
        for name, facts in report["layers"].items()
        if facts["coverage"] < POOR_COVERAGE
    ]
    found += [
        f"band {name!r} is constant ({facts['min']:g}): it says nothing"
        for name, facts in report["bands"].items()
        if facts.get("constant")
    ]
    found += [
        f"bands {pair['bands'][0]!r} and {pair['bands'][1]!r} say nearly the same "
        f"(Spearman {pair['spearman']:.3f})"
        for pair in report["correlated"]
    ]
    cells = report["cells"]
    if cells["lost"]:
        worst = max(cells["lost_without_layer"].items(), key=lambda item: item[1])
        found.append(
            f"{cells['lost']} of {cells['total']} cells have too little evidence; layer "
            f"{worst[0]!r} is missing in {worst[1]} of them"
        )
    return found
