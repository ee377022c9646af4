"""Gaussian random fields, the raw material of simulated geology."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft

if TYPE_CHECKING:
    from numpy.typing import NDArray


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of one part of a region.

    Each part draws from its own stream, so that leaving one out or adding another changes
    nothing else.
    """
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def gaussian_field(
    shape: tuple[int, int],
    spacing: float,
    scale: float | tuple[float, float],
    rng: np.random.Generator,
    smoothness: float = 1.5,
) -> NDArray[np.float64]:
    """Return a Gaussian random field of mean 0 and variance 1 with Matérn covariance.

    White noise is filtered by the square root of the spectral density (Lang and Potthoff 2011,
    doi:10.1515/mcma.2011.009) on a grid enlarged by four scales, so that opposite edges are not
    correlated through the periodicity of the Fourier transform.

    Parameters
    ----------
    shape
        Rows and columns.
    spacing
        Distance of neighbouring cells, m.
    scale
        Correlation scale of the Matérn covariance, m; a pair gives that along columns (north)
        and along rows (east).
    rng
        Source of the noise.
    smoothness
        The Matérn smoothness: 0.5 is rough (exponential), 1.5 once differentiable.
    """
    scales = np.broadcast_to(np.asarray(scale, dtype=float), (2,)) / spacing
    rows, cols = (
        fft.next_fast_len(int(size + 4 * length), real=True)
        for size, length in zip(shape, scales, strict=True)
    )
    north = 2 * np.pi * np.fft.fftfreq(rows)[:, None] * scales[0]
    east = 2 * np.pi * np.fft.fftfreq(cols)[None, :] * scales[1]
    density = (2 * smoothness + north**2 + east**2) ** -(smoothness + 1)
    amplitude = np.sqrt(density / density.mean())[:, : cols // 2 + 1]
    noise = rng.standard_normal((rows, cols))
    field = fft.irfft2(fft.rfft2(noise) * amplitude, s=(rows, cols))
    return np.asarray(field[: shape[0], : shape[1]])
