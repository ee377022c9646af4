"""What the report is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from mineral_prospectivity.geo.raster import Raster
    from mineral_prospectivity.reporting.why import Reasons


@dataclass(frozen=True)
class ReportInputs:
    """Everything that the report tells of.

    Parameters
    ----------
    title
        Headline, for example the experiment's name.
    created
        When the report was made, as it should be printed.
    prediction
        The maps: ``probability``, the uncertainties, ``log_odds_mean``, ``log_odds_sd`` and,
        where there is one, ``novelty``.
    categories, economics
        From :mod:`mineral_prospectivity.targeting`.
    targets, next_samples
        Ranked targets with the budget's choice, and the sites proposed.
    deposits
        Known deposits, points in the CRS of the grid.
    cells
        With ``cell`` and ``fold``.
    metrics
        From :func:`~mineral_prospectivity.scoring.evaluation.report.evaluate`.
    quality
        From :func:`~mineral_prospectivity.geo.quality.quality_report`.
    risk
        ``hot_spots``, ``zones``, ``risk`` (measure, threshold), ``categories``, ``targets`` and
        ``undiscovered``.
    reasons
        Why the map is as it is.
    parameters
        The whole tree of parameters.
    provenance
        Versions and hashes, nested as they come.
    timings
        Of each node: ``pipeline``, ``seconds``, ``ran`` (where) and, where it could be measured,
        ``peak_memory_mib``. They differ from run to run, like ``created``.
    """

    title: str
    created: str
    prediction: Raster
    categories: Raster
    economics: Raster
    targets: gpd.GeoDataFrame
    next_samples: gpd.GeoDataFrame
    deposits: gpd.GeoDataFrame
    cells: pd.DataFrame
    metrics: Mapping[str, Any]
    quality: Mapping[str, Any]
    risk: Mapping[str, Any]
    reasons: Reasons
    parameters: Mapping[str, Any]
    provenance: Mapping[str, Any]
    timings: Mapping[str, Mapping[str, Any]]
