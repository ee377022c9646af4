"""A whole region with known probabilities: layers, faults, deposits, truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy.special import expit

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.simulation.fields import gaussian_field, stream
from mineral_prospectivity.simulation.geology import simulate_geology
from mineral_prospectivity.simulation.instruments import survey_grids
from mineral_prospectivity.simulation.mineralisation import (
    effects,
    find_intercept,
    given_layers,
    log_odds_of,
)
from mineral_prospectivity.simulation.surveys import (
    geochemistry,
    geophysics,
    irrelevant,
    mapped,
    radiometrics,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.simulation.instruments import Layer
    from mineral_prospectivity.simulation.mineralisation import Effect

CORNER = (500_000.0, 5_200_000.0)
"""Western and southern limit of every region, m; the place means nothing."""

FAULTS = "faults"
HIDDEN_SCALE = 1500.0
WORK_MARGIN = 8
"""Cells by which the geology reaches beyond the region, so that every survey is covered."""

DEPOSIT_SHARE = 0.15
COMMODITIES = ("Cu-Au", "Cu", "Au")


@dataclass(frozen=True)
class Region:
    """A simulated region.

    Parameters
    ----------
    seed
        The seed that gives this region again.
    grid
        Grid of the experiment, on which the truth is defined.
    layers
        Raster layers, each on its own grid.
    faults
        Fault traces; None when they were omitted.
    deposits
        Points with ``name, status, commodity``.
    labels
        1 in a cell with a deposit, int8, shape ``(rows, columns)``.
    hidden
        Log-odds of the field that no layer shows, shape ``(rows, columns)``.
    probability
        The probability that each label was drawn with, shape ``(rows, columns)``.
    probability_given_layers
        The probability of a deposit given the layers alone: the best that any model can do,
        shape ``(rows, columns)``. None when a layer was omitted on which others depend.
    """

    seed: int
    grid: GeoBox
    layers: tuple[Layer, ...]
    faults: gpd.GeoDataFrame | None
    deposits: gpd.GeoDataFrame
    labels: NDArray[np.int8]
    hidden: NDArray[np.float64]
    probability: NDArray[np.float64]
    probability_given_layers: NDArray[np.float64] | None


def simulate_region(
    seed: int,
    shape: tuple[int, int] = (240, 200),
    resolution: float = 500.0,
    *,
    prevalence: float = 0.003,
    hidden: float = 1.2,
    irrelevant_layers: int = 0,
    omit: Sequence[str] = (),
    relevant: Sequence[str] | None = None,
    crs: str = "EPSG:32633",
) -> Region:
    """Return a region whose deposits were drawn with known probability.

    Rocks, faults and alteration are random fields; surveys show them on their own grids, with
    noise, outliers and gaps. The log-odds of a deposit in a cell are nonlinear in what the layers
    show (see :func:`~mineral_prospectivity.simulation.mineralisation.effects`), plus a field of
    short range that no layer shows: it gathers deposits in clusters, and bounds what any model
    can know.

    Parameters
    ----------
    seed
        Two regions of one seed and equal settings are equal.
    shape
        Rows and columns of the experiment's grid.
    resolution
        Side of a cell, m. Geological scales are in metres: they do not grow with it.
    prevalence
        Mean over the cells of the probability given all layers.
    hidden
        Standard deviation of the hidden field's log-odds; 0 leaves nothing hidden.
    irrelevant_layers
        Number of layers added that no deposit depends on.
    omit
        Names of layers left out, though deposits may depend on them.
    relevant
        Names of the layers that deposits depend on; a term that needs another layer is left out
        of the log-odds. None keeps every term; at least one must stay.
    crs
        A projected CRS.

    Raises
    ------
    ConfigurationError
        If a layer to omit or to depend on does not exist, the prevalence is not between 0 and 1,
        or the deviation of the hidden field is negative.
    """
    _require_possible(prevalence, hidden)
    grid = _grid(shape, resolution, crs)
    geology = simulate_geology(seed, grid.pad(WORK_MARGIN).zoom_to(resolution=resolution / 2))
    grids = survey_grids(grid)
    shown = [
        *geophysics(seed, geology, grids),
        *radiometrics(seed, geology, grids),
        *geochemistry(seed, geology, grids),
        *mapped(seed, geology, grids),
    ]
    terms = effects(grid, shown, geology.faults)
    shown += irrelevant(seed, geology, grids, irrelevant_layers)
    names = [*(layer.name for layer in shown), FAULTS]
    _require_known("omit", omit, names)
    _require_known("relevant", relevant or (), names)
    terms = _relevant(terms, names if relevant is None else relevant)

    field = gaussian_field(shape, resolution, HIDDEN_SCALE, stream(seed, "hidden"))
    shown_log_odds = log_odds_of(terms)
    intercept = find_intercept(shown_log_odds, hidden, prevalence)
    probability = expit(intercept + shown_log_odds + hidden * field)
    labels = stream(seed, "labels").random(shape) < probability
    return Region(
        seed=seed,
        grid=grid,
        layers=tuple(layer for layer in shown if layer.name not in omit),
        faults=None if FAULTS in omit else geology.faults,
        deposits=_place_deposits(seed, grid, labels),
        labels=labels.astype(np.int8),
        hidden=hidden * field,
        probability=probability,
        probability_given_layers=given_layers(terms, omit, intercept, hidden),
    )


def _require_possible(prevalence: float, hidden: float) -> None:
    if not 0 < prevalence < 1:
        msg = f"prevalence = {prevalence:g}: give a probability between 0 and 1"
        raise ConfigurationError(msg)
    if hidden < 0:
        msg = f"hidden = {hidden:g}: a standard deviation cannot be negative"
        raise ConfigurationError(msg)


def _grid(shape: tuple[int, int], resolution: float, crs: str) -> GeoBox:
    rows, cols = shape
    west, south = CORNER
    return make_grid(
        crs, resolution, (west, south, west + cols * resolution, south + rows * resolution)
    )


def _require_known(argument: str, given: Sequence[str], names: Sequence[str]) -> None:
    unknown = sorted(set(given) - set(names))
    if unknown:
        msg = f"{argument}: there is no layer {', '.join(unknown)}; there are {', '.join(names)}"
        raise ConfigurationError(msg)


def _relevant(terms: Sequence[Effect], layers: Sequence[str]) -> list[Effect]:
    kept = [term for term in terms if set(term.layers) <= set(layers)]
    if not kept:
        known = sorted({" with ".join(term.layers) for term in terms})
        msg = f"relevant: no deposit depends on these layers alone; choose of {', '.join(known)}"
        raise ConfigurationError(msg)
    return kept


def _place_deposits(seed: int, grid: GeoBox, labels: NDArray[np.bool_]) -> gpd.GeoDataFrame:
    """Return a point at random inside each positive cell."""
    rng = stream(seed, "deposits")
    row, col = np.nonzero(labels)
    # Kept off the edges of the cell, so that rounding never moves a point into the next.
    down, across = rng.uniform(0.001, 0.999, (2, row.size))
    x, y = grid.transform @ (col + across, row + down)
    return gpd.GeoDataFrame(
        {
            "name": [f"Prospect {number}" for number in range(1, row.size + 1)],
            "status": np.where(rng.random(row.size) < DEPOSIT_SHARE, "Deposit", "Occurrence"),
            "commodity": rng.choice(COMMODITIES, row.size, p=(0.5, 0.3, 0.2)),
        },
        geometry=shapely.points(x, y),
        crs=str(grid.crs),
    )
