"""Nodes of uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from mineral_prospectivity.api.ensemble import CalibratedEnsemble
from mineral_prospectivity.api.explanation import attribution_map, latent_map
from mineral_prospectivity.api.prediction import MAPS
from mineral_prospectivity.geo.false_colours import false_colours
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.shards import assemble, shard
from mineral_prospectivity.geo.tabulate import evidence_table
from mineral_prospectivity.labels import require_same_cells, require_same_data
from mineral_prospectivity.labels.deposit_density import as_mapped
from mineral_prospectivity.naming import member_name
from mineral_prospectivity.parameters import (
    EnsembleParameters,
    GridParameters,
    TargetParameters,
    UncertaintyParameters,
)
from mineral_prospectivity.targeting import most_prospective
from mineral_prospectivity.uq.calibration import LogitCalibration, fit_calibration, fit_nested
from mineral_prospectivity.uq.decomposition import decompose
from mineral_prospectivity.uq.moments import LogitMoments
from mineral_prospectivity.uq.novelty import NoveltyScale
from mineral_prospectivity.vae.attribution import typical_cell
from mineral_prospectivity.vae.bundle import MAP, MemberBundle
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.ensemble import Ensemble

LATENT_SAMPLE = 20_000
"""Cells, at most, that the shared latent space is fitted to."""


def calibrate(
    cells: pd.DataFrame,
    members: dict[str, Any],
    parameters: UncertaintyParameters,
    *tables: pd.DataFrame,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return the calibration of the ensemble, and its calibrated out-of-fold uncertainties.

    ``tables`` holds the out-of-fold tables of all packs, then their inner tables. A fold is
    recalibrated by what was fitted on the inner folds that leave it out, where these gain from it.
    """
    half = len(tables) // 2
    held_out = pd.concat(tables[:half]).sort_values(["member", "cell"], kind="stable")
    for member in held_out["member"].unique().tolist():
        own = held_out[held_out["member"] == member]
        require_same_cells(own, cells, f"predictions of {member_name(member)}", "training")
    inner = pd.concat(tables[half:])
    method, penalty = parameters.calibration, parameters.calibration_penalty
    by_fold = fit_nested(_with_labels(inner, cells), method=method, penalty=penalty)
    moments, residual = _member_arrays(held_out, len(cells))
    overall = _fit_overall(cells, moments, inner, parameters)
    novelty = NoveltyScale.fit(residual, cells["weight"].to_numpy())
    calibration = {
        "method": method,
        "members": sorted(held_out["member"].unique().tolist()),
        "overall": overall.to_dict(),
        "by_fold": {str(fold): fitted.to_dict() for fold, fitted in sorted(by_fold.items())},
        "novelty": novelty.to_dict(),
        "training_data": members["training_data"],
        "made_with": {
            **members.get("made_with", {}),
            "uncertainty": parameters.model_dump(mode="json", exclude={"shards"}),
        },
    }
    predicted = _out_of_fold(cells, moments, by_fold)
    return calibration, predicted.assign(novelty=novelty.percentile(residual))


def describe_members(
    cells: pd.DataFrame, evidence: pd.DataFrame, evidence_stack: Raster, *bundles: MemberBundle
) -> dict[str, Any]:
    """Return what the members of the map were made from and with, and whether they read context.

    They must have been trained on the evidence, labels and folds that there are now.
    """
    Ensemble.of(bundles, device="cpu").check(evidence_stack.bands)
    digest = TrainingData.from_tables(cells, evidence, evidence_stack.bands).digest()
    require_same_data(bundles[0].header.data_digest, digest, bundles[0].name, "training")
    origins = [
        {"package_version": bundle.header.package_version, **bundle.header.provenance}
        for bundle in bundles
    ]
    names = dict.fromkeys(name for origin in origins for name in origin)
    found = {name: {origin[name] for origin in origins if name in origin} for name in names}
    told = {name: ", ".join(sorted(values)) for name, values in found.items()}
    made_with = bundles[0].header.made_with
    made_with["ensemble"]["size"] = len(bundles)
    return {
        "count": len(bundles),
        **told,
        "training_data": digest,
        **_context_read(bundles),
        "made_with": made_with,
    }


def _context_read(bundles: Sequence[MemberBundle]) -> dict[str, str | int]:
    """Return how many members, and how many of their fits without a fold, read the context."""
    headers = [bundle.header for bundle in bundles]
    if not any(band.context for band in headers[0].bands):
        return {}
    readers = sum(header.reads_context for header in headers)
    told = f"{readers} of {len(headers)} members"
    asked = [g for header in headers for name, g in header.context_gain.items() if name != MAP]
    if asked:
        helped = sum(gain > 0 for gain in asked)
        told += f", {helped} of {len(asked)} fits that left out a fold"
    return {"context_readers": readers, "context_read_by": told}


def predict_map(
    evidence_stack: Raster,
    members: dict[str, Any],
    calibration: dict[str, Any],
    grid: GridParameters,
    parameters: EnsembleParameters,
    *bundles: MemberBundle,
) -> Raster:
    """Return all maps of the ensemble as one raster, computed window by window."""
    first, now = bundles[0], members["training_data"]
    require_same_data(first.header.data_digest, now, first.name, "training")
    ensemble = CalibratedEnsemble.of(Ensemble.of(bundles, device=parameters.device), calibration)
    return ensemble.map(evidence_stack, min_coverage=grid.min_coverage)


def predict_part(
    evidence_stack: Raster,
    members: dict[str, Any],
    calibration: dict[str, Any],
    grid: GridParameters,
    parameters: EnsembleParameters,
    *bundles: MemberBundle,
    part: int,
    count: int,
) -> Raster:
    """Return one part of all maps, which reads and computes its own windows alone."""
    whole = predict_map(evidence_stack, members, calibration, grid, parameters, *bundles)
    return shard(whole, part, count)


