"""Exact area-weighted means of source pixels over the cells of a grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from mineral_prospectivity.geo.grid import Window, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

MAX_SIDE = 2048
"""Side of the largest block of source pixels held at once."""

_SNAP = 1e-6
"""Edges nearer to each other than this share of a pixel are the same edge, rounded."""


@dataclass(frozen=True)
class Samples:
    """Source values under a window of cells, and how much of each cell each of them covers.

    A pixel covers a share of the height of a cell times a share of its width, so the weights of
    a whole window are two sparse matrices, one for rows and one for columns.

    Parameters
    ----------
    values
        Source values, shape (H, W), NaN where there is none.
    rows, cols
        Shares of the height and of the width of a cell, sparse (h, H) and (w, W).
    """

    values: NDArray[np.float64]
    rows: Any
    cols: Any

    @cached_property
    def valid(self) -> NDArray[np.bool_]:
        """Where the source has a value, shape (H, W)."""
        return np.asarray(np.isfinite(self.values))

    @cached_property
    def coverage(self) -> NDArray[np.float64]:
        """Share of each cell in which the source has a value, shape (h, w)."""
        return self._weighted(self.valid.astype(np.float64))

    def mean(self, plane: NDArray[Any] | None = None) -> NDArray[np.float64]:
        """Return the mean over the valid part of each cell, shape (h, w), NaN where none is valid.

        Parameters
        ----------
        plane
            What is averaged, shape (H, W), counted only where the source is valid; by default
            the values. An indicator gives the share that it covers.
        """
        plane = self.values if plane is None else plane
        total = self._weighted(np.where(self.valid, plane, 0.0))
        covered = self.coverage > 0
        return np.divide(total, self.coverage, out=np.full_like(total, np.nan), where=covered)

    def _weighted(self, plane: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((self.cols @ (self.rows @ plane).T).T)


def overlap_shares(edges: NDArray[np.float64], count: int) -> tuple[Any, int, int]:
    """Return the share of each interval that each source pixel covers.

    Parameters
    ----------
    edges
        Limits of the n intervals in pixels of the source, ascending, shape (n + 1,).
    count
        Pixels of the source, numbered from 0; the intervals may reach beyond them.

    Returns
    -------
    shares
        Sparse (n, last - first); a row sums to 1 where the source covers the whole interval.
    first, last
        The pixels that the columns stand for.
    """
    nearest = np.round(edges)
    edges = np.where(np.abs(edges - nearest) < _SNAP, nearest, edges)
    low, high = edges[:-1], edges[1:]
    start = np.floor(low).astype(np.int64)
    steps = np.arange(int(np.max(np.ceil(high) - start)))
    pixel = start[:, None] + steps
    share = np.minimum(high[:, None], pixel + 1) - np.maximum(low[:, None], pixel)
    keep = (share > 0) & (pixel >= 0) & (pixel < count)
    first = int(np.clip(start[0], 0, count))
    last = int(np.clip(np.ceil(high[-1]), first, count))
    interval = np.broadcast_to(np.arange(len(low))[:, None], pixel.shape)
    weight = share / (high - low)[:, None]
    shape = (len(low), last - first)
    entries = (weight[keep], (interval[keep], pixel[keep] - first))
    return sparse.csr_array(entries, shape=shape), first, last


def linear_shares(edges: NDArray[np.float64], count: int) -> tuple[Any, int, int]:
    """Return the weights that interpolate linearly between pixel centres, at interval centres.

    As `overlap_shares`; within half a pixel of the limits of the source its last pixel counts.
    """
    centre = (edges[:-1] + edges[1:]) / 2
    place = np.clip(centre - 0.5, 0, count - 1)
    before = np.minimum(np.floor(place).astype(np.int64), max(count - 2, 0))
    after = np.minimum(before + 1, count - 1)
    weight = place - before
    inside = (centre >= 0) & (centre <= count)
    pixel = np.stack([before, after], axis=1)
    share = np.stack([1 - weight, weight], axis=1) * inside[:, None]
    return _picked(pixel, share)


def nearest_shares(edges: NDArray[np.float64], count: int) -> tuple[Any, int, int]:
    """Return weight 1 for the pixel under the centre of each interval; as `overlap_shares`."""
    centre = (edges[:-1] + edges[1:]) / 2
    pixel = np.clip(np.floor(centre).astype(np.int64), 0, count - 1)
    inside = (centre >= 0) & (centre < count)
    return _picked(pixel[:, None], inside[:, None].astype(np.float64))


def _picked(pixel: NDArray[np.int64], share: NDArray[np.float64]) -> tuple[Any, int, int]:
    """Return a few weighted pixels of each interval, shape (n, few), as a sparse matrix."""
    first, last = int(pixel.min()), int(pixel.max()) + 1
    interval = np.broadcast_to(np.arange(len(pixel))[:, None], pixel.shape)
    keep = share > 0
    entries = (share[keep], (interval[keep], pixel[keep] - first))
    return sparse.csr_array(entries, shape=(len(pixel), last - first)), first, last


def block_shares(cells: int, factor: int) -> Any:
    """Return the shares of cells that are each made of ``factor`` equal pixels, sparse."""
    return sparse.kron(sparse.eye_array(cells), np.full((1, factor), 1.0 / factor), format="csr")


def sub_windows(window: Window, pixels_per_cell: float) -> Iterator[Window]:
    """Yield windows that tile a window and under which the source fits memory."""
    side = max(1, int(MAX_SIDE / max(pixels_per_cell, 1.0)))
    for row in range(window.row, window.row + window.height, side):
        for col in range(window.col, window.col + window.width, side):
            height = min(side, window.row + window.height - row)
            yield Window(row, col, height, min(side, window.col + window.width - col))


def read_tiled(
    window: Window,
    bands: int,
    pixels_per_cell: float,
    compute: Callable[[Window], NDArray[np.float64]],
) -> NDArray[np.float32]:
    """Return what ``compute`` gives for a window, worked out in tiles that fit memory.

    Parameters
    ----------
    compute
        Gives the bands of a tile, shape (bands, height, width).
    """
    out = np.empty((bands, *window.shape), dtype=np.float32)
    for tile in sub_windows(window, pixels_per_cell):
        row, col = tile.row - window.row, tile.col - window.col
        out[:, row : row + tile.height, col : col + tile.width] = compute(tile)
    return out


def map_windows(grid: GeoBox, pixels_per_cell: float) -> Iterator[Window]:
    """Yield the windows of a whole map in tiles under which the source fits memory."""
    for window in windows(grid):
        yield from sub_windows(window, pixels_per_cell)
