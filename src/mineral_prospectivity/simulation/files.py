"""A region as the files that a user would have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import rasterio

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.simulation.instruments import Layer
    from mineral_prospectivity.simulation.region import Region

FIXED_DATE = "2000-01-01T00:00:00.000Z"
"""GeoPackages record when they were written; a fixed date makes equal regions equal files."""


def write_region(region: Region, folder: str | Path) -> list[Path]:
    """Write a region as GeoTIFFs and GeoPackages; equal regions give equal bytes.

    Parameters
    ----------
    region
        What to write.
    folder
        Made if need be. Layers and deposits go there, what is only known because the region was
        simulated into ``truth``.

    Returns
    -------
    list of pathlib.Path
        The files written.
    """
    folder = Path(folder)
    truth = folder / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    written = [_write_layer(layer, folder) for layer in region.layers]
    if region.faults is not None:
        written.append(_write_vectors(region.faults, folder / "faults.gpkg"))
    written.append(_write_vectors(region.deposits, folder / "deposits.gpkg"))
    probabilities = {
        "p_true": region.probability,
        "p_given_layers": region.probability_given_layers,
    }
    for name, values in probabilities.items():
        if values is not None:
            path = truth / f"{name}.tif"
            _write_raster(path, region.grid, values.astype(np.float32), None)
            written.append(path)
    return written


def _write_layer(layer: Layer, folder: Path) -> Path:
    path = folder / f"{layer.name}.tif"
    if layer.categories:
        _write_raster(path, layer.grid, layer.values.astype(np.uint8), 0)
    else:
        _write_raster(path, layer.grid, layer.values.astype(np.float32), np.nan)
    return path


def _write_raster(
    path: Path, grid: GeoBox, values: NDArray[np.generic], nodata: float | None
) -> None:
    floating = np.issubdtype(values.dtype, np.floating)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=grid.shape.y,
        width=grid.shape.x,
        count=1,
        dtype=values.dtype,
        crs=str(grid.crs),
        transform=grid.transform,
        nodata=nodata,
        compress="deflate",
        zlevel=9,
        predictor=3 if floating else 1,
        tiled=True,
    ) as file:
        file.write(values, 1)


def _write_vectors(frame: gpd.GeoDataFrame, path: Path) -> Path:
    path.unlink(missing_ok=True)
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        frame.to_file(path, driver="GPKG", layer=path.stem, engine="pyogrio")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
    return path
