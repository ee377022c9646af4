"""How far training has come, told as one count of all that is trained side by side."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

RECORDS = 20
"""Times that losses are looked at during training."""


class StepReport(NamedTuple):
    """State of what is trained together, means over its fits."""

    step: int
    loss: float
    kl: float
    active_units: float


class TrainingProgress(NamedTuple):
    """How far training has come."""

    step: int
    """Steps done, of all stacks."""
    steps: int
    """Steps in all."""
    members: tuple[int, ...]
    """Members of the stack that is trained now."""
    loss: float
    """Loss, mean over the fits of the stack."""
    kl: float
    """KL divergence of q(z|x) from the prior, nats a cell, mean over the fits."""
    active_units: float
    """Latent units that carry something, mean over the fits."""


class ProgressSum:
    """Adds up the steps of parts that are trained side by side.

    Parameters
    ----------
    show
        Called with the sum, one call at a time.
    steps
        Steps of all parts.
    """

    def __init__(self, show: Callable[[TrainingProgress], None] | None, steps: int) -> None:
        self._show, self._steps = show, steps
        self._done: dict[Hashable, int] = {}
        self._one_at_a_time = Lock()

    def report(self, part: Hashable, members: tuple[int, ...], now: StepReport) -> None:
        """Take the state of a part, and show the sum."""
        if self._show is None:
            return
        with self._one_at_a_time:
            self._done[part] = now.step
            done = sum(self._done.values())
            self._show(TrainingProgress(done, self._steps, members, *now[1:]))
