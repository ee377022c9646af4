"""Experiments side by side: settings, scores, maps, targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from kedro.io import DataCatalog
from scipy.stats import spearmanr

from mineral_prospectivity.config import LAYER_PREFIX
from mineral_prospectivity.errors import StorageError
from mineral_prospectivity.experiments.paired import paired_scores
from mineral_prospectivity.geo.grid import grid_crs
from mineral_prospectivity.parameters import validate_parameters
from mineral_prospectivity.reporting.comparisons import all_names, few_clusters, find_score
from mineral_prospectivity.reporting.tables import flat_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from mineral_prospectivity.config import ComposingConfigLoader
    from mineral_prospectivity.geo.raster import Raster
    from mineral_prospectivity.parameters import Parameters
    from mineral_prospectivity.reporting.comparisons import Comparison

MODEL = "ensemble"
TOP_SHARES = (0.01, 0.05, 0.1)
PROBABILITY = "maps.probability"
UNREAD = ("type", "name", "filepath", "description", "metadata")
"""Of a layer's declaration, what says where it lies and how it is shown."""


@dataclass(frozen=True)
class Results:
    """What a run of an experiment left.

    Parameters
    ----------
    name
        Of the folder that the results lie in.
    metrics
        Its metrics.json.
    probability
        Its map.
    targets
        Its ranked targets.
    held_out
        Its out-of-fold predictions.
    parameters
        As its configuration has them now.
    layers
        What its catalog declares of each evidence layer, but for the file.
    """

    name: str
    metrics: Mapping[str, Any] = field(repr=False)
    probability: Raster = field(repr=False)
    targets: gpd.GeoDataFrame = field(repr=False)
    held_out: pd.DataFrame = field(repr=False)
    parameters: Parameters = field(repr=False)
    layers: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class MapAgreement:
    """How alike two maps of one grid are.

    Parameters
    ----------
    cells
        Cells that have a probability in both.
    mean_difference, largest_difference
        Of the probabilities, the second less the first; the largest is absolute.
    rank_correlation
        Spearman's.
    overlap
        By share of the area: which part of the most prospective cells of one are also those of
        the other.
    """

    cells: int
    mean_difference: float
    largest_difference: float
    rank_correlation: float
    overlap: Mapping[float, float]


@dataclass(frozen=True)
class Pair:
    """Two experiments compared.

    Parameters
    ----------
    first, second
        Their names.
    maps
        How alike their maps are, or why that cannot be said.
    shared_targets
        Area of the targets of both over that of the targets of either, or why there is none.
    scores
        The second's scores less the first's on the cells that both score, or why there are none.
    """

    first: str
    second: str
    maps: MapAgreement | str
    shared_targets: float | str
    scores: list[Comparison] | str


def load_results(loader: ComposingConfigLoader) -> Results:
    """Return what a run of an experiment left.

    Raises
    ------
    StorageError
        If it has not run.
    """
    catalog = DataCatalog.from_config(loader["catalog"])
    names = ("metrics", PROBABILITY, "targets", "oof_predictions")
    missing = [name for name in names if not catalog.exists(name)]
    if missing:
        msg = (
            f"experiment {loader.results!r}: there are no {', '.join(missing)} in "
            f"{loader.storage}/*/{loader.results}. Run it first: "
            f"kedro run --env {loader.environment}"
        )
        raise StorageError(msg)
    metrics, probability, targets, held_out = (catalog.load(name) for name in names)
    return Results(
        loader.results,
        metrics,
        probability,
        targets,
        held_out,
        validate_parameters(loader["parameters"]),
        _declared_layers(loader["catalog"]),
    )


def _declared_layers(catalog: Mapping[str, Any]) -> dict[str, str]:
    """Return what a catalog declares of each layer, less its file and what describes it."""
    return {
        name: ", ".join(f"{key}: {value}" for key, value in entry.items() if key not in UNREAD)
        for name, entry in catalog.items()
        if name.startswith(LAYER_PREFIX)
    }


def what_differs(results: Sequence[Results]) -> dict[str, list[str | None]]:
    """Return each parameter and layer that is not the same in all, None where one lacks it."""
    trees = [one.parameters.model_dump(mode="json", exclude={"experiment"}) for one in results]
    settings = [
        {row[0]: row[1] for row in flat_rows("", tree).rows} | dict(one.layers)
        for tree, one in zip(trees, results, strict=True)
    ]
    values = {
        name: [one.get(name) for one in settings]
        for name in dict.fromkeys(name for one in settings for name in one)
    }
    return {name: found for name, found in values.items() if len(set(found)) > 1}


