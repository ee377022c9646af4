"""Rasters in Cloud-Optimised GeoTIFFs, read and written window by window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import rasterio.shutil
from odc.geo.geobox import GeoBox
from rasterio.errors import RasterioError
from rasterio.windows import Window as PixelWindow

from mineral_prospectivity.errors import ProspectivityError, own_words
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import grid_crs, named_crs
from mineral_prospectivity.geo.raster import Raster

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from odc.geo import CRS

    from mineral_prospectivity.geo.grid import Window

CACHE_MB = 256
"""Blocks that GDAL keeps while a map is written; left alone it takes a share of the machine."""

BLOCK_SIZE = 512
"""Side of the blocks of a file, in cells: the windows we work in are read without waste."""

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f")
"""Colours that colour-blind people can tell apart (Okabe and Ito 2008)."""

_BAND_TAGS = ("name", "layer", "kind", "unit", "transform", "description")
_CONTEXT = {"context": "yes"}


@dataclass(frozen=True)
class GeotiffWindows:
    """Reads windows of a file.

    Parameters
    ----------
    path
        The file.
    origin
        What messages call it.
    bands
        Numbers of its bands, from 1.
    fill
        Whether missing cells become NaN; otherwise values are given as they are.
    keep
        Whatever must live as long as the file is read: the local copy of a remote one.
    opener
        The file system of a path that is not on this machine, as rasterio takes it.
    """

    path: Path | str
    origin: str
    bands: tuple[int, ...]
    fill: bool
    keep: object = field(default=None, repr=False, compare=False)
    opener: object = field(default=None, repr=False, compare=False)

    def __call__(self, window: Window) -> NDArray[np.generic]:
        """Return the values of a window, shape (bands, height, width)."""
        pixels = PixelWindow(window.col, window.row, window.width, window.height)
        try:
            with rasterio.open(self.path, opener=self.opener) as dataset:
                values = dataset.read(self.bands, window=pixels, masked=self.fill)
        except RasterioError as error:
            problem = f"cannot be read: {own_words(error)}. Is the file damaged or cut off?"
            msg = f"{self.origin}: {problem}"
            raise ProspectivityError(msg) from error
        if self.fill:
            values = values.astype(np.float32).filled(np.nan)
        return np.asarray(values)


def read_geotiff(
    path: Path | str, *, origin: str = "", keep: object = None, opener: object = None
) -> Raster:
    """Return a file as a raster, of which nothing is read yet.

    Bands that another program wrote are named after their description, or ``band_1`` and so on.

    Parameters
    ----------
    origin
        What messages call the file; by default its path.
    keep
        Whatever must live as long as the raster.
    opener
        The file system of a path that is not on this machine, as rasterio takes it: of a
        Cloud-Optimised GeoTIFF the header and the blocks of the windows are read, nothing else.

    Raises
    ------
    ProspectivityError
        If it cannot be read as a raster.
    """
    origin = origin or str(path)
    try:
        with rasterio.open(path, opener=opener) as dataset:
            grid = GeoBox(dataset.shape, dataset.transform, _crs(dataset))
            bands = tuple(_band(dataset, number) for number in dataset.indexes)
            categories = _categories(dataset)
            colours = _colours(dataset, categories)
            numbers = tuple(dataset.indexes)
    except RasterioError as error:
        problem = f"cannot be read as a raster: {own_words(error)}. Is the file damaged or cut off?"
        msg = f"{origin}: {problem}"
        raise ProspectivityError(msg) from error
    read = GeotiffWindows(path, origin, numbers, fill=not categories, keep=keep, opener=opener)
    return Raster(grid, bands, read, categories, colours)


def write_geotiff(raster: Raster, path: Path) -> None:
    """Write a raster as a Cloud-Optimised GeoTIFF; it is computed window by window.

    Beside the file a plain one is made first, since overviews come before what they show. The
    same raster gives the same bytes.

    Categories without colours of their own get those of `PALETTE`, in order.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    plain = path.with_name(f"{path.stem}.plain.tif")
    categorical = bool(raster.categories)
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_MB):
            with rasterio.open(plain, "w", **_profile(raster)) as dataset:
                _write_windows(dataset, raster)
                _describe(dataset, raster)
                if categorical:
                    _colour(dataset, raster)
            _optimise(plain, path, categorical=categorical)
    except RasterioError as error:
        msg = f"{path.name} cannot be written: {own_words(error)}. Is the disk full?"
        raise OSError(msg) from error
    finally:
        plain.unlink(missing_ok=True)


