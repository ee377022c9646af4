"""Tables in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judging.scores import AREAS, BEYOND, LIMIT

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
    """Put what knows more than the models first, then the models by NLL."""
    return model not in BEYOND, scores["nll"]["value"] if "nll" in scores else float("inf")


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


DEPOSIT_HEADINGS = (
    "Region", "Deposit cells", "Clusters", "Model", "AUC", "NLL x 1000", "Over the limit's",
    "Expected deposits, of the limit's, at 1, 2, 5 %", "CPU s", "NLL x 1000, ensemble less it",
)  # fmt: skip


def deposits_table(summary: Mapping[str, Any]) -> str:
    """Return one table of all regions and models, the best NLL of a region first."""
    rows = []
    for name, found in summary.items():
        known, limit = found["models"], found["models"][LIMIT]["nll"]["value"]
        of_region = [name, str(found["deposit_cells"]), str(found["clusters"])]
        for _, model in sorted((_order(scores, model), model) for model, scores in known.items()):
            row = dict(zip(HEADINGS[1:], _row(model, found), strict=True))
            nll = known[model].get("nll")
            over = f"{1000 * (nll['value'] - limit):.2f}" if nll else "–"
            rows.append([
                *of_region, row["Model"], row["AUC"], row["NLL x 1000"], over,
                _of_the_limit(known[model]["expected_share_of_limit"]),
                row["CPU s"], row["NLL x 1000, ensemble less it"],
            ])  # fmt: skip
    return markdown(DEPOSIT_HEADINGS, rows)


def uncertainty_table(summary: Mapping[str, Any]) -> str:
    """Return one table: a row a question, a column an experiment, each mean over the seeds."""
    rows: dict[str, dict[str, str]] = {}
    for name, answers in summary.items():
        for label, found in _uncertainty_rows(answers):
            rows.setdefault(label, {})[name] = found
    return markdown(
        ["Question", *summary],
        [[label, *(found.get(name, "–") for name in summary)] for label, found in rows.items()],
    )


def _uncertainty_rows(answers: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for sample in ("in_sample", "held_out"):
        for level in ("0.5", "0.8", "0.9", "0.95"):
            label = f"Coverage of p given the layers at {level}, {sample.replace('_', ' ')}"
            yield label, _mean(answers, "intervals", "coverage", sample, level)
    yield "Spearman of epistemic with abs(p - known p)", _mean(answers, "intervals", "spearman_gap")
    yield (
        "Spearman of SD of log-odds with its gap",
        _mean(answers, "intervals", "spearman_logit_gap"),
    )
    yield (
        "Spearman of epistemic with the squared error",
        _mean(answers, "intervals", "spearman_squared_error"),
    )
    for measure in ("epistemic", "log_odds_sd"):
        path = ("intervals", "held_out_over_in_sample", measure)
        yield f"{measure}, held out over in sample", _mean(answers, *path)
    for measure in ("epistemic", "log_odds_sd"):
        shares = [_mean(answers, "learning", "curve", s, measure) for s in ("25", "50", "100")]
        yield f"{measure} at 25, 50, 100 % of the ground", ", ".join(shares)
    yield "Dispersion of blocks", _mean(answers, "intervals", "dispersion", "value")
    yield "at most by chance", _mean(answers, "intervals", "dispersion", "null_high")
    yield "deals on which the warning is given", _warned(answers)
    for kind in ("shifted", "scaled", "permuted", "foreign"):
        for measure in ("epistemic", "log_odds_sd", "novelty"):
            label = f"AUROC, {kind} inputs, by {measure}"
            yield label, _mean(answers, "learning", "auroc", kind, measure)
    for strategy in ("bald", "random"):
        label = f"NLL x 1000 after 0, 60, 120, 240 labels bought, {strategy}"
        yield label, ", ".join(f"{1000 * x:.2f}" for x in mean_curve(answers, strategy)) or "–"


def mean_curve(answers: Mapping[str, Any], strategy: str) -> list[float]:
    """Return the NLL after each purchase, mean over the seeds; empty where it was not replayed."""
    curves = [one[strategy] for one in answers.get("replay", ()) if strategy in one]
    return [sum(values) / len(values) for values in zip(*curves, strict=True)]


def mean_of(answers: Mapping[str, Any], question: str, *path: str) -> float | None:
    """Return an answer's mean over the deals that have it; None where no deal has."""
    found = [_at(one, path) for one in answers.get(question, ())]
    known = [value for value in found if value is not None]
    return sum(known) / len(known) if known else None


def _warned(answers: Mapping[str, Any]) -> str:
    """Return on how many deals the dispersion is more than chance, of those that were judged."""
    found = [
        one["dispersion"]["excessive"]
        for one in answers.get("intervals", ())
        if "dispersion" in one
    ]
    return f"{sum(found)} of {len(found)}" if found else "–"


def _mean(answers: Mapping[str, Any], question: str, *path: str) -> str:
    value = mean_of(answers, question, *path)
    return f"{value:.3f}" if value is not None else "–"


def _at(answer: Any, path: Sequence[str]) -> float | None:
    for key in path:
        if key not in answer:
            return None
        answer = answer[key]
    return float(answer)
