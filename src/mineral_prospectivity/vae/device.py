"""The device that tensors live on."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.vae.settings import known_device

if TYPE_CHECKING:
    from collections.abc import Iterator


def choose_device(name: str = "auto") -> torch.device:
    """Return the device: ``auto`` takes CUDA where there is one, ``cuda:1`` the second GPU.

    Everything runs in single precision on either: the networks are too small for half precision
    to pay, and the variance of the head is a difference of two larger numbers.

    Raises
    ------
    ConfigurationError
        When there is no such device.
    """
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if known_device(name) == "auto":
        return torch.device("cuda" if found else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= found:
        seen = f"{found or 'no'} CUDA device{'s' * (found > 1)}"
        msg = f"ensemble.device = {name!r}, but PyTorch sees {seen}. Use 'auto' or 'cpu'"
        raise ConfigurationError(msg)
    return device


@contextmanager
def stack_threads(device: torch.device) -> Iterator[ThreadPoolExecutor]:
    """Give threads that train stacks of fits side by side, one core a stack.

    A stack's matrices are small: several threads on one product wait for each other longer than
    they work, most of all on a machine that is busy. One thread a stack also makes results
    independent of the number of cores. A GPU takes one stack at a time.

    Ctrl-C does not wait for stacks that still train: who catches it ends the process.
    """
    count = 1 if device.type == "cuda" else os.cpu_count() or 1
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))
    interrupted = False
    try:
        yield pool
    except KeyboardInterrupt:
        interrupted = True
        raise
    finally:
        pool.shutdown(wait=not interrupted, cancel_futures=interrupted)
        torch.set_num_threads(before)
