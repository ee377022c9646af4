"""Small layers, written as users would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine

from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from odc.geo.geobox import GeoBox

CRS = "EPSG:32633"
WEST, NORTH = 500_000.0, 5_000_000.0


@pytest.fixture
def grid() -> GeoBox:
    """Four rows of five cells of 100 m."""
    return make_grid(CRS, 100.0, (WEST, NORTH - 400, WEST + 500, NORTH))


@pytest.fixture
def raster_layer(tmp_path: Path) -> Callable[..., EvidenceLayer]:
    """Write an array, or several as bands, as a GeoTIFF and declare it as a layer."""

    def write(
        values: Any,
        *,
        pixel: float = 100.0,
        west: float = WEST,
        north: float = NORTH,
        crs: str | None = CRS,
        nodata: float | None = None,
        name: str = "magnetics",
        colours: dict[int, tuple[int, int, int]] | None = None,
        transform: Affine | None = None,
        **fields: Any,
    ) -> EvidenceLayer:
        values = np.asarray(values)
        bands = values if values.ndim > 2 else values[None]
        path = tmp_path / f"{name}.tif"
        transform = transform or Affine(pixel, 0, west, 0, -pixel, north)
        profile = {
            "driver": "GTiff",
            "height": bands.shape[1],
            "width": bands.shape[2],
            "count": len(bands),
            "dtype": values.dtype,
            "crs": crs,
            "transform": transform,
            "nodata": nodata,
        }
        with rasterio.open(path, "w", **profile) as dataset:
            dataset.write(bands)
            if colours:
                dataset.write_colormap(1, colours)
        fields.setdefault("kind", "continuous")
        return EvidenceLayer(LayerSpec.declare(name, **fields), path)

    return write


@pytest.fixture
def vector_layer(tmp_path: Path) -> Callable[..., EvidenceLayer]:
    """Write geometries as a GeoPackage and declare them as a layer."""

    def write(
        geometries: Any,
        *,
        kind: str,
        name: str = "faults",
        crs: str | None = CRS,
        attributes: dict[str, Any] | None = None,
        suffix: str = ".gpkg",
        **fields: Any,
    ) -> EvidenceLayer:
        path = tmp_path / f"{name}{suffix}"
        frame = gpd.GeoDataFrame(attributes or {}, geometry=list(geometries), crs=crs)
        frame.to_file(path, engine="pyogrio")
        return EvidenceLayer(LayerSpec.declare(name, kind=kind, **fields), path)

    return write
