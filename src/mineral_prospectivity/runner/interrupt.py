"""Signals that end the driver, turned into exceptions that end its jobs first."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SIGNAL_EXIT = 128


class Interrupted(SystemExit):
    """The driver was told to end; its exit code says by which signal."""

    def __init__(self, number: int) -> None:
        super().__init__(SIGNAL_EXIT + number)
        self.signal = signal.Signals(number)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `Interrupted` on Ctrl-C, SIGTERM and SIGHUP."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    with _handling(stop):
        yield


@contextmanager
def unhurried(say: Callable[[str], None]) -> Iterator[None]:
    """Let the end of the jobs not be cut short by an impatient second signal; the third ends it."""
    seen: list[int] = []

    def patience(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            raise Interrupted(number)
        say("the jobs are being ended; once more leaves them to themselves")

    with _handling(patience):
        yield


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
