"""The section on deposits that nobody has found yet: what depends on their number."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from mineral_prospectivity.reporting.figures import ReportFigure, svg_figure
from mineral_prospectivity.reporting.style import INK, MODEL_COLOUR, QUIET, WIDTH, report_style
from mineral_prospectivity.reporting.tables import Table
from mineral_prospectivity.reporting.words import is_absent, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes


def undiscovered_section(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the template ``_undiscovered.html`` shows.

    Parameters
    ----------
    found
        From :func:`~mineral_prospectivity.scoring.undiscovered.undiscovered_sensitivity`.
    """
    return {
        "undiscovered": _rows(found),
        "undiscovered_figure": _figure(found),
        "moves": _moves(found),
    }


def undiscovered_caveats(found: Mapping[str, Any]) -> list[str]:
    """Return what the values in money suppose of deposits that nobody has found yet."""
    known = number(found["known_deposits"])
    if found["assumed"] is None:
        return [
            "Values in money take the probability of a known deposit for the chance of a "
            f"discovery. That is right if about as many deposits are undiscovered as known "
            f"({known}); give the number that you expect in "
            "risk.economics.undiscovered_deposits."
        ]
    return [
        f"Values in money rest on {number(found['assumed'])} undiscovered deposits beside the "
        f"{known} known ones, which is an assumption."
    ]


def _moves(found: Mapping[str, Any]) -> str:
    first, last = found["table"][0], found["table"][-1]
    few, many = _share(first["capture"]), _share(last["capture"])
    captured = f"stays {few}" if few == many else f"goes from {few} to {many}"
    return (
        f"With {_deposits(first['undiscovered_deposits'])} "
        f"{percent(first['paying_share'])} of the area would pay to test, with "
        f"{number(last['undiscovered_deposits'])} {percent(last['paying_share'])}; the share of "
        f"the known deposits captured in the top 5 % {captured}."
    )


def _deposits(count: float) -> str:
    return f"{number(count)} undiscovered deposit{'' if count == 1 else 's'}"


def _rows(found: Mapping[str, Any]) -> Table:
    rows = [("p taken as it is", "–", "–", *_claims(found["as_it_is"]))]
    for row in found["table"]:
        mark = " (assumed)" if _is_assumed(found, row) else ""
        rows.append((
            f"{number(row['undiscovered_deposits'])}{mark}",
            percent(row["known_share"]),
            percent(row["deposit_probability"]),
            *_claims(row),
        ))  # fmt: skip
    headings = (
        "Undiscovered deposits", "Share known", "Mean p of a deposit", "of a discovery",
        "Cells that pay", "of the area", "Discoveries in them", "Their expected value",
        "ROC-AUC", "Captured, top 5 %",
    )  # fmt: skip
    return Table("What depends on the number of undiscovered deposits (held out)", headings, rows)


def _is_assumed(found: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return found["assumed"] is not None and isclose(row["undiscovered_deposits"], found["assumed"])


def _claims(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        percent(row["discovery_probability"]),
        f"{row['paying_cells']:,.0f}",
        percent(row["paying_share"]),
        number(row["discoveries"]),
        number(row["expected_value"]),
        "–" if is_absent(row["roc_auc"]) else f"{row['roc_auc']:.3f}",
        _share(row["capture"]),
    )


def _share(value: Any) -> str:
    return "unknown" if is_absent(value) else percent(value)


def _figure(found: Mapping[str, Any]) -> ReportFigure:
    with report_style():
        figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
        area, value = figure.subplots(1, 2)
        _curve(area, found, "paying_share")
        area.set_title("Area that pays to test")
        area.set_ylim(0)
        area.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        _curve(value, found, "expected_value")
        value.set_title("Expected value of testing it")
        value.set_ylim(0)
        value.yaxis.set_major_formatter("{x:,.0f}")
        handles, labels = area.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return svg_figure(
        figure,
        "What testing is worth against the number of deposits still undiscovered, by held-out "
        "probabilities. The order of the cells is the same all along.",
        "Two curves that rise with the number of undiscovered deposits: the area that pays to "
        "test, and the expected value of testing it",
    )


def _curve(axes: Axes, found: Mapping[str, Any], name: str) -> None:
    """Draw one claim against the number of undiscovered deposits."""
    counts = [row["undiscovered_deposits"] for row in found["table"]]
    axes.plot(counts, [row[name] for row in found["table"]], "o-", color=MODEL_COLOUR,
              label="by the number", markersize=4)  # fmt: skip
    axes.axhline(found["as_it_is"][name], color=QUIET, linestyle="--", label="p taken as it is")
    if found["assumed"]:
        axes.axvline(found["assumed"], color=INK, linewidth=1, linestyle=":", label="assumed")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("Undiscovered deposits")
