"""Numbers and names as a reader wants them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mineral_prospectivity.scoring.baselines import CONTEXT

MODEL_NAMES = {
    "ensemble": "VAE ensemble",
    "prevalence": "Prevalence alone",
    "distance": "Distance to deposits",
    "weights_of_evidence": "Weights of evidence",
    "logistic_regression": "Logistic regression",
    "logistic_regression_tuned": "Logistic regression, tuned",
    "random_forest": "Random forest",
    "lightgbm": "LightGBM",
    "lightgbm_default": "LightGBM, as it comes",
    "lightgbm_tuned": "LightGBM, tuned",
}

SCORE_NAMES = {
    "roc_auc": "ROC-AUC",
    "average_precision": "Average precision",
    "nll": "Log loss (NLL)",
    "brier": "Brier score",
}

UNCERTAINTY_NAMES = {
    "mutual_information": "mutual information",
    "log_odds_sd": "SD of the log-odds",
}

NAMED = 3
"""Items, at most, that a sentence names."""

NO_WIDTH = "every draw of clusters gives the same"
"""Why an interval that has no width is not given."""

NO_BREAK = "\N{NO-BREAK SPACE}"


def is_absent(value: Any) -> bool:
    """Return whether a metric is ``{"absent": reason}``."""
    return isinstance(value, Mapping) and "absent" in value


def model_label(name: str) -> str:
    """Return the name of a model for people; a name unknown here stays, less its underscores.

    Examples
    --------
    >>> model_label("lightgbm"), model_label("lightgbm_context"), model_label("old_map")
    ('LightGBM', 'LightGBM, with context', 'old map')
    """
    own = name.removesuffix(CONTEXT)
    said = MODEL_NAMES.get(own, own.replace("_", " "))
    return said if own == name else f"{said}, with context"


def score_label(name: str) -> str:
    """Return the name of a score for people.

    Examples
    --------
    >>> score_label("capture@0.05").replace(NO_BREAK, " ")
    'Captured in the top 5 %'
    """
    if name.startswith("capture@"):
        return f"Captured in the top {percent(float(name.removeprefix('capture@')))}"
    return SCORE_NAMES.get(name, name)


def number(value: float) -> str:
    """Return a number with three significant digits, whole from a thousand on.

    Examples
    --------
    >>> number(0.012345), number(12345.6), number(-0.00002), number(1e-15)
    ('0.0123', '12,346', '−0.00002', '0')
    """
    if abs(value) >= 1000:  # noqa: PLR2004
        text = f"{value:,.0f}"
    else:
        text = np.format_float_positional(round(value, 9), 3, fractional=False, trim="-")
    return text.replace("-", "−")


def percent(share: float) -> str:
    """Return a share as per cent, two significant digits below ten; the space does not break.

    Examples
    --------
    >>> [percent(share).replace(NO_BREAK, " ") for share in (0.05, 0.4231, 0.0123, 1.0)]
    ['5 %', '42 %', '1.2 %', '100 %']
    """
    value = 100 * share
    text = f"{value:.0f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004
    return f"{text}{NO_BREAK}%"


def span(found: Mapping[str, Any], form: Callable[[float], str] = number) -> str:
    """Return an interval from its ``low`` to its ``high``; empty where it says nothing.

    An interval has no ends where too few clusters were drawn, and no width where every draw of
    clusters gives the same score, as when all few deposits are found: it would look certain.

    Examples
    --------
    >>> span({"low": 0.3, "high": 0.5}), span({"low": 1.0, "high": 1.0}), span({"value": 1.0})
    ('0.3 to 0.5', '', '')
    """
    if "low" not in found or not found["low"] < found["high"]:
        return ""
    return f"{form(found['low'])} to {form(found['high'])}"


def kilometres(metres: float, digits: int = 1) -> str:
    """Return a coordinate in kilometres, without its unit.

    Examples
    --------
    >>> kilometres(517_480.0), kilometres(-2_377_200.0, 2)
    ('517.5', '−2,377.20')
    """
    return f"{metres / 1000:,.{digits}f}".replace("-", "−")


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> plural(1, "target"), plural(1200, "target"), plural(2, "box", "boxes")
    ('1 target', '1,200 targets', '2 boxes')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def named(items: list[str]) -> str:
    """Return the first items as a list within a sentence, and how many more there are.

    Examples
    --------
    >>> named(["a", "b"]), named(["a", "b", "c", "d", "e"])
    ('a and b', 'a, b, c and 2 others')
    """
    more = len(items) - NAMED
    return listed([*items[:NAMED], plural(more, "other")] if more > 0 else items)


def listed(items: list[str]) -> str:
    """Return items as a list within a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
