"""One driver a run: a lock in the bucket, kept alive while its driver lives."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from mineral_prospectivity.runner.beside import beside
from mineral_prospectivity.runner.errors import RunLockedError
from mineral_prospectivity.runner.store import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mineral_prospectivity.runner.store import Store

OBJECT = "lock.json"
LEASE_SECONDS = 90.0
RENEWAL_SECONDS = 20.0


@contextmanager
def run_lock(store: Store, renewal: float = RENEWAL_SECONDS) -> Iterator[RunLock]:
    """Hold the lock of a run while the block lasts.

    Parameters
    ----------
    store
        The run's prefix.
    renewal
        Seconds between renewals.

    Raises
    ------
    RunLockedError
        If another driver holds it.
    """
    lock = RunLock(store)
    lock.take()
    try:
        with beside(lock.renew, lambda: renewal):
            yield lock
    finally:
        lock.release()


class RunLock:
    """A lease on a run, taken by a conditional write and renewed while its driver lives.

    A lease ends when its driver ends it, when it was not renewed for `LEASE_SECONDS`, or when
    its driver ran on this machine and its process is gone.

    Parameters
    ----------
    store
        The run's prefix.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._etag = ""
        self._owner = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "token": secrets.token_hex(8),
        }
        self.lost = False

    def check(self) -> None:
        """Raise when another driver has taken the run over.

        Raises
        ------
        RunLockedError
            If the lease was lost.
        """
        if self.lost:
            msg = f"another driver has taken over {self._store.uri}; this one leaves it alone"
            raise RunLockedError(msg)

    def take(self) -> None:
        """Take the lease, if need be from a driver that is no more.

        Raises
        ------
        RunLockedError
            If another driver holds it.
        """
        if not self._write(None):
            self._take_over()

    def renew(self) -> None:
        """Say that the driver lives, unless the lease was lost."""
        if self.lost:
            return
        try:
            self.lost = not self._write(self._etag)
        except (ClientError, BotoCoreError):
            return  # the lease outlasts a few failed renewals

    def release(self) -> None:
        """End the lease, unless it was lost."""
        if self.lost:
            return
        try:
            self._store.delete(OBJECT)
        except (ClientError, BotoCoreError):
            return  # it ends by itself

    def _body(self) -> bytes:
        return json.dumps({**self._owner, "renewed": time.time()}).encode()

    def _write(self, etag: str | None) -> bool:
        """Write the lock where there is none, or over the one of an ETag; say whether it is ours.

        A call that is repeated because its answer was lost meets what it wrote itself, and is
        refused: the token tells whose the lock is.
        """
        try:
            if etag is None:
                self._etag = self._store.create(OBJECT, self._body())
            else:
                self._etag = self._store.replace(OBJECT, self._body(), etag)
        except Conflict:
            found = self._store.get(OBJECT)
            if found is None or json.loads(found[0])["token"] != self._owner["token"]:
                return False
            self._etag = found[1]
        return True

    def _take_over(self) -> None:
        found = self._store.get(OBJECT)
        holder = None if found is None else json.loads(found[0])
        if holder is not None and is_alive(holder):
            raise RunLockedError(_refusal(self._store.uri, holder))
        if not self._write(None if found is None else found[1]):
            msg = f"another driver took over {self._store.uri} at this moment"
            raise RunLockedError(msg)


def is_alive(holder: dict[str, Any]) -> bool:
    """Say whether the driver that wrote a lock still drives."""
    if time.time() - holder["renewed"] > LEASE_SECONDS:
        return False
    if holder["host"] != socket.gethostname():
        return True
    try:
        os.kill(holder["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _refusal(uri: str, holder: dict[str, Any]) -> str:
    age = time.time() - holder["renewed"]
    return (
        f"{uri} is driven by process {holder['pid']} on {holder['host']} (last sign of life "
        f"{age:.0f} s ago); end that driver, or wait until it has been silent for "
        f"{LEASE_SECONDS:.0f} s"
    )
