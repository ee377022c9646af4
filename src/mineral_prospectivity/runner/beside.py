"""What goes on while this process is busy with something else."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 10.0
"""Seconds that a look under way is waited for when the block was interrupted."""


@contextmanager
def beside(look: Callable[[], None], pause: Callable[[], float]) -> Iterator[threading.Thread]:
    """Look again and again, in a thread, until the block ends.

    A look that fails is the last one: who comes after the block meets the same error, and is the
    one to handle it.

    Parameters
    ----------
    look
        What is done each time.
    pause
        Gives the seconds until the next look.
    """
    stop = threading.Event()

    def go() -> None:
        while not stop.wait(pause()):
            try:
                look()
            except Exception:  # met again, and handled, by the main thread
                return

    thread = threading.Thread(target=go, name="beside", daemon=True)
    thread.start()
    patience: float | None = PATIENCE
    try:
        yield thread
        patience = None
    finally:
        stop.set()
        thread.join(patience)
