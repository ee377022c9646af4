"""What all fits of a training share: the data, prepared once."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from mineral_prospectivity.vae.evidence import FitEvidence, OwnBand
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
    whole
        Evidence of all cells as the fits of the plan read it, on the device that is trained on.
    sample
        Cells that calibration is fitted to.
    digest
        SHA-256 of the data.
    """

    data: TrainingData
    seed: int
    plan: list[tuple[int, ...]]
    transforms: EvidenceTransform
    whole: FitEvidence
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
        chosen, own = choose_device(device), _own_columns(data, plan)
        transforms = EvidenceTransform.fit(
            data.features,
            data.bands,
            weights=data.weights,
            rows=np.stack([Fit(0, left_out).sees(data.folds) for left_out in plan]),
            own=own,
        ).to(chosen)
        whole = _as_read(data, plan, transforms.order, chosen)
        sample = CalibrationSample.draw(data, seed)
        return cls(data, seed, plan, transforms, whole, sample, data.digest())

    @property
    def device(self) -> torch.device:
        """The device that is trained on."""
        return self.whole.values.device

    def transform(self, *left_out: tuple[int, ...]) -> EvidenceTransform:
        """Return the transforms of the fits without the given folds, in that order."""
        return self.transforms.take([self.plan.index(folds) for folds in left_out])

    def learning_from(self, sample: TrainingData) -> Self:
        """Return the same, with the evidence that a member learns from."""
        if sample.features is self.data.features:
            return self
        order, device = self.transforms.order, self.device
        return replace(self, whole=_as_read(sample, self.plan, order, device))

    def fit_evidence(self, *left_out: tuple[int, ...]) -> FitEvidence:
        """Return the evidence as the fits without the given folds read it, in that order."""
        return self.whole.take([self.plan.index(folds) for folds in left_out])

    def evidence(self, rows: NDArray[np.int64], left_out: tuple[int, ...]) -> Tensor:
        """Return the evidence of some rows as one fit reads it, shape ``(rows, bands)``."""
        wanted = torch.from_numpy(rows).to(self.device)
        return self.fit_evidence(left_out).rows(wanted.unsqueeze(0))[0]


def _as_read(
    data: TrainingData, plan: list[tuple[int, ...]], order: list[int], device: torch.device
) -> FitEvidence:
    """Return the evidence of all cells as the fits of a plan read it, on a device."""
    ordered = np.ascontiguousarray(data.features[:, order])
    bands = [
        OwnBand(
            order.index(column),
            torch.from_numpy(values).to(device),
            torch.arange(len(plan), device=device),
        )
        for column, values in _own_columns(data, plan).items()
    ]
    return FitEvidence(torch.from_numpy(ordered).to(device), *bands)


def _own_columns(data: TrainingData, plan: list[tuple[int, ...]]) -> dict[int, NDArray[np.float32]]:
    """Return the columns of the evidence that each fit knows in its own way, ``(plan, cells)``."""
    if data.density_column is None:
        return {}
    return {data.density_column: np.stack([data.density_without(folds) for folds in plan])}
