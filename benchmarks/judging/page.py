"""Tables in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judging.scores import AREAS, LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HEADINGS = (
    "Experiment", "Model", "AUC", "AP",
    *(f"C {100 * area:g} %" for area in AREAS),
    "NLL x 1000", "ECE x 1000 (null ≤)", "Slope", "AUGRC x 1000",
    "Of the limit at 1, 2, 5 %", "CPU s",
    "NLL x 1000, ensemble less it", "AUC, ensemble less it",
)  # fmt: skip


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def quality_table(summary: Mapping[str, Any]) -> str:
    """Return one table of all experiments and models, the best NLL of an experiment first."""
    rows = []
    for name, found in summary.items():
        order = sorted((_order(scores, model), model) for model, scores in found["models"].items())
        rows += [[name, *_row(model, found)] for _, model in order]
        rows += [
            [name, f"{model} (fitted)", *_scores(scores), *["–"] * 7]
            for model, scores in found["fitted"].items()
        ]
    return markdown(HEADINGS, rows)


def _order(scores: Mapping[str, Any], model: str) -> tuple[bool, float]:
    """Put the limit first, then the models by NLL."""
    return model != LIMIT, scores["nll"]["value"] if "nll" in scores else float("inf")


def _row(model: str, found: Mapping[str, Any]) -> list[str]:
    scores = found["models"][model]
    slope = scores["slope"]
    differences = found["differences"].get(model, {})
    label = f"**{model}**" if model == found["reference"] else model
    return [
        label,
        *_scores(scores),
        f"{1000 * scores['ece']:.2f} ({1000 * scores['ece_null_high']:.2f})",
        "–" if isinstance(slope, dict) else f"{slope:.2f}",
        f"{1000 * scores['augrc']:.3f}",
        _of_the_limit(scores["share_of_limit"]),
        f"{scores['cpu_seconds']:.0f}" if "cpu_seconds" in scores else "–",
        difference(differences.get("nll"), 1000),
        difference(differences.get("roc_auc"), 1, digits=3),
    ]


def _scores(scores: Mapping[str, Any]) -> list[str]:
    names = ["roc_auc", "average_precision", *(f"capture@{area:g}" for area in AREAS), "nll"]
    return [_number(scores.get(name), name) for name in names]


def _number(score: Mapping[str, float] | None, name: str) -> str:
    if score is None:
        return "–"
    return f"{1000 * score['value']:.2f}" if name == "nll" else f"{score['value']:.3f}"


def _of_the_limit(shares: Mapping[str, float]) -> str:
    found = [shares.get(f"capture@{area:g}") for area in (0.01, 0.02, 0.05)]
    return ", ".join("–" if share is None else f"{share:.2f}" for share in found)


def difference(gap: Mapping[str, float] | None, factor: float, digits: int = 2) -> str:
    """Return a difference with its interval, bold where the interval excludes 0."""
    if gap is None:
        return "–"
    value, low, high = (factor * gap[name] for name in ("value", "low", "high"))
    text = f"{value:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"
    return f"**{text}**" if low > 0 or high < 0 else text
