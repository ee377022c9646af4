"""What zones of a map hold: the share of the deposits against the share of the area."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mineral_prospectivity.scoring.bootstrap import Interval
from mineral_prospectivity.scoring.resampling import resampling_units
from mineral_prospectivity.scoring.sample import UndefinedMetricError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ZoneCapture:
    """Deposits within zones.

    Parameters
    ----------
    area_share
        Share of the area that the zones cover.
    captured, deposits
        Known deposits within them, and in all.
    capture
        Their share, with the interval of a bootstrap over deposit clusters; the zones stay as
        they are.
    """

    area_share: float
    captured: int
    deposits: int
    capture: Interval

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def zone_capture(
    cells: pd.DataFrame,
    inside: NDArray[np.bool_],
    *,
    replicates: int = 500,
    confidence: float = 0.95,
    seed: int = 0,
) -> ZoneCapture:
    """Return what share of the deposits and of the area lies inside zones.

    Parameters
    ----------
    cells
        One row a cell: ``label``, ``deposits``, ``cluster`` and ``weight``.
    inside
        Whether a cell lies in a zone, ``(cells,)``.
    replicates, confidence, seed
        Of the bootstrap, which draws clusters of deposits as wholes.

    Raises
    ------
    UndefinedMetricError
        When there are fewer than two clusters.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame(
    ...     {"label": [1, 1, 0, 0], "deposits": [3, 1, 0, 0], "cluster": [0, 1, -1, -1],
    ...      "weight": 1.0}
    ... )
    >>> found = zone_capture(cells, np.array([True, False, False, False]))
    >>> found.capture.value, found.area_share
    (0.75, 0.25)
    """
    units = resampling_units(cells["label"], cells["cluster"])
    deposits = cells["deposits"].to_numpy(np.float64)
    by_unit, caught = (
        np.bincount(units.unit, weights=counted, minlength=units.count)
        for counted in (deposits, deposits * inside)
    )
    drawn = units.draw(replicates, seed)
    shares = (caught @ drawn) / (by_unit @ drawn)
    low, high = np.quantile(shares, [(1 - confidence) / 2, (1 + confidence) / 2])
    return ZoneCapture(
        float(np.average(inside, weights=cells["weight"])),
        int(caught.sum()),
        int(by_unit.sum()),
        Interval(float(caught.sum() / by_unit.sum()), float(low), float(high)),
    )


def require_every_cell(cells: pd.DataFrame) -> None:
    """Raise unless the table lists every cell of the map: a map cannot be made of a sample.

    Raises
    ------
    UndefinedMetricError
        When rows stand for other cells, too.
    """
    if (cells["weight"] != 1).any():
        msg = (
            "the cells table holds a sample of the background, so there is no map of held-out "
            "predictions; raise labels.max_background"
        )
        raise UndefinedMetricError(msg)
