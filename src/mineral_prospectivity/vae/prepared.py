"""What all fits of a training share: the data, prepared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from mineral_prospectivity.vae.batches import Fit
from mineral_prospectivity.vae.cross_fitting import (
    CalibrationSample,
    check_folds,
    left_out_folds,
)
from mineral_prospectivity.vae.device import choose_device
from mineral_prospectivity.vae.transform import EvidenceTransform

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from mineral_prospectivity.vae.data import TrainingData


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Training data with everything that each fit of each member takes from them.

    Parameters
    ----------
    data
        Cells, evidence and labels.
    seed
        Seed of the ensemble.
    plan
        Folds that each fit of a member leaves out.
    transforms
        Transforms of the evidence, fitted to what the fits of the plan see, in its order.
    values
        Evidence of all cells, continuous bands first, shape ``(cells, bands)``, on the device
        that is trained on.
    sample
        Cells that calibration is fitted to.
    digest
        SHA-256 of the data.
    """

    data: TrainingData
    seed: int
    plan: list[tuple[int, ...]]
    transforms: EvidenceTransform
    values: Tensor
    sample: CalibrationSample
    digest: str

    @classmethod
    def prepare(
        cls, data: TrainingData, *, seed: int, folds: int, nested: bool, device: str
    ) -> Self:
        """Check the folds, fit the transforms and move the evidence to the device.

        Raises
        ------
        TrainingError
            When a fold cannot be scored.
        ConfigurationError
            When CUDA is asked for and there is none.
        """
        check_folds(data, folds, nested=nested)
        plan = left_out_folds(folds, nested=nested)
        chosen = choose_device(device)
        transforms = EvidenceTransform.fit(
            data.features,
            data.bands,
            weights=data.weights,
            rows=np.stack([Fit(0, left_out).sees(data.folds) for left_out in plan]),
        ).to(chosen)
        ordered = np.ascontiguousarray(data.features[:, transforms.order])
        values = torch.from_numpy(ordered).to(chosen)
        sample = CalibrationSample.draw(data, seed)
        return cls(data, seed, plan, transforms, values, sample, data.digest())

    @property
    def device(self) -> torch.device:
        """The device that is trained on."""
        return self.values.device

    def transform(self, *left_out: tuple[int, ...]) -> EvidenceTransform:
        """Return the transforms of the fits without the given folds, in that order."""
        return self.transforms.take([self.plan.index(folds) for folds in left_out])

    def evidence(self, rows: NDArray[np.int64]) -> Tensor:
        """Return the evidence of some rows, shape ``(rows, bands)``."""
        return self.values[torch.from_numpy(rows).to(self.device)]
