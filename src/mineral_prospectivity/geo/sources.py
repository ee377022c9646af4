"""Raster files seen from the grid: which pixels lie under a window, and their weights."""

from __future__ import annotations

import math
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.warp import calculate_default_transform
from rasterio.windows import Window as PixelWindow

from mineral_prospectivity.errors import own_words
from mineral_prospectivity.geo.grid import grid_crs
from mineral_prospectivity.geo.nodata import known_band, known_values
from mineral_prospectivity.geo.place import (
    bounds_in,
    check_crs,
    check_extent,
    layer_crs,
    rasterio_crs,
    same_crs,
)
from mineral_prospectivity.geo.samples import (
    Samples,
    block_shares,
    linear_shares,
    nearest_shares,
    overlap_shares,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from odc.geo import CRS
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.grid import Window
    from mineral_prospectivity.geo.layers import EvidenceLayer
    from mineral_prospectivity.geo.place import Bounds

_SHARES = {"average": overlap_shares, "bilinear": linear_shares, "nearest": nearest_shares}


@contextmanager
def open_raster(layer: EvidenceLayer) -> Iterator[Any]:
    """Open the file of a raster layer.

    Raises
    ------
    LayerError
        If there is no file, it is no raster or it is damaged, or it lacks the declared band.
    """
    layer.require_file()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(layer.path) as dataset:
                if layer.spec.band > dataset.count:
                    msg = f"has no band {layer.spec.band}, only {dataset.count}. Correct band:"
                    raise layer.error(msg)
                yield dataset
        except RasterioError as error:
            msg = f"cannot be read as a raster: {own_words(error)}. Is the file damaged or cut off?"
            raise layer.error(msg) from error


def scaling(dataset: Any, band: int) -> tuple[float, float]:
    """Return by what the numbers of a band are multiplied, and what is added to mean the values.

    Rasters of amounts may hold integers to be small: tenths of a degree, say.
    """
    return dataset.scales[band - 1], dataset.offsets[band - 1]


def raster_crs(layer: EvidenceLayer, dataset: Any) -> CRS:
    """Return the CRS of a raster, or the declared one where the file names none."""
    return layer_crs(layer, dataset.crs)


@dataclass(frozen=True)
class RasterSource:
    """A raster layer seen from the grid.

    Where file and grid share a CRS, cells are overlaid on the pixels as they lie, exactly.
    Otherwise each cell is divided into about as many parts as it has pixels, each part takes the
    pixel under its centre, and the cell their mean.

    Parameters
    ----------
    layer
        The declared layer.
    grid
        The grid.
    crs
        CRS of the file.
    pixel_size
        Height and width of a pixel in the grid's CRS, m.
    parts
        Parts along the side of a cell; 0 overlays the pixels as they lie.
    resampling
        ``average``, ``bilinear`` or ``nearest``.
    """

    layer: EvidenceLayer
    grid: GeoBox
    crs: CRS
    pixel_size: tuple[float, float]
    parts: int
    resampling: str

    @property
    def sample_size(self) -> tuple[float, float]:
        """Height and width of what is sampled, m: a pixel, or a part of a cell."""
        if not self.parts:
            return self.pixel_size
        part = abs(self.grid.resolution.x) / self.parts
        return part, part

    @property
    def pixels_per_cell(self) -> float:
        """Samples read along the side of a cell."""
        return float(abs(self.grid.resolution.x) / min(self.sample_size))

    def samples(self, window: Window) -> Samples:
        """Return the values under a window."""
        with open_raster(self.layer) as dataset:
            read = self._warp if self.parts else self._overlay
            found = read(dataset, window)
            if self.layer.spec.kind == "categorical":  # codes mean no amounts
                return found
            scale, offset = scaling(dataset, self.layer.spec.band)
        return replace(found, values=found.values * scale + offset)

    def _overlay(self, dataset: Any, window: Window) -> Samples:
        row_edges, col_edges = _edges(dataset.transform, self.grid, window)
        shares = _SHARES[self.resampling]
        rows, top, bottom = shares(row_edges, dataset.height)
        cols, left, right = shares(col_edges, dataset.width)
        if bottom == top or right == left:
            return Samples(np.empty((bottom - top, right - left)), rows, cols)
        pixels = PixelWindow(left, top, right - left, bottom - top)
        return Samples(_values(self.layer, dataset, pixels), rows, cols)

    def _warp(self, dataset: Any, window: Window) -> Samples:
        spec, parts = self.layer.spec, self.parts
        place = (parts * part for part in (window.col, window.row, window.width, window.height))
        with (
            known_band(dataset, spec.band, spec.nodata) as known,
            WarpedVRT(known, **self._warping()) as warped,
        ):
            values = warped.read(1, window=PixelWindow(*place))
        return Samples(
            known_values(values, values.dtype, None),
            block_shares(window.height, parts),
            block_shares(window.width, parts),
        )

    def _warping(self) -> dict[str, Any]:
        rows, cols = self.grid.shape
        return {
            "src_crs": rasterio_crs(self.crs),
            "crs": rasterio_crs(grid_crs(self.grid)),
            "transform": self.grid.transform @ Affine.scale(1 / self.parts),
            "height": rows * self.parts,
            "width": cols * self.parts,
            "resampling": Resampling[{"average": "nearest"}.get(self.resampling, self.resampling)],
            # Otherwise GDAL takes the width of its kernel, and so the values, from the window.
            "XSCALE": "1",
            "YSCALE": "1",
        }


def raster_source(layer: EvidenceLayer, grid: GeoBox, *, reproject: bool = True) -> RasterSource:
    """Return a raster layer seen from the grid.

    Finer pixels are averaged, since a cell stands for its whole area. Between coarser pixels of a
    continuous layer values are interpolated bilinearly: a field is smooth at that scale, and steps
    at pixel edges would become false gradients. Classes are never interpolated.

    Raises
    ------
    LayerError
        If the file is missing or damaged, has no CRS, has another CRS and ``reproject`` is false,
        or lies outside the grid.
    """
    with open_raster(layer) as dataset:
        crs = raster_crs(layer, dataset)
        check_crs(layer, crs, grid, reproject=reproject)
        check_extent(layer, bounds_in(crs, _corners(dataset), grid_crs(grid)), grid)
        upright = same_crs(crs, grid_crs(grid)) and _upright(dataset.transform)
        pixel_size = _pixel_size(dataset, crs, grid)
    cell = abs(grid.resolution.x)
    resampling: str | None = layer.spec.resampling
    if resampling is None:
        coarser = min(pixel_size) > cell * (1 + 1e-6)
        resampling = "bilinear" if layer.spec.kind == "continuous" and coarser else "average"
    if upright:
        return RasterSource(layer, grid, crs, pixel_size, 0, resampling)
    parts = max(1, math.ceil(cell / min(pixel_size) - 1e-3)) if resampling == "average" else 1
    return RasterSource(layer, grid, crs, pixel_size, parts, resampling)


def raster_bounds(layer: EvidenceLayer, target: CRS) -> Bounds:
    """Return the bounds of a raster layer in a CRS."""
    with open_raster(layer) as dataset:
        return bounds_in(raster_crs(layer, dataset), _corners(dataset), target)


def _upright(transform: Affine) -> bool:
    return bool(transform.b == 0 and transform.d == 0 and transform.a > 0 and transform.e < 0)


def _pixel_size(dataset: Any, crs: CRS, grid: GeoBox) -> tuple[float, float]:
    """Return height and width of a pixel in the grid's CRS."""
    transform = dataset.transform
    if not same_crs(crs, grid_crs(grid)):
        pair = rasterio_crs(crs), rasterio_crs(grid_crs(grid))
        transform, _, _ = calculate_default_transform(
            *pair, dataset.width, dataset.height, *_corners(dataset)
        )
    return math.hypot(transform.b, transform.e), math.hypot(transform.a, transform.d)


def _corners(dataset: Any) -> Bounds:
    """Return the bounds of a raster, which may be turned or upside down."""
    to_crs, cols, rows = dataset.transform, dataset.width, dataset.height
    x = [to_crs.c + to_crs.a * col + to_crs.b * row for col in (0, cols) for row in (0, rows)]
    y = [to_crs.f + to_crs.d * col + to_crs.e * row for col in (0, cols) for row in (0, rows)]
    return min(x), min(y), max(x), max(y)


def _edges(
    transform: Affine, grid: GeoBox, window: Window
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the edges of the cells of a window in pixels of an upright source: rows, columns."""
    to_pixels = ~transform @ grid.transform
    rows = np.arange(window.row, window.row + window.height + 1)
    cols = np.arange(window.col, window.col + window.width + 1)
    return to_pixels.f + to_pixels.e * rows, to_pixels.c + to_pixels.a * cols


def _values(layer: EvidenceLayer, dataset: Any, pixels: PixelWindow) -> NDArray[np.float64]:
    """Return the values of a block of pixels, NaN where there is none."""
    block = dataset.read(layer.spec.band, window=pixels, masked=True)
    return known_values(block.astype(np.float64).filled(np.nan), block.dtype, layer.spec.nodata)
