"""From maps to decisions, in one call each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit, ndtr

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.tabulate import valid_cells
from mineral_prospectivity.labels import deposit_points, label_cells, select_deposits
from mineral_prospectivity.parameters import RiskParameters
from mineral_prospectivity.targeting import (
    best_ground,
    economics,
    economics_map,
    find_targets,
    hot_spots,
    risk_return,
    select_targets,
)
from mineral_prospectivity.uq.undiscovered import (
    break_even,
    deposits_per_cell,
    undiscovered_per_known,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    from mineral_prospectivity.api.prediction import Prediction
    from mineral_prospectivity.geo.raster import Raster
    from mineral_prospectivity.targeting.appraisal import CellEconomics


@dataclass(frozen=True)
class RiskReturnAnalysis:
    """What testing cells is worth, each array ``(cells,)``.

    Parameters
    ----------
    economics
        Expected value, its SD, Sharpe-like ratio, CVaR and risk-adjusted return.
    chance_of_profit
        Share of the models' distribution in which the chance of a discovery exceeds C / V.
    drill
        Whether the chance of profit reaches the confidence asked for.
    """

    economics: CellEconomics
    chance_of_profit: NDArray[np.float64]
    drill: NDArray[np.bool_]


def analyse_risk_return(
    prediction: Prediction,
    *,
    exploration_cost: float,
    discovery_value: float,
    confidence: float = 0.5,
    risk_aversion: float = 1.0,
    tail: float = 0.1,
    per_known: float | None = None,
    per_cell: float = 1.0,
    known: ArrayLike = False,
) -> RiskReturnAnalysis:
    """Weigh the return of testing each cell against what is not known of it.

    Parameters
    ----------
    prediction
        From :meth:`~mineral_prospectivity.api.ensemble.CalibratedEnsemble.predict`.
    exploration_cost, discovery_value
        Cost C of testing a cell and value V of a discovery, in one currency.
    confidence
        A cell is worth drilling when the chance of a discovery exceeds C / V in at least this
        share of the models' distribution of p, a Gaussian of the log-odds without the latent part.
    risk_aversion
        lambda of the risk-adjusted return EV - lambda SD.
    tail
        alpha of CVaR, the mean of the worst alpha of the expected value.
    per_known
        Undiscovered deposits for each known one; None takes the probability of a known deposit
        for the chance of a discovery. See :mod:`mineral_prospectivity.uq.undiscovered`.
    per_cell
        Deposits that a positive cell stands for, where a buffer or polygons make several cells
        positive for one: see :func:`~mineral_prospectivity.uq.undiscovered.deposits_per_cell`.
    known
        Where a deposit is known, 0/1, ``(cells,)``: nothing is left to discover there. By default
        nowhere.

    Raises
    ------
    ConfigurationError
        If the cost is not below the value, or the confidence is not inside (0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from mineral_prospectivity.api import Prediction
    >>> certain, unsure = np.zeros(2), np.array([0.1, 2.0])
    >>> cells = Prediction(
    ...     probability=np.array([0.04, 0.04]), aleatoric=certain, latent=certain,
    ...     epistemic=np.array([0.004, 0.03]), total=certain, mutual_information=certain,
    ...     log_odds_mean=np.array([-3.2, -3.8]), log_odds_sd=unsure, novelty=certain,
    ... )
    >>> analysis = analyse_risk_return(
    ...     cells, exploration_cost=1.0, discovery_value=30.0, confidence=0.9
    ... )
    >>> analysis.economics.expected_value
    array([0.2, 0.2])
    >>> analysis.drill
    array([ True, False])
    """
    if not 0 < confidence < 1:
        msg = f"confidence = {confidence:g}: give a share inside (0, 1), for example 0.9"
        raise ConfigurationError(msg)
    result = economics(
        prediction.probability,
        prediction.epistemic,
        prediction.log_odds_mean,
        prediction.log_odds_sd,
        exploration_cost=exploration_cost,
        discovery_value=discovery_value,
        risk_aversion=risk_aversion,
        tail=tail,
        per_known=per_known,
        per_cell=per_cell,
        known=known,
    )
    needed = break_even(exploration_cost / (discovery_value * per_cell), per_known)
    margin = prediction.log_odds_mean - logit(needed)
    chance = ndtr(margin / np.maximum(prediction.log_odds_sd, np.finfo(float).tiny))
    chance = np.where(np.asarray(known, dtype=bool), 0.0, chance)
    return RiskReturnAnalysis(result, chance, chance >= confidence)


def pick_targets(
    maps: Raster,
    deposits: gpd.GeoDataFrame,
    *,
    buffer: float = 0.0,
    parameters: RiskParameters | None = None,
) -> gpd.GeoDataFrame:
    """Return ranked targets, with those that the budget buys marked.

    Parameters
    ----------
    maps
        From :meth:`~mineral_prospectivity.api.ensemble.CalibratedEnsemble.map`, better read
        back from the file it was written to.
    deposits
        Known deposits, points or polygons with a CRS; may be empty. Those on cells without a
        prediction do not count. Testing the cells of the others discovers nothing.
    buffer
        Cells this near a deposit count as its own, m, as ``labels.buffer`` made them in training.
    parameters
        Hot spots, categories, economics and targets; by default those of the project.

    Raises
    ------
    ConfigurationError
        As the parts of the analysis raise it.
    DepositError
        If none of the deposits lies on the grid, or they cannot be used.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mineral_prospectivity.api import load_ensemble
    >>> from mineral_prospectivity.datasets import RasterDataset
    >>> evidence = RasterDataset(filepath=str(trained / "evidence.tif")).load()
    >>> maps = load_ensemble(trained).map(evidence)
    >>> nothing_known = gpd.GeoDataFrame(geometry=[], crs=str(evidence.grid.crs))
    >>> targets = pick_targets(maps, nothing_known)
    >>> targets["rank"].is_monotonic_increasing
    True
    """
    chosen = parameters or RiskParameters()
    surface = maps.select([chosen.hot_spots.band])
    hot = hot_spots(
        surface, radius=chosen.hot_spots.radius, significance=chosen.hot_spots.significance
    ).map
    categories = risk_return(hot, maps, **chosen.categories.model_dump()).map
    money, (located, known) = chosen.economics, _known(maps, deposits, buffer)
    targets = find_targets(
        best_ground(hot, maps, chosen.targets.area_share),
        maps,
        economics_map(
            maps,
            **money.model_dump(exclude={"undiscovered_deposits"}),
            per_known=undiscovered_per_known(money.undiscovered_deposits, len(located)),
            per_cell=deposits_per_cell(len(located), known.size),
            known_cells=known,
        ),
        categories,
        deposits=located,
        min_area=chosen.targets.min_area,
        count=chosen.targets.count,
        exploration_cost=money.exploration_cost,
    ).table
    return select_targets(targets, budget=chosen.targets.budget, spacing=chosen.targets.spacing)


def _known(
    maps: Raster, deposits: gpd.GeoDataFrame, buffer: float
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """Return the deposits on cells with a prediction as points, and the cells that they mark."""
    if deposits.empty:
        return deposits, np.empty(0, dtype=np.int64)
    cells = valid_cells(maps.select(["probability"]), 1.0)
    selected, _ = select_deposits(deposits, maps.grid)
    labels = label_cells(maps.grid, cells, selected, buffer=buffer)
    predicted = labels.home >= 0
    counted = selected[predicted]
    points = deposit_points(maps.grid, counted, labels.home[predicted])
    return counted.set_geometry(points, crs=counted.crs), cells[labels.label == 1]
