"""States of an unfinished training: enough to go on to the same weights."""

from __future__ import annotations

import hashlib
import json
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import pandas as pd
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from mineral_prospectivity.vae.batches import Fit
    from mineral_prospectivity.vae.settings import VaeSettings

STEP, RECORD = "step", "record."
MOMENTS = ("exp_avg", "exp_avg_sq")


class Checkpoint(Protocol):
    """A place that keeps one state, arrays by name, under the key of the training it is of."""

    def load(self, key: str) -> dict[str, NDArray[np.generic]] | None:
        """Return the state kept under this key, None where there is none."""

    def due(self) -> bool:
        """Tell whether it is time to save."""

    def save(self, key: str, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Keep a state, in the place of the one before."""

    def clear(self) -> None:
        """Remove the state."""


class StackCheckpoints:
    """The one state of several stacks that are trained side by side, each with a part of it.

    Parameters
    ----------
    checkpoint
        Where the state of all is kept.
    key
        Key of the whole training.
    """

    def __init__(self, checkpoint: Checkpoint, key: str) -> None:
        self._checkpoint, self._key = checkpoint, key
        self._writing = Lock()
        self._parts: dict[str, dict[str, NDArray[np.generic]]] = {}
        for name, array in (checkpoint.load(key) or {}).items():
            part, _, own = name.partition("/")
            self._parts.setdefault(part, {})[own] = array

    def load(self, key: str) -> dict[str, NDArray[np.generic]] | None:
        """Return the state of a stack, None where there is none."""
        return self._parts.get(key)

    def due(self) -> bool:
        """Tell whether it is time to save."""
        return self._checkpoint.due()

    def save(self, key: str, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Keep the state of a stack, with the last ones of the others."""
        with self._writing:
            # copies: the arrays are those of the networks, which go on while others are saved
            self._parts[key] = {name: array.copy() for name, array in state.items()}
            joined = {
                f"{part}/{name}": array
                for part, own in self._parts.items()
                for name, array in own.items()
            }
            self._checkpoint.save(self._key, joined)

    def clear(self) -> None:
        """Remove the state of all."""
        self._checkpoint.clear()


def training_key(digest: str, settings: VaeSettings, seed: int, fits: Sequence[Fit]) -> str:
    """Return what tells one training from another: data, settings, seed and fits."""
    parts = [digest, settings.model_dump(mode="json"), seed]
    parts += [[fit.member, *fit.left_out] for fit in fits]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def pack_state(
    step: int,
    parameters: Sequence[Tensor],
    averages: Sequence[Tensor],
    optimiser: torch.optim.Optimizer,
    records: Sequence[pd.DataFrame],
) -> dict[str, NDArray[np.generic]]:
    """Return networks, running averages, optimiser and losses after a step, as arrays.

    The random streams are not in it: they belong to the fits, and are drawn again up to the step.
    """
    tensors = {STEP: torch.tensor(step)}
    for place, (parameter, average) in enumerate(zip(parameters, averages, strict=True)):
        tensors |= {f"weights.{place}": parameter.detach(), f"average.{place}": average}
        moments = optimiser.state[parameter]
        tensors |= {f"{name}.{place}": moments[name] for name in MOMENTS}
    state = {name: tensor.cpu().numpy() for name, tensor in tensors.items()}
    if records:
        table = pd.concat(records, ignore_index=True)
        state |= {
            f"{RECORD}{name}": column.to_numpy(str if column.dtype.kind == "O" else None)
            for name, column in table.items()
        }
    return state


def unpack_state(
    state: Mapping[str, NDArray[np.generic]],
    parameters: Sequence[Tensor],
    averages: Sequence[Tensor],
    optimiser: torch.optim.Optimizer,
) -> tuple[int, list[pd.DataFrame]]:
    """Put a state back into networks, averages and optimiser; return the step and the losses."""
    step = int(state[STEP])
    with torch.no_grad():
        for place, (parameter, average) in enumerate(zip(parameters, averages, strict=True)):
            parameter.copy_(torch.from_numpy(state[f"weights.{place}"]))
            average.copy_(torch.from_numpy(state[f"average.{place}"]))
    moments = {
        place: {
            "step": torch.tensor(float(step), device=parameter.device),
            **{name: torch.from_numpy(state[f"{name}.{place}"]) for name in MOMENTS},
        }
        for place, parameter in enumerate(parameters)
    }
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": moments, "param_groups": groups})
    columns = {name.removeprefix(RECORD): state[name] for name in state if name.startswith(RECORD)}
    return step, [pd.DataFrame(columns)] if columns else []
