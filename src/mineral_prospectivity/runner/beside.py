"""What goes on while this process is busy with a node of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

PATIENCE = 10.0
"""Seconds that a look under way is waited for when the block was interrupted."""


class Beside:
    """Looks again and again, in a thread, until the block ends.

    A look that fails is the last one: who comes after the block meets the same error, and is the
    one to handle it.

    Parameters
    ----------
    look
        What is done each time.
    pause
        Gives the seconds until the next look.
    """

    def __init__(self, look: Callable[[], None], pause: Callable[[], float]) -> None:
        self._look, self._pause = look, pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go, name="beside", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(None if error is None else PATIENCE)

    def _go(self) -> None:
        while not self._stop.wait(self._pause()):
            try:
                self._look()
            except Exception:  # met again, and handled, by the next look of the main thread
                return
