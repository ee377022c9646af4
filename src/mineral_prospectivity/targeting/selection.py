"""Which targets to test for a given budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray


def select_targets(targets: gpd.GeoDataFrame, *, budget: float, spacing: float) -> gpd.GeoDataFrame:
    """Choose targets within a budget that lie apart from one another.

    Greedy: again and again the target with the largest return per cost that still fits the
    money and lies far enough from those chosen; the same once more with the single target of
    the largest return fixed first; the better of both is taken. Without a spacing this returns
    at least half of what the best choice would (Dantzig's bound for the knapsack); with one,
    the choice is valid but carries no such bound.

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
        A copy with ``selected`` (bool) and ``selection_order`` (from 1, missing if not chosen).

    References
    ----------
    Dantzig 1957, doi:10.1287/opre.5.2.266; Martello & Toth 1990, Knapsack Problems, ch. 2.
    """
    cost = targets["testing_cost"].to_numpy(dtype=float)
    worth = targets["testing_return"].to_numpy(dtype=float)
    apart = _apart(targets, spacing)
    affordable = np.flatnonzero((worth > 0) & (cost <= budget))
    per_cost = affordable[np.argsort(-worth[affordable] / cost[affordable], kind="stable")]
    chosen = _fill(per_cost, cost, apart, budget)
    if affordable.size:
        best = affordable[np.argmax(worth[affordable])]
        other = _fill([best, *per_cost], cost, apart, budget)
        chosen = max(chosen, other, key=lambda choice: float(worth[choice].sum()))
    order = pd.Series(pd.NA, index=targets.index, dtype="Int64")
    order.iloc[chosen] = range(1, len(chosen) + 1)
    return targets.assign(selected=order.notna(), selection_order=order)


def _fill(
    order: Sequence[int] | NDArray[np.intp],
    cost: NDArray[np.float64],
    apart: NDArray[np.bool_],
    budget: float,
) -> list[int]:
    chosen: list[int] = []
    for target in order:
        spent = cost[chosen].sum() + cost[target]
        if target not in chosen and spent <= budget and apart[target, chosen].all():
            chosen.append(int(target))
    return chosen


def _apart(targets: gpd.GeoDataFrame, spacing: float) -> NDArray[np.bool_]:
    """Return whether each two targets lie at least the spacing apart, shape (targets, targets)."""
    return np.array(
        [targets.geometry.distance(outline) >= spacing for outline in targets.geometry], dtype=bool
    ).reshape(len(targets), len(targets))
