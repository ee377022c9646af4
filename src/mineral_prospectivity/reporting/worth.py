"""What testing is worth, in plain words: what pays, what the budget buys, and what comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mineral_prospectivity.parameters import EconomicsParameters
from mineral_prospectivity.reporting.words import named, number, percent, plural
from mineral_prospectivity.targeting.selection import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

EXAMPLE = EconomicsParameters()
"""Costs and values that nobody has set for the ground at hand."""


def is_example(economics: Mapping[str, Any]) -> bool:
    """Return whether cost and value are still those that the project comes with."""
    names = ("exploration_cost", "discovery_value")
    return all(economics[name] == getattr(EXAMPLE, name) for name in names)


def what_worth(
    risk: Mapping[str, Any], targets: gpd.GeoDataFrame, money: Mapping[str, Any]
) -> list[str]:
    """Return what testing is worth at the costs given, what the budget buys, and what comes first.

    Parameters
    ----------
    risk
        The summary that the risk pipeline writes.
    targets
        Ranked and funded.
    money
        The parameters ``risk``.
    """
    rule, pays = _rule(money["economics"]), _pays(targets)
    budget, chosen = number(money["targets"]["budget"]), risk["targets"]
    if not (targets["testing_return"] > 0).any():
        return [rule, f"{pays}: the budget of {budget} buys nothing."]
    if not chosen["selected"]:
        return [rule, f"{pays}; the budget of {budget} buys none."]
    bought = targets[targets["selected"]].sort_values("selection_order", kind="stable")
    spacing = money["targets"]["spacing"]
    apart = f", at least {number(spacing / 1000)} km apart" if spacing else ""
    return [
        rule,
        f"{pays}. The budget of {budget} funds what returns most for its cost{apart}: "
        f"{_funded(bought)}, for {number(chosen['funded_cost'])}, with a risk-adjusted return of "
        f"{number(chosen['funded_return'])}.",
        *_left(targets, money["targets"]["budget"] - chosen["funded_cost"], money["targets"]),
        *_first(bought.iloc[0], targets.iloc[0]),
    ]


def _rule(economics: Mapping[str, Any]) -> str:
    cost, value = economics["exploration_cost"], economics["discovery_value"]
    example = " (an example: set risk.economics)" if is_example(economics) else ""
    return (
        f"At a cost of {number(cost)} a cell and {number(value)} for a discovery{example}, a cell "
        f"pays where its chance of a discovery is above {percent(cost / value)}."
    )


def _pays(targets: gpd.GeoDataFrame) -> str:
    count = int((targets["testing_return"] > 0).sum())
    if not count:
        return "After the discount for risk no target has a cell that pays"
    verb = "has" if count == 1 else "have"
    return (
        f"After the discount for risk, {plural(count, 'target')} of {len(targets)} {verb} cells "
        "that pay"
    )


def _funded(bought: gpd.GeoDataFrame) -> str:
    """Return which targets the budget buys, in the order of buying, and what it buys in part."""
    return named([
        f"{row.target_id} (rank {row.rank}"
        + (")" if row.funded_share == 1 else f", {percent(row.funded_share)} of it)")
        for row in bought.itertuples()
    ])  # fmt: skip


def _left(targets: gpd.GeoDataFrame, left: float, choice: Mapping[str, Any]) -> list[str]:
    """Say why money is left, where it is."""
    if left <= ROUNDING * choice["budget"]:
        return []
    others = int(((targets["testing_return"] > 0) & ~targets["selected"]).sum())
    if not others:
        return [f"{number(left)} is left: no other target has cells that pay."]
    who, verb = ("the other target", "lies") if others == 1 else (f"the other {others}", "lie")
    return [
        f"{number(left)} is left: {who} with cells that pay {verb} closer than "
        f"{number(choice['spacing'] / 1000)} km to these."
    ]


def _first(target: Any, best: Any) -> list[str]:
    """Say which target comes first, and why it isn't the first in rank, where it isn't."""
    said = f"Begin with {target.target_id}"
    if target.target_id != best.target_id:
        said += (
            f": it returns {_a_unit(target)} for each unit of cost. {best.target_id} is first in "
            f"rank, as it returns most in all, but at {_a_unit(best)} a unit"
        )
    if target.category.endswith("high risk"):
        return [f"{said}.", f"{target.target_id} is of high risk: sample it before you drill."]
    return [f"{said}."]


def _a_unit(target: Any) -> str:
    return number(target.testing_return / target.testing_cost)
