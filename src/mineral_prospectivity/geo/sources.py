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
from odc.geo import CRS
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.warp import calculate_default_transform, transform_bounds
from rasterio.windows import Window as PixelWindow

from mineral_prospectivity.errors import own_words
from mineral_prospectivity.geo.grid import grid_crs, named_crs
from mineral_prospectivity.geo.layers import name_rows
from mineral_prospectivity.geo.nodata import known_band, known_values
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
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.grid import Window
    from mineral_prospectivity.geo.layers import EvidenceLayer

_SHARES = {"average": overlap_shares, "bilinear": linear_shares, "nearest": nearest_shares}

LATTICE = 23
"""Points along the sides of bounds, and within them, whose places in another CRS are asked."""

Bounds = tuple[float, float, float, float]


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


def layer_crs(layer: EvidenceLayer, found: Any) -> CRS:
    """Return the CRS that a file names, or else the declared one.

    Raises
    ------
    LayerError
        If there is neither.
    """
    if found is not None and str(found):
        return named_crs(found)
    if layer.spec.crs is None:
        msg = "has no CRS. Declare it in the catalog entry, for example crs: EPSG:7845"
        raise layer.error(msg)
    try:
        return CRS(layer.spec.crs)
    except Exception as error:
        msg = (
            f"crs: {layer.spec.crs!r} is no coordinate reference system; give one such as EPSG:7845"
        )
        raise layer.error(msg) from error


def same_crs(one: CRS, other: CRS) -> bool:
    """Tell whether two CRSs are the same, however they are written."""
    return bool(one == other or one.proj.equals(other.proj, ignore_axis_order=True))


def check_crs(layer: EvidenceLayer, crs: CRS, grid: GeoBox, *, reproject: bool) -> None:
    """Raise a LayerError when the layer has another CRS than the grid and must not."""
    if reproject or same_crs(crs, grid_crs(grid)):
        return
    kind = "is geographic; the grid is" if crs.geographic else "is not the grid's,"
    msg = f"CRS {crs} {kind} {grid.crs}. Reproject it, or set grid.reproject: true"
    raise layer.error(msg)


def bounds_in(crs: CRS, bounds: Bounds, target: CRS) -> Bounds:
    """Return bounds in another CRS, infinite where it has no place for them.

    What covers the globe has its sides where a projection is folded or has no place: points within
    tell how far it reaches.
    """
    if same_crs(crs, target):
        return bounds
    if target.geographic:  # GDAL knows of the antimeridian
        west, south, east, north = transform_bounds(_rio(crs), _rio(target), *bounds)
        return west, south, east, north
    lines = (np.linspace(*ends, LATTICE) for ends in (bounds[::2], bounds[1::2]))
    across, along = (line.ravel() for line in np.meshgrid(*lines))
    x, y = crs.transformer_to_crs(target)(across, along)
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return -np.inf, -np.inf, np.inf, np.inf
    west, east = float(x[known].min()), float(x[known].max())
    return west, float(y[known].min()), east, float(y[known].max())


def check_extent(layer: EvidenceLayer, bounds: Bounds, grid: GeoBox, *, reach: float = 0.0) -> None:
    """Raise a LayerError when bounds in the grid's CRS do not touch the grid, or are infinite.

    Parameters
    ----------
    reach
        How far beyond its bounds the layer has something to say, m.
    """
    require_place(layer, bounds, grid_crs(grid))
    west, south, east, north = bounds
    box = grid.extent.boundingbox
    across = west - reach < box.right and east + reach > box.left
    along = south - reach < box.top and north + reach > box.bottom
    if not (across and along):
        where = "lies outside the grid"
        if reach:
            where = f"lies more than {reach / 1000:.3g} km outside the grid"
        msg = (
            f"{where}: it covers {sides(bounds)}, the grid {sides(tuple(box))} in {grid.crs}. "
            "Check its CRS, or grid.bounds"
        )
        raise layer.error(msg)


def require_place(layer: EvidenceLayer, bounds: Bounds, crs: CRS) -> None:
    """Raise a LayerError when the bounds of a layer in a CRS are infinite."""
    if not np.isfinite(bounds).all():
        msg = (
            f"has no place in {crs}: its coordinates do not fit its own CRS, as metres do not fit "
            "one of degrees. Correct the CRS in the file, or crs:"
        )
        raise layer.error(msg)


def require_all_places(
    layer: EvidenceLayer, wrong: NDArray[np.int64], total: int, what: str, crs: CRS
) -> None:
    """Raise a LayerError when some, but not all, of its features have no place in a CRS.

    Parameters
    ----------
    wrong
        Rows of those features, counted from 0.
    what
        What they are called.
    """
    if 0 < wrong.size < total:
        msg = (
            f"{wrong.size} of {total} {what} have no place in {crs} ({name_rows(wrong)}): they lie "
            "too far from it. Cut the layer to the region"
        )
        raise layer.error(msg)


def sides(bounds: Any) -> str:
    """Return bounds for a message: west to east by south to north."""
    west, south, east, north = (f"{value:.0f}" for value in bounds)
    return f"{west}..{east} by {south}..{north}"


def _rio(crs: CRS) -> Any:
    return rasterio.crs.CRS.from_wkt(crs.wkt)


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
            "src_crs": _rio(self.crs),
            "crs": _rio(grid_crs(self.grid)),
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
        transform, _, _ = calculate_default_transform(
            _rio(crs), _rio(grid_crs(grid)), dataset.width, dataset.height, *_corners(dataset)
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
