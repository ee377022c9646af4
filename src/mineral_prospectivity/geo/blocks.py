"""Square blocks of ground: what is held out, drawn or counted as one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def square_blocks(places: NDArray[np.floating], size: float) -> NDArray[np.int64]:
    """Return the block of each place, shape ``(n,)``.

    Blocks that hold a place are numbered from 0, without gaps, along the second coordinate and
    then along the first.

    Parameters
    ----------
    places
        Coordinates, m, shape ``(n, 2)``.
    size
        Side of a block, m; the blocks' corners lie at its multiples.

    Examples
    --------
    >>> square_blocks(np.array([[50.0, 950.0], [1050.0, 50.0], [50.0, 50.0]]), 1000.0).tolist()
    [0, 1, 0]
    """
    corner = np.floor(places / size).astype(np.int64)
    if not len(corner):
        return np.empty(0, np.int64)
    first, second = (corner - corner.min(axis=0)).T
    flat = first * (second.max() + 1) + second
    occupied = np.bincount(flat) > 0
    return np.asarray((np.cumsum(occupied) - 1)[flat])
