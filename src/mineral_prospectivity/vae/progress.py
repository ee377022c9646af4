"""A progress bar of training on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from types import TracebackType

    from mineral_prospectivity.vae.train import TrainingProgress


class RichProgress:
    """Bar with steps, loss, KL divergence and active units; silent when not on a terminal.

    Examples
    --------
    .. code-block:: python

        with RichProgress() as progress:
            fit_members(data, range(10), settings=settings, seed=0, folds=5, progress=progress)

    Parameters
    ----------
    console
        Where to draw; standard error by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn("training {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("members", state="")

    def __call__(self, progress: TrainingProgress) -> None:
        """Show how far training has come."""
        first, last = progress.members[0], progress.members[-1]
        self._bar.update(
            self._task,
            total=progress.steps,
            completed=progress.step,
            description=f"members {first} to {last}" if last > first else f"member {first}",
            state=(
                f"loss {progress.loss:.3f}  KL {progress.kl:.1f}  "
                f"active units {progress.active_units:.1f}"
            ),
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
