"""What a person sees of a run: one live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.live import Live
from rich.table import Table
from rich.text import Text

from mineral_prospectivity.runner.board import State
from mineral_prospectivity.runner.cost import cost_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from mineral_prospectivity.runner.board import Board
    from mineral_prospectivity.runner.settings import BatchSettings

COLUMNS = ("submitted", "runnable", "running", "done", "reclaimed", "failed", "ETA", "cost so far")
MINUTE, HOUR = 60, 3600


def duration(seconds: float | None) -> str:
    """Return a duration for people.

    >>> duration(42), duration(754), duration(8040), duration(None)
    ('42 s', '12 min 34 s', '2 h 14 min', '?')
    """
    if seconds is None:
        return "?"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def cells(board: Board, settings: BatchSettings) -> tuple[str, ...]:
    """Return what the table shows, in the order of `COLUMNS`."""
    spent = cost_of(
        ((settings.resources_of(job.node.tags), job.seconds) for job in board.jobs.values()),
        settings.instance,
    )
    done = board.count(State.DONE) + board.already_done
    return (
        str(board.count(State.SUBMITTED)),
        str(board.count(State.RUNNABLE)),
        str(board.count(State.RUNNING)),
        f"{done} of {board.planned}",
        str(board.reclaimed),
        str(board.count(State.FAILED)),
        duration(board.remaining(settings.expected_minutes * MINUTE)) if board.active else "-",
        f"{spent.spot:.2f}-{spent.on_demand:.2f} {spent.currency}",
    )


class Progress(Protocol):
    """Shows a board and says things beside it."""

    def show(self, board: Board) -> None:
        """Show how things stand."""

    def say(self, text: str) -> None:
        """Say something that stays."""


class TableProgress:
    """One table that is redrawn in place."""

    def __init__(self, live: Live, settings: BatchSettings, title: str) -> None:
        self._live, self._settings, self._title = live, settings, title

    def show(self, board: Board) -> None:
        """Redraw the table."""
        table = Table(title=self._title, title_justify="left")
        for column in COLUMNS:
            table.add_column(column, justify="right")
        table.add_row(*cells(board, self._settings))
        self._live.update(table, refresh=True)

    def say(self, text: str) -> None:
        """Print above the table."""
        self._live.console.print(Text(text))


class LineProgress:
    """A line whenever something changed, and now and then when nothing did."""

    def __init__(self, console: Console, settings: BatchSettings, every: float = 300.0) -> None:
        self._settings = settings
        self._console = console
        self._every = every
        self._last: tuple[str, ...] = ()
        self._when = 0.0

    def show(self, board: Board) -> None:
        """Print a line if the counts changed, or if none was printed for long."""
        shown = cells(board, self._settings)
        counts = shown[:6]
        if counts == self._last and time.monotonic() - self._when < self._every:
            return
        self._last, self._when = counts, time.monotonic()
        self.say(", ".join(f"{name} {value}" for name, value in zip(COLUMNS, shown, strict=True)))

    def say(self, text: str) -> None:
        """Print a line."""
        self._console.print(
            Text(f"{time.strftime('%H:%M:%S')} {text}"), soft_wrap=True, highlight=False
        )


@contextmanager
def progress_for(console: Console, settings: BatchSettings, title: str) -> Iterator[Progress]:
    """Show a table on a terminal, plain lines elsewhere, while the block lasts."""
    if not console.is_terminal:
        yield LineProgress(console, settings)
        return
    # Drawn when the board changes: a timer would cost more than all the polling.
    with Live(console=console, auto_refresh=False) as live:
        yield TableProgress(live, settings, title)
