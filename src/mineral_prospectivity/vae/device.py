"""The device that tensors live on."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from mineral_prospectivity.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator


def choose_device(name: str = "auto") -> torch.device:
    """Return the device: ``auto`` takes CUDA where there is one.

    Everything runs in single precision on either: the networks are too small for half precision
    to pay, and the variance of the head is a difference of two larger numbers.

    Raises
    ------
    ConfigurationError
        When CUDA is asked for and there is none.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        msg = "ensemble.device = 'cuda', but PyTorch sees no CUDA device. Use 'auto' or 'cpu'"
        raise ConfigurationError(msg)
    return torch.device("cuda" if available and name != "cpu" else "cpu")


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
