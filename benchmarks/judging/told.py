"""What can be learned from so few deposits by a model that is told what to look for.

A logistic regression on the very terms that a simulated region's log-odds are the sum of: it has
nothing to learn but how much each counts. What it misses of the limit, few deposits make anyone
miss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from mineral_prospectivity.simulation import simulate_region
from mineral_prospectivity.simulation.mineralisation import effects

if TYPE_CHECKING:
    import pandas as pd

    from judging.regions import RegionSpec

HARDLY = 1e6
"""Inverse strength of a penalty that does not matter."""


def told_terms(spec: RegionSpec) -> np.ndarray:
    """Return the terms that the layers of a region show, ``(cells of the map, terms)``."""
    options = dict(spec.options)
    omitted = set(options.pop("omit", ()))
    region = simulate_region(spec.seed, spec.shape, **options)
    layers = {*(layer.name for layer in region.layers), "faults"}
    shown = set(options.get("relevant", layers)) - omitted
    terms = effects(region.grid, region.layers, region.faults)
    return np.column_stack([one.values.ravel() for one in terms if set(one.layers) <= shown])


def told_predictions(terms: np.ndarray, cells: pd.DataFrame) -> np.ndarray:
    """Return the probability of each cell by the fit without its fold, ``(cells,)``."""
    evidence = terms[cells["cell"].to_numpy()]
    label, fold, weight = (cells[name].to_numpy() for name in ("label", "fold", "weight"))
    p = np.empty(len(cells))
    for number in np.unique(fold):
        seen = (fold != number) & cells["training"].to_numpy()
        model = LogisticRegression(C=HARDLY, max_iter=1000)
        model.fit(evidence[seen], label[seen], sample_weight=weight[seen])
        p[fold == number] = model.predict_proba(evidence[fold == number])[:, 1]
    return p
