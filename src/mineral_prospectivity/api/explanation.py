"""Maps of why an ensemble says what it says: the layers' shares, and the latent space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.tabulate import map_cells
from mineral_prospectivity.vae.latent_space import LatentSpace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mineral_prospectivity.api.ensemble import CalibratedEnsemble
    from mineral_prospectivity.geo.grid import Window

ADDED = "What the layer adds to the calibrated log-odds, against typical background"


def attribution_map(
    ensemble: CalibratedEnsemble,
    evidence: Raster,
    mark: Raster,
    baseline: NDArray[np.generic],
) -> Raster:
    """Return what each layer adds to the log-odds, one band a layer, computed when read.

    Parameters
    ----------
    ensemble
        Members with their calibration.
    evidence
        The evidence stack.
    mark
        One band: 1 in the cells to explain; the others stay NaN.
    baseline
        As for :meth:`~mineral_prospectivity.api.ensemble.CalibratedEnsemble.attribute`.

    Raises
    ------
    BundleError
        If the bands of the evidence are not those of the members.
    """
    ensemble.ensemble.check(evidence.bands)
    bands = tuple(Band(name, layer=name, description=ADDED) for name in ensemble.layers)

    def read(window: Window) -> NDArray[np.float32]:
        added = np.full((len(bands), *window.shape), np.nan, dtype=np.float32)
        wanted = mark.read(window)[0] == 1
        if wanted.any():
            values = evidence.read(window)[:, wanted].T
            added[:, wanted] = ensemble.attribute(values, baseline).layers.T
        return added

    return Raster(evidence.grid, bands, read)


def latent_map(
    ensemble: CalibratedEnsemble,
    evidence: Raster,
    cells: NDArray[np.generic],
    weights: NDArray[np.float64],
    *,
    min_coverage: float = 0.5,
) -> Raster:
    """Return where cells lie in the latent space that the members share, a band a component.

    Windows are computed when they are read.

    Parameters
    ----------
    ensemble
        The members.
    evidence
        The evidence stack.
    cells
        Evidence of the cells that the shared space is fitted to, shape ``(cells, bands)``.
    weights
        Cells of the map that each stands for, shape ``(cells,)``.
    min_coverage
        As for :meth:`~mineral_prospectivity.api.ensemble.CalibratedEnsemble.map`.

    Raises
    ------
    BundleError
        If the bands of the evidence are not those of the members.

    Examples
    --------
    >>> from mineral_prospectivity.api import load_ensemble
    >>> from mineral_prospectivity.datasets import RasterDataset
    >>> evidence = RasterDataset(filepath=str(trained / "evidence.tif")).load()
    >>> cells = evidence.array().reshape(2, -1).T
    >>> latent_map(load_ensemble(trained), evidence, cells, np.ones(len(cells))).names
    ('latent_1', 'latent_2')
    """
    ensemble.ensemble.check(evidence.bands)
    space = LatentSpace.fit(ensemble.encode(cells), weights)
    bands = tuple(
        Band(f"latent_{number}", description=f"Latent component; variance {share:.2f} of 1")
        for number, share in enumerate(space.agreement, start=1)
    )

    def compute(x: NDArray[np.generic]) -> NDArray[np.floating]:
        return space.project(ensemble.encode(x)).T

    return map_cells(evidence, bands, compute, min_coverage=min_coverage)