def scores_of(results: Sequence[Results]) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Return value, low and high by experiment and score; a score that one lacks is left out."""
    names = [name for name in all_names(results[0].metrics) if _all_have(results, name)]
    return {
        one.name: {
            name: (found["value"], found.get("low", np.nan), found.get("high", np.nan))
            for name in names
            if "value" in (found := find_score(one.metrics["models"][MODEL], name))
        }
        for one in results
    }


def _all_have(results: Sequence[Results], name: str) -> bool:
    return all(name in all_names(one.metrics) for one in results)


def caveats_of(results: Sequence[Results]) -> list[str]:
    """Return what the scores do not allow to be said."""
    scored = [one.metrics["scored"] for one in results]
    found = [
        "The scores' intervals are each experiment's own: two may overlap where a paired "
        "difference is clear."
    ]
    if len({one["deposits"] for one in scored}) > 1:
        counts = ", ".join(f"{one.name} {one.metrics['scored']['deposits']}" for one in results)
        found.append(f"The experiments hold different deposits ({counts}).")
    rough = [one.name for one in results if few_clusters(one.metrics)]
    if rough:
        found.append(
            f"There are few clusters of deposits in {', '.join(rough)}: intervals over so few are "
            "rough, and where one excludes 0, better or worse is a hint and no proof."
        )
    brownfield = [one.name for one in results if one.metrics["scored"].get("brownfield")]
    if 0 < len(brownfield) < len(results):
        found.append(
            f"The density of known deposits is evidence in {', '.join(brownfield)} (brownfield) "
            "and not in the others: there the scores tell of ground beside known deposits, and "
            "say nothing of new districts."
        )
    if len({round(one["prevalence"], 12) for one in scored}) > 1:
        found.append(
            "Deposit cells are not equally common in them: log loss, Brier score and average "
            "precision depend on that, ROC-AUC and captures do not."
        )
    return found


def pairs_of(results: Sequence[Results]) -> list[Pair]:
    """Return every two of the experiments, compared."""
    return [
        Pair(
            one.name,
            other.name,
            compare_maps(one, other),
            shared_targets(one, other),
            compare_scores(one, other),
        )
        for one, other in combinations(results, 2)
    ]


def compare_scores(one: Results, other: Results) -> list[Comparison] | str:
    """Return the paired differences of two experiments' scores, or why there are none."""
    if one.probability.grid != other.probability.grid:
        return _other_grids(one, other)
    return paired_scores(one.held_out, other.held_out, one.parameters)


def compare_maps(one: Results, other: Results) -> MapAgreement | str:
    """Return how alike two maps are, or why that cannot be said."""
    if one.probability.grid != other.probability.grid:
        return _other_grids(one, other)
    first, second = (
        result.probability.array()[0].ravel().astype(np.float64) for result in (one, other)
    )
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() <= 1 / min(TOP_SHARES):
        return "their maps share too few cells"
    return agreement(first[both], second[both])


def agreement(first: NDArray[np.float64], second: NDArray[np.float64]) -> MapAgreement:
    """Return how alike two maps are, from their probabilities in the same cells.

    Examples
    --------
    >>> p = np.linspace(0, 1, 1001)
    >>> same = agreement(p, p**2)
    >>> same.rank_correlation, same.overlap[0.05], agreement(p, 1 - p).overlap[0.1]
    (1.0, 1.0, 0.0)
    """
    gap = second - first
    return MapAgreement(
        cells=first.size,
        mean_difference=float(gap.mean()),
        largest_difference=float(np.abs(gap).max()),
        rank_correlation=float(spearmanr(first, second).statistic),
        overlap={share: _overlap(first, second, share) for share in TOP_SHARES},
    )


def _overlap(first: NDArray[np.float64], second: NDArray[np.float64], share: float) -> float:
    count = max(1, round(share * first.size))
    one, other = (np.argsort(-values, kind="stable")[:count] for values in (first, second))
    return float(np.isin(one, other).mean())


def shared_targets(one: Results, other: Results) -> float | str:
    """Return the area of the targets of both over that of the targets of either."""
    for result in (one, other):
        if result.targets.empty:
            return f"{result.name} has no targets"
    ground = other.probability.grid.extent.to_crs(grid_crs(one.probability.grid))
    if not one.probability.grid.extent.intersects(ground):
        return "they lie in different regions"
    first = one.targets.geometry.union_all()
    second = other.targets.to_crs(one.targets.crs).geometry.union_all()
    return float(first.intersection(second).area / first.union(second).area)


def _other_grids(one: Results, other: Results) -> str:
    remedy = "Give both the same grid.crs, grid.bounds and grid.resolution"
    return f"their grids differ: {_grid(one)}; {_grid(other)}. {remedy}"


def _grid(result: Results) -> str:
    grid = result.probability.grid
    west, south, *_ = grid.extent.boundingbox.bbox
    size = f"{grid.shape.x} x {grid.shape.y} cells of {grid.resolution.x:g} m"
    return f"{result.name} has {size} from {west:.0f}, {south:.0f} in {grid.crs}"
