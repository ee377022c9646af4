"""An ensemble with its calibration: from evidence to maps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import fsspec
import numpy as np

from mineral_prospectivity.api.prediction import MAPS, Prediction
from mineral_prospectivity.datasets import RasterDataset
from mineral_prospectivity.errors import BundleError
from mineral_prospectivity.geo.tabulate import map_cells
from mineral_prospectivity.naming import member_name
from mineral_prospectivity.uq.calibration import LogitCalibration
from mineral_prospectivity.uq.decomposition import decompose
from mineral_prospectivity.uq.novelty import NoveltyScale
from mineral_prospectivity.vae.attribution import Attribution, layer_names
from mineral_prospectivity.vae.bundle import MemberBundle
from mineral_prospectivity.vae.ensemble import Ensemble

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.geo.raster import Raster

CALIBRATION = "calibration.json"
"""File beside the member bundles."""

DIGITS = 12
"""Of a SHA-256, as many as a message names."""

_RENEW = "Copy all of the folder again, or run training and uncertainty again"


@dataclass(frozen=True)
class CalibratedEnsemble:
    """Members, the calibration of their logits and the scale of novelty.

    Parameters
    ----------
    ensemble
        The members, stacked.
    calibration
        Affine map of every member's logit.
    novelty
        From reconstruction residual to percentile.
    """

    ensemble: Ensemble
    calibration: LogitCalibration
    novelty: NoveltyScale

    def __repr__(self) -> str:
        read = f"layers={list(self.layers)}, bands={len(self.bands)}"
        return f"<CalibratedEnsemble members={len(self.ensemble.names)}, {read}>"

    @classmethod
    def of(cls, ensemble: Ensemble, calibration: Mapping[str, Any]) -> CalibratedEnsemble:
        """Return the ensemble with what the uncertainty pipeline wrote of its calibration.

        Raises
        ------
        BundleError
            If the calibration was fitted to other training data than the members.
        """
        fitted = calibration.get("training_data", ensemble.data_digest)
        if fitted != ensemble.data_digest:
            msg = (
                f"{CALIBRATION} was fitted to the training data {fitted[:DIGITS]}, "
                f"{ensemble.names[0]} was trained on {ensemble.data_digest[:DIGITS]}. {_RENEW}"
            )
            raise BundleError(msg)
        return cls(
            ensemble,
            LogitCalibration.from_dict(calibration["overall"]),
            NoveltyScale.from_dict(calibration["novelty"]),
        )

    @property
    def bands(self) -> tuple[Band, ...]:
        """The evidence that the members expect, in order."""
        return self.ensemble.bands

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that the bands come from, in order."""
        return layer_names(self.bands)

    def predict(self, x: NDArray[np.generic]) -> Prediction:
        """Return probability and every uncertainty of cells.

        Parameters
        ----------
        x
            Evidence, shape ``(cells, bands)``, in the order and units of ``bands``; NaN is
            missing.

        Raises
        ------
        BundleError
            If the number of columns differs from that of the bands.

        Examples
        --------
        >>> import numpy as np
        >>> ensemble = load_ensemble(trained)
        >>> cells = ensemble.predict(np.array([[0.5, -1.0], [np.nan, 2.0]]))
        >>> cells.probability.shape
        (2,)
        >>> bool(np.allclose(cells.aleatoric**2 + cells.epistemic**2, cells.total**2))
        True
        """
        raw = self.ensemble.logit_moments(np.ascontiguousarray(x, dtype=np.float32))
        logits = self.calibration.apply(raw.mean, raw.variance, raw.latent)
        split = decompose(logits.mean, logits.variance, logits.latent)
        return Prediction(**split.maps(), novelty=self.novelty.percentile(raw.residual))

    def map(self, evidence: Raster, *, min_coverage: float = 0.5) -> Raster:
        """Return all maps as one raster, computed window by window when it is read.

        Parameters
        ----------
        evidence
            The evidence stack.
        min_coverage
            A cell counts when this share of its bands has values.

        Raises
        ------
        BundleError
            If the bands of the evidence are not those of the members.
        """
        self.ensemble.check(evidence.bands)

        def compute(x: NDArray[np.generic]) -> NDArray[np.float32]:
            return self.predict(x).array()

        return map_cells(evidence, MAPS, compute, min_coverage=min_coverage)

    def attribute(self, x: NDArray[np.generic], baseline: NDArray[np.generic]) -> Attribution:
        """Return what each layer adds to the calibrated mean log-odds of cells.

        By integrated gradients (Sundararajan et al. 2017), summed over the bands of a layer.
        What drives the model is no proof of a cause, and layers that say the same share the
        credit.

        Parameters
        ----------
        x
            As for :meth:`predict`.
        baseline
            Evidence of the cell to compare with, shape ``(bands,)``, for example
            :func:`~mineral_prospectivity.vae.attribution.typical_cell` of the background.

        Raises
        ------
        BundleError
            If the number of columns differs from that of the bands.

        Examples
        --------
        >>> import numpy as np
        >>> from mineral_prospectivity.api import typical_cell
        >>> ensemble = load_ensemble(trained)
        >>> x = np.array([[0.5, -1.0], [np.nan, 2.0], [1.5, 1.5]])
        >>> why = ensemble.attribute(x, typical_cell(x, ensemble.bands))
        >>> ensemble.layers
        ('magnetics', 'gravity')
        >>> bool(np.allclose(why.layers.sum(axis=1), why.total))
        True
        """
        found = self.ensemble.attribute(
            np.ascontiguousarray(x, dtype=np.float32), np.asarray(baseline, dtype=np.float32)
        )
        slope = self.calibration.slope
        return Attribution(slope * found.layers, slope * found.total)

    def encode(self, x: NDArray[np.generic]) -> NDArray[np.float32]:
        """Return each member's latent means of cells, shape ``(members, cells, latent)``.

        Parameters
        ----------
        x
            As for :meth:`predict`.
        """
        return self.ensemble.encode(np.ascontiguousarray(x, dtype=np.float32))

    def predict_raster(
        self, evidence: str | Path, output: str | Path, *, min_coverage: float = 0.5
    ) -> Raster:
        """Read an evidence stack from a file, write all maps to another, and return them.

        Parameters
        ----------
        evidence
            GeoTIFF with the bands of the members, local or on S3.
        output
            Cloud-Optimised GeoTIFF to write, one band a map; it appears when it is whole.
        min_coverage
            As for :meth:`map`.

        Examples
        --------
        >>> maps = load_ensemble(trained).predict_raster(
        ...     trained / "evidence.tif", trained / "maps.tif"
        ... )
        >>> maps.names[:4]
        ('probability', 'aleatoric', 'latent', 'epistemic')
        """
        written = RasterDataset(filepath=str(output))
        written.save(
            self.map(RasterDataset(filepath=str(evidence)).load(), min_coverage=min_coverage)
        )
        return written.load()


