"""The section that says why: its sentences, its table and its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mineral_prospectivity.reporting.figures import ReportFigure, png_figure, svg_figure
from mineral_prospectivity.reporting.tables import MISSING, Table
from mineral_prospectivity.reporting.thumbnails import thumbnail
from mineral_prospectivity.reporting.why import (
    Reasons,
    drivers_figure,
    importance_figure,
    latent_figure,
)
from mineral_prospectivity.reporting.words import listed, percent

if TYPE_CHECKING:
    import geopandas as gpd

    from mineral_prospectivity.reporting.thumbnails import Thumbnail

LAYERS_NAMED = 3


def why_section(
    reasons: Reasons,
    prediction: Thumbnail,
    deposits: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    *,
    few: bool = False,
) -> dict[str, Any]:
    """Return what the template ``_why.html`` shows.

    Parameters
    ----------
    reasons
        What is known of why the map is as it is.
    prediction
        With the band ``probability``, thinned.
    deposits, targets
        Known deposits and ranked targets, in the CRS of the grid.
    few
        Whether there are too few clusters of deposits to call anything clear.
    """
    return {
        "why": [*_driving(reasons.drivers), *_mattering(reasons.importance, few=few)],
        "why_targets": _why_rows(targets),
        "why_figures": {
            "drivers": _drivers(reasons, targets),
            "importance": svg_figure(
                importance_figure(reasons.importance, reasons.drivers),
                "Left: how much worse the map predicts blocks it never saw when one layer is "
                "shuffled among their cells, with intervals over deposit clusters. Right: how "
                "much the layer adds or takes in the targets, on average. A layer large on the "
                "right alone is used, but others could stand in for it; one large on the left "
                "alone tells poor ground from fair, rather than the targets from fair ground.",
                "Bars of the permutation importance of each layer, beside its mean contribution",
            ),
            "latent": _latent(reasons, prediction, deposits, targets),
        },
    }


def _driving(drivers: pd.DataFrame) -> list[str]:
    means = drivers.groupby("layer", sort=False)["contribution"].mean().dropna()
    means = means[means > 0].sort_values(ascending=False, kind="stable")[:LAYERS_NAMED]
    if means.empty:
        return ["No target is explained."]
    named = [
        f"{_usual_reading(drivers, str(layer))} (+{added:.1f})" for layer, added in means.items()
    ]
    return [
        f"In the targets, {listed(named)} add most to the log-odds of a deposit, on average. "
        "+0.7 doubles the odds."
    ]


def _usual_reading(drivers: pd.DataFrame, layer: str) -> str:
    """Return what a layer shows in most of the targets, or its name where it is no one thing."""
    shares = drivers.loc[drivers["layer"] == layer, "reading"].value_counts(normalize=True)
    return str(shares.index[0]) if shares.iloc[0] > 0.5 else layer  # noqa: PLR2004


def _mattering(importance: pd.DataFrame, *, few: bool) -> list[str]:
    clear = importance[importance["nll_low"] > 0]
    unclear = importance[importance["nll_low"] <= 0]
    worse = "worse, as far as so few deposits can tell" if few else "clearly worse"
    sentences = []
    if len(clear):
        sentences.append(
            f"On blocks the models never saw, shuffling {listed(clear['layer'].tolist())} makes "
            f"the predictions {worse}."
        )
    if len(unclear):
        sentences.append(
            f"Shuffling {listed(unclear['layer'].tolist())} makes no difference that these "
            "deposits can show: these layers tell nothing of their own here, or others tell the "
            "same."
        )
    return sentences


def _why_rows(targets: gpd.GeoDataFrame) -> Table:
    headings = (
        "Rank", "Target", "Drivers, log-odds", "Most similar known deposits", "Unlike these",
        "Unlike training", "Share outside", "Novelty",
    )  # fmt: skip
    rows = [
        (
            str(target.rank),
            target.target_id,
            target.drivers or MISSING,
            target.similar_deposits or MISSING,
            _percentile(target.dissimilarity),
            MISSING if pd.isna(target.unlike_training) else f"{target.unlike_training:.2f}",
            _share(target.outside_applicability),
            _percentile(target.novelty),
        )
        for target in targets.itertuples()
    ]
    return Table("What drives each target, and what it resembles", headings, rows)


def _share(value: float) -> str:
    return MISSING if pd.isna(value) else percent(value)


def _percentile(value: float) -> str:
    return MISSING if pd.isna(value) else f"{value:.0f}"


def _drivers(reasons: Reasons, targets: gpd.GeoDataFrame) -> ReportFigure:
    caption = (
        "What each layer adds to the log-odds in the first targets (blue) or takes from them "
        "(orange), against a cell of median values and average rock; mean over the target's cells."
    )
    figure = drivers_figure(reasons.drivers, targets)
    if figure is None:
        return ReportFigure(caption, "", absent="no target is explained")
    return svg_figure(figure, caption, "Signed bars of the layers' contributions to each target")


def _latent(
    reasons: Reasons,
    prediction: Thumbnail,
    deposits: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
) -> ReportFigure:
    figure = latent_figure(
        thumbnail(reasons.latent),
        thumbnail(reasons.latent_view),
        prediction.band("probability").astype(np.float64),
        deposits,
        targets,
    )
    caption = (
        "The region as the models see it. Left: a dot a cell, near others with like evidence; "
        "known deposits red, the best cells of the first targets numbered. Right: the first three "
        "latent components as red, green and blue: what shares a colour shares its evidence."
    )
    return png_figure(figure, caption, "Scatter and map of the latent components of all cells")
