"""The context of a cell: what each band shows around it, on average."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.geo.bands import layers_alone
from mineral_prospectivity.geo.focal import Focal, disc_mean, trim, with_focal

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.geo.raster import Raster


_WITHIN = "_within_"


def with_context(layers: Raster, radius: float) -> Raster:
    """Return the layers and, after them, the mean of each band around each cell.

    Deposits form where a rock, a structure or an anomaly is near, which the cell itself need not
    show. A mean has a value where its band has one: it makes no cell one more to predict.

    Parameters
    ----------
    layers
        The bands of all layers.
    radius
        Of the discs that the means are taken over, m.

    Raises
    ------
    ConfigurationError
        When a layer has the name of a mean.

    Examples
    --------
    Layers alone, as members that were offered their context want them::

        layers = RasterDataset(filepath="layers.tif").load()
        maps = ensemble.map(with_context(layers, 4000.0))
    """
    return with_focal(layers, [_mean_around(layers.grid, radius)])


def without_context(evidence: Raster) -> Raster:
    """Return the bands that are no context."""
    return evidence.select([band.name for band in layers_alone(evidence.bands)])


def own_name(band: Band) -> tuple[str, str]:
    """Return the name of the band that a mean is of, and the radius, empty for other bands.

    Examples
    --------
    >>> from mineral_prospectivity.geo.bands import Band
    >>> own_name(Band("copper_within_4000m", context=True)), own_name(Band("copper"))
    (('copper', '4000 m'), ('copper', ''))
    """
    if not band.context:
        return band.name, ""
    name, _, radius = band.name.rpartition(_WITHIN)
    return name, f"{radius.removesuffix('m')} m"


def _mean_around(grid: GeoBox, radius: float) -> Focal:
    mean = disc_mean(grid, radius)

    def bands(band: Band) -> tuple[Band, ...]:
        made = replace(
            band,
            name=f"{band.name}{_WITHIN}{radius:.0f}m",
            layer=band.layer or band.name,
            description=f"Mean of {band.name} within {radius:.0f} m",
            context=True,
        )
        return (made,)

    def compute(padded: NDArray[np.float32]) -> NDArray[np.floating]:
        known = np.isfinite(trim(padded, mean.pad))
        return np.where(known, mean.compute(padded), np.nan)

    return Focal(mean.pad, bands, compute)
