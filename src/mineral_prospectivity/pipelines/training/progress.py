"""What a person sees of training."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mineral_prospectivity.vae.progress import TrainingProgress


@contextmanager
def show_training(
    label: str, console: Console | None = None
) -> Iterator[Callable[[TrainingProgress], None]]:
    """Show a progress bar with loss, KL and active units while members train.

    Nothing is shown where nobody looks: when the console is no terminal.

    Parameters
    ----------
    label
        What is trained.
    console
        By default standard error.
    """
    console = console or Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[state]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task(label, state="", total=None)

    def show(now: TrainingProgress) -> None:
        state = f"loss {now.loss:.3f}  KL {now.kl:.2f}  active units {now.active_units:.1f}"
        bar.update(task, completed=now.step, total=now.steps, state=state)

    with bar:
        yield show
