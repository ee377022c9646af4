"""The device that tensors live on."""

from __future__ import annotations

import torch

from mineral_prospectivity.errors import ConfigurationError


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