def load_ensemble(location: str | Path, *, device: str = "auto") -> CalibratedEnsemble:
    """Load the members and the calibration of an experiment.

    Parameters
    ----------
    location
        Folder or S3 prefix with ``member_*.safetensors`` and ``calibration.json``, for example
        ``data/06_models/demo``.
    device
        ``auto`` takes CUDA where there is one; or ``cpu``, ``cuda``, ``cuda:1``.

    Raises
    ------
    ConfigurationError
        If there is no such device.
    BundleError
        If there is no calibration or it is damaged, a member that it was fitted with is missing
        or damaged, or they do not fit each other. Other bundles in the folder are left alone.

    Examples
    --------
    ``trained`` stands for a folder such as ``data/06_models/demo``.

    >>> ensemble = load_ensemble(trained)
    >>> ensemble
    <CalibratedEnsemble members=2, layers=['magnetics', 'gravity'], bands=2>
    >>> ensemble.calibration
    LogitCalibration(intercept=0.0, slope=1.0)
    """
    files, root = fsspec.core.url_to_fs(str(location))
    if not files.exists(f"{root}/{CALIBRATION}"):
        msg = (
            f"{location}: holds no {CALIBRATION}; run the training and uncertainty pipelines, "
            "or give the folder that they wrote, such as data/06_models/demo"
        )
        raise BundleError(msg)
    path = f"{root}/{CALIBRATION}"
    calibration = _read_calibration(path, files.cat_file(path))
    paths = [f"{root}/{member_name(member)}.safetensors" for member in calibration["members"]]
    missing = [path for path in paths if not files.exists(path)]
    if missing:
        msg = (
            f"{missing[0]}: {CALIBRATION} was fitted with this member, which is missing; "
            "run the training and uncertainty pipelines"
        )
        raise BundleError(msg)
    bundles = [_read_member(path, files.cat_file(path)) for path in paths]
    return CalibratedEnsemble.of(Ensemble.of(bundles, device=device), calibration)


def _read_calibration(path: str, content: bytes) -> dict[str, Any]:
    try:
        calibration: dict[str, Any] = json.loads(content)
        LogitCalibration.from_dict(calibration["overall"])
        NoveltyScale.from_dict(calibration["novelty"])
        list(calibration["members"])
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path}: is cut off or damaged ({type(error).__name__}: {error}). {_RENEW}"
        raise BundleError(msg) from None
    return calibration


def _read_member(path: str, content: bytes) -> MemberBundle:
    try:
        return MemberBundle.from_bytes(content)
    except BundleError as error:
        msg = f"{path}: {error}"
        raise BundleError(msg) from None
