"""Local data copied to the bucket, what is there already left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mineral_prospectivity.runner.aws import error_code
from mineral_prospectivity.runner.errors import BatchError
from mineral_prospectivity.runner.queue import WORKERS
from mineral_prospectivity.runner.store import NOT_FOUND, Store

if TYPE_CHECKING:
    from pathlib import Path


def push_folder(store: Store, folder: Path, data: Path) -> tuple[int, int]:
    """Copy a folder below the data folder to the same place below a store.

    A file whose object has its size and is not older is taken to be there already.

    Returns
    -------
    tuple of int
        Files copied, and files that were there.

    Raises
    ------
    BatchError
        If the folder is not within the data folder.
    """
    if not folder.is_relative_to(data.resolve()):
        msg = f"{folder} is not within {data}: only what the catalog can find there is copied"
        raise BatchError(msg)
    files = sorted(path for path in folder.rglob("*") if path.is_file())

    def push(path: Path) -> bool:
        name = path.relative_to(data.resolve()).as_posix()
        if _is_there(store, name, path):
            return False
        store.upload(name, path)
        return True

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="push") as pool:
        sent = sum(pool.map(push, files))
    return sent, len(files) - sent


def _is_there(store: Store, name: str, path: Path) -> bool:
    try:
        size, modified = store.stat(name)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return False
        raise
    return size == path.stat().st_size and modified >= path.stat().st_mtime