def _optimise(plain: Path, path: Path, *, categorical: bool) -> None:
    """Write a Cloud-Optimised GeoTIFF from a plain one."""
    try:
        rasterio.shutil.copy(
            plain,
            path,
            driver="COG",
            blocksize=BLOCK_SIZE,
            compress="deflate",
            predictor="yes",
            overview_resampling="mode" if categorical else "average",
            statistics="no" if categorical else "yes",
            bigtiff="if_safer",
        )
    except Exception as error:  # GDAL's own errors, which have no public class
        raise RasterioError(str(error)) from error


def nodata_of(raster: Raster) -> float:
    """Return what stands for no value in a file: NaN, or a byte that is no category."""
    if not raster.categories:
        return float("nan")
    return 255.0 if 0 in dict(raster.categories) else 0.0


def _profile(raster: Raster) -> dict[str, Any]:
    rows, cols = raster.grid.shape
    return {
        "driver": "GTiff",
        "height": rows,
        "width": cols,
        "count": len(raster.bands),
        "dtype": "uint8" if raster.categories else "float32",
        "nodata": nodata_of(raster),
        "crs": rasterio.crs.CRS.from_wkt(grid_crs(raster.grid).wkt),
        "transform": raster.grid.transform,
        "tiled": True,
        "blockxsize": BLOCK_SIZE,
        "blockysize": BLOCK_SIZE,
        "interleave": "band",
        "bigtiff": "if_safer",
    }


def _write_windows(dataset: Any, raster: Raster) -> None:
    known = [value for value, _ in raster.categories]
    for window, block in raster.blocks():
        values = np.where(np.isin(block, known), block, dataset.nodata) if known else block
        pixels = PixelWindow(window.col, window.row, window.width, window.height)
        dataset.write(np.asarray(values, dtype=dataset.dtypes[0]), window=pixels)


def _describe(dataset: Any, raster: Raster) -> None:
    dataset.descriptions = raster.names
    dataset.units = tuple(band.unit for band in raster.bands)
    unfit = ("kind", "transform") if raster.categories else ()  # of numbers, not of names
    for number, band in enumerate(raster.bands, start=1):
        tags = {name: text for name, text in band.to_dict().items() if name not in unfit}
        dataset.update_tags(number, **{n: tags[n] for n in _BAND_TAGS if tags.get(n)})
        if band.context:
            dataset.update_tags(number, **_CONTEXT)
    for value, name in raster.categories:
        dataset.update_tags(1, **{f"category_{value}": name})


def _colour(dataset: Any, raster: Raster) -> None:
    palette = {value: PALETTE[n % len(PALETTE)] for n, (value, _) in enumerate(raster.categories)}
    colours = dict(raster.colours) or palette
    table = {value: (*bytes.fromhex(colour.lstrip("#")), 255) for value, colour in colours.items()}
    dataset.write_colormap(1, {int(dataset.nodata): (0, 0, 0, 0), **table})


def _crs(dataset: Any) -> CRS | None:
    return named_crs(dataset.crs) if dataset.crs else None


def _band(dataset: Any, number: int) -> Band:
    tags = dataset.tags(number)
    own = {name: tags[name] for name in _BAND_TAGS if name in tags}
    fallback = {
        "name": dataset.descriptions[number - 1] or f"band_{number}",
        "unit": dataset.units[number - 1] or "1",
    }
    return Band(**{**fallback, **own}, context=_CONTEXT.items() <= tags.items())


def _categories(dataset: Any) -> tuple[tuple[int, str], ...]:
    prefix = "category_"
    tags = dataset.tags(1)
    found = {int(tag[len(prefix) :]): name for tag, name in tags.items() if tag.startswith(prefix)}
    return tuple(sorted(found.items()))


def _colours(dataset: Any, categories: tuple[tuple[int, str], ...]) -> tuple[tuple[int, str], ...]:
    table = dataset.colormap(1) if categories else {}
    return tuple((value, "#{:02x}{:02x}{:02x}".format(*table[value])) for value, _ in categories)
