"""Which targets to test for a given budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

ROUNDING = 1e-9
"""Share of a budget that is no money: what differences of costs leave."""


def select_targets(targets: gpd.GeoDataFrame, *, budget: float, spacing: float) -> gpd.GeoDataFrame:
    """Spend a budget on targets that lie apart from one another.

    Greedy: again and again the target with the largest return per cost that lies far enough
    from those chosen, until the money is spent; the last one may be tested in part, and is
    then credited with that share of its return (its best cells first would return more).
    Without a spacing no other choice returns more (Dantzig's theorem on the fractional
    knapsack); with one, the choice is valid but carries no such guarantee.

    Parameters
    ----------
    targets
        With ``testing_cost``, ``testing_return`` and polygons; only targets with a positive
        return are chosen.
    budget
        Money for testing.
    spacing
        Least distance between the outlines of two chosen targets, m.

    Returns
    -------
    GeoDataFrame
        A copy with ``selected`` (bool), ``selection_order`` (from 1, missing if not chosen),
        ``funded_share`` of the testing cost, ``funded_cost`` and ``funded_return``.

    References
    ----------
    Dantzig 1957, doi:10.1287/opre.5.2.266.
    """
    cost = targets["testing_cost"].to_numpy(dtype=float)
    worth = targets["testing_return"].to_numpy(dtype=float)
    paying = np.flatnonzero(worth > 0)
    candidates = paying[np.argsort(-worth[paying] / cost[paying], kind="stable")]
    share = _spend(candidates, cost, targets.geometry.to_numpy(), budget, spacing)
    chosen = candidates[share[candidates] > 0]
    order = pd.Series(pd.NA, index=targets.index, dtype="Int64")
    order.iloc[chosen] = range(1, len(chosen) + 1)
    return targets.assign(
        selected=order.notna(),
        selection_order=order,
        funded_share=share,
        funded_cost=share * cost,
        funded_return=share * worth,
    )


def _spend(
    candidates: NDArray[np.intp],
    cost: NDArray[np.float64],
    outlines: NDArray[np.object_],
    budget: float,
    spacing: float,
) -> NDArray[np.float64]:
    """Return the share of each target's cost that the budget pays, 0 for most."""
    share, left, spent = np.zeros(cost.size), budget, budget * ROUNDING
    chosen: list[int] = []
    closer = np.nextafter(spacing, -np.inf)  # a target at exactly the spacing is far enough
    for target in candidates:
        if left <= spent:
            break
        if shapely.dwithin(outlines[target], outlines[chosen], closer).any():
            continue
        share[target] = min(1.0, left / cost[target])
        left -= cost[target]
        chosen.append(int(target))
    return share
