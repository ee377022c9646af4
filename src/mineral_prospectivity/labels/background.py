"""What the background that is trained on stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def background_stands_for(
    labels: NDArray[np.integer], training: NDArray[np.bool_], weights: NDArray[np.float64]
) -> float:
    """Return the cells without a deposit over those of them that are trained on, by weight.

    What lies in the exclusion zone is not trained on, but maps and scores count it as background,
    so rates must know of it. 1 where nothing is excluded, or nothing is left.

    Parameters
    ----------
    labels
        0 or 1, shape ``(cells,)``.
    training
        False for the cells that no fit is trained on, shape ``(cells,)``.
    weights
        Cells of the map that a row stands for, shape ``(cells,)``.

    Examples
    --------
    >>> import numpy as np
    >>> labels, training = np.array([1, 0, 0, 0]), np.array([True, True, False, True])
    >>> background_stands_for(labels, training, np.ones(4))
    1.5
    """
    background = labels == 0
    trained = background & training
    if not trained.any():
        return 1.0
    return float(weights[background].sum() / weights[trained].sum())