def assemble_map(evidence_stack: Raster, *parts: Raster) -> Raster:
    """Return the maps of which these are the parts."""
    return assemble(evidence_stack.grid, parts)


def publish_maps(prediction: Raster) -> list[Raster]:
    """Return each map as a raster of its own."""
    return [prediction.select([band.name]) for band in MAPS]


def _fit_overall(
    cells: pd.DataFrame,
    moments: LogitMoments,
    inner: pd.DataFrame,
    parameters: UncertaintyParameters,
) -> LogitCalibration:
    """Return the calibration of the map, fitted to the cells that the inner folds are fitted to.

    They stand for all cells, by their weights: more background would cost time alone.
    """
    sample = inner.drop_duplicates("cell").set_index("cell")["weight"]
    rows = np.flatnonzero(cells["cell"].isin(sample.index))
    chosen = cells.iloc[rows]
    return fit_calibration(
        moments.mean[:, rows],
        moments.variance[:, rows],
        moments.latent[:, rows],
        chosen["label"].to_numpy(),
        sample.loc[chosen["cell"]].to_numpy(),
        method=parameters.calibration,
        penalty=parameters.calibration_penalty,
        folds=chosen["fold"].to_numpy(),
    )


def collect_permuted(
    cells: pd.DataFrame, calibration: dict[str, Any], *tables: pd.DataFrame
) -> pd.DataFrame:
    """Return the ensemble's held-out probabilities, intact and with each layer shuffled.

    They are those of the members' mean logit, recalibrated as the fold's own predictions are.
    """
    joined = pd.concat(tables)
    names = [name for name in joined if name == "intact" or str(name).startswith("permuted_")]
    by_cell = joined.groupby("cell", sort=True)
    logits, found = by_cell[names].mean(), by_cell[["fold", "weight"]].first()
    fitted = [calibration["by_fold"][str(fold)] for fold in found["fold"]]
    intercept, slope = (np.array([own[name] for own in fitted]) for name in ("intercept", "slope"))
    probability = expit(intercept[:, None] + slope[:, None] * logits.to_numpy(np.float64))
    table = found.join(pd.DataFrame(probability, index=logits.index, columns=names)).reset_index()
    known = cells.set_index("cell").loc[table["cell"], ["label", "deposits", "cluster"]]
    return pd.concat([table, known.reset_index(drop=True)], axis=1)


def explain_map(
    cells: pd.DataFrame,
    evidence: pd.DataFrame,
    evidence_stack: Raster,
    prediction: Raster,
    calibration: dict[str, Any],
    grid: GridParameters,
    targets: TargetParameters,
    parameters: EnsembleParameters,
    *bundles: MemberBundle,
) -> tuple[Raster, Raster]:
    """Return what each layer adds where targets may lie, and the latent components everywhere.

    Both are worked out here, before any target is known, because risk runs without torch.
    """
    ensemble = CalibratedEnsemble.of(Ensemble.of(bundles, device=parameters.device), calibration)
    mapped = as_mapped(evidence, evidence_stack)
    values = mapped[list(evidence_stack.names)].to_numpy()
    weights = cells["weight"].to_numpy(np.float64)
    background = cells["label"].to_numpy() == 0
    baseline = typical_cell(values[background], evidence_stack.bands, weights[background])
    mark = most_prospective(prediction, targets.area_share)
    thinned = slice(None, None, -(-len(cells) // LATENT_SAMPLE))
    return (
        attribution_map(ensemble, evidence_stack, mark, baseline),
        latent_map(
            ensemble,
            evidence_stack,
            values[thinned],
            weights[thinned],
            min_coverage=grid.min_coverage,
        ),
    )


def publish_latent_view(latent: Raster, cells: pd.DataFrame) -> Raster:
    """Return the first three latent components as red, green and blue, 0 to 255."""
    thinned = cells["cell"].to_numpy(np.int64)[:: -(-len(cells) // LATENT_SAMPLE)]
    return false_colours(latent, evidence_table(latent, thinned).drop(columns="cell").to_numpy())


def _with_labels(inner: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    labels = cells.set_index("cell")["label"]
    return inner.assign(label=labels.loc[inner["cell"]].to_numpy())


def _member_arrays(held_out: pd.DataFrame, cells: int) -> tuple[LogitMoments, NDArray[np.float64]]:
    """Return the moments (members, cells), and the mean residual of each cell over members."""
    arrays = {
        name: held_out[name].to_numpy(np.float64).reshape(-1, cells)
        for name in ("mean", "variance", "latent", "residual")
    }
    moments = LogitMoments.of(arrays["mean"], arrays["variance"], arrays["latent"])
    return moments, arrays["residual"].mean(axis=0)


def _out_of_fold(
    cells: pd.DataFrame, moments: LogitMoments, by_fold: dict[int, LogitCalibration]
) -> pd.DataFrame:
    """Return every uncertainty of every cell, each fold recalibrated by its own map."""
    parts = []
    folds = cells["fold"].to_numpy()
    for fold, fitted in by_fold.items():
        rows = np.flatnonzero(folds == fold)
        logits = fitted.apply(
            moments.mean[:, rows], moments.variance[:, rows], moments.latent[:, rows]
        )
        values = decompose(logits.mean, logits.variance, logits.latent).maps()
        parts.append(pd.DataFrame(values, index=rows))
    columns = ["cell", "x", "y", "fold", "label", "deposits", "cluster", "weight"]
    return cells[columns].join(pd.concat(parts).sort_index())
