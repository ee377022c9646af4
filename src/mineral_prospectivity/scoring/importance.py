"""How much worse held-out predictions get when an evidence layer is shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mineral_prospectivity.scoring.bootstrap import bootstrap_scores
from mineral_prospectivity.scoring.resampling import resampling_units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

INTACT = "intact"


def layer_importance(
    labels: ArrayLike,
    intact: ArrayLike,
    shuffled: Mapping[str, ArrayLike],
    *,
    deposits: ArrayLike,
    weights: ArrayLike,
    clusters: ArrayLike,
    replicates: int = 500,
    confidence: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the permutation importance of every layer, with intervals over deposit clusters.

    Layers that say the same stand in for each other: each then seems to matter little.

    Parameters
    ----------
    labels, deposits, weights, clusters
        0/1 labels, deposits, sampling weight and deposit cluster of each cell, ``(cells,)``.
    intact
        Held-out probabilities, ``(cells,)``.
    shuffled
        The same by layer, with that layer shuffled.
    replicates, confidence, seed
        Of the bootstrap.

    Returns
    -------
    DataFrame
        One row a layer, the one whose loss costs most NLL first: ``layer, nll_increase,
        nll_low, nll_high`` (nats a cell), ``auc_drop, auc_low, auc_high``.

    Raises
    ------
    UndefinedMetricError
        When there are fewer than two deposit clusters.

    References
    ----------
    Breiman 2001, Random forests, Machine Learning 45. Fisher, Rudin and Dominici 2019, All models
    are wrong, but many are useful, JMLR 20.
    """
    layers = {f"layer {name}": probability for name, probability in shuffled.items()}
    found = bootstrap_scores(
        labels,
        {INTACT: intact, **layers},
        deposits,
        weights,
        resampling_units(labels, clusters),
        reference=INTACT,
        capture_areas=(),
        replicates=replicates,
        confidence=confidence,
        seed=seed,
    ).differences
    rows = []
    for name in shuffled:
        nll, auc = found[f"layer {name}"]["nll"], found[f"layer {name}"]["roc_auc"]
        rows.append((name, -nll.value, -nll.high, -nll.low, auc.value, auc.low, auc.high))
    columns = ["layer", "nll_increase", "nll_low", "nll_high", "auc_drop", "auc_low", "auc_high"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("nll_increase", ascending=False, kind="stable", ignore_index=True)
