"""Questions to the ensemble's uncertainty: coverage, growth with ignorance, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mineral_prospectivity.api.ensemble import CalibratedEnsemble
from mineral_prospectivity.errors import ProspectivityError
from mineral_prospectivity.pipelines.uncertainty.nodes import calibrate
from mineral_prospectivity.scoring.coverage import interval_coverage
from mineral_prospectivity.scoring.likelihood import negative_log_likelihood
from mineral_prospectivity.scoring.ranking import roc_auc
from mineral_prospectivity.scoring.selective import spearman
from mineral_prospectivity.scoring.validity.dispersion import block_dispersion
from mineral_prospectivity.uq.calibration import LogitCalibration
from mineral_prospectivity.uq.interval import probability_interval
from mineral_prospectivity.uq.novelty import NoveltyScale
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.diversity import Diversity
from mineral_prospectivity.vae.ensemble import Ensemble
from mineral_prospectivity.vae.fitting import fit_ensemble

if TYPE_CHECKING:
    from judging.experiments import Experiment
    from mineral_prospectivity.api.prediction import Prediction
    from mineral_prospectivity.vae.pack import Pack

LEVELS = (0.5, 0.8, 0.9, 0.95)
PARTS = 5  # of the ground: the last is never trained on, the others are a quarter each
QUARTERS = {"25": 1, "50": 2, "100": 4}
MEASURES = ("epistemic", "log_odds_sd", "novelty")
BUDGETS = (0, 60, 120, 240)
SPACING = 2000.0  # m; one new label a square of this side
FEW_MEMBERS = 3  # for the replay, which trains seven times


@dataclass(frozen=True)
class Trained:
    """An ensemble, and what it said of its training cells by fits without their fold."""

    ensemble: CalibratedEnsemble
    out_of_fold: pd.DataFrame | None

    def predict(self, evidence: np.ndarray) -> Prediction:
        return self.ensemble.predict(evidence)


def train(experiment: Experiment, cells: pd.DataFrame, *, folds: int | None = None) -> Trained:
    """Train and calibrate as users do, on some cells of an experiment."""
    parameters = experiment.parameters
    pack = _fit(experiment, cells, parameters.ensemble.size, folds or parameters.folds.count)
    ensemble = Ensemble.of(list(pack.bundles.values()), device=parameters.ensemble.device)
    calibration, held_out = calibrate(
        cells,
        {"training_data": ensemble.data_digest},
        parameters.uncertainty,
        pack.out_of_fold,
        pack.inner,
    )
    return Trained(CalibratedEnsemble.of(ensemble, calibration), held_out)


def train_quickly(experiment: Experiment, cells: pd.DataFrame) -> Trained:
    """Train few members without calibration: for comparing choices of labels."""
    pack = _fit(experiment, cells, FEW_MEMBERS, folds=2, nested=False)
    device = experiment.parameters.ensemble.device
    ensemble = Ensemble.of(list(pack.bundles.values()), device=device)
    novelty = NoveltyScale.fit(pack.out_of_fold["residual"].to_numpy(np.float64))
    return Trained(CalibratedEnsemble(ensemble, LogitCalibration(), novelty), None)


def intervals(experiment: Experiment, seed: int) -> dict[str, Any]:
    """Return coverage of p given the layers, agreement with the error, and held-out spread."""
    trained = train(experiment, experiment.deal(seed))
    outside, inside = trained.out_of_fold, trained.predict(experiment.values)
    labels = experiment.cells["label"].to_numpy(np.float64)
    squared = np.square(outside["probability"].to_numpy() - labels)
    found: dict[str, Any] = {
        "held_out_over_in_sample": {
            name: float(outside[name].mean() / getattr(inside, name).mean())
            for name in ("epistemic", "log_odds_sd")
        },
        "spearman_squared_error": spearman(outside["epistemic"], squared),
        "dispersion": _dispersion(experiment, outside),
    }
    limit = experiment.limit
    if limit is None:
        return found
    within = pd.DataFrame(
        {name: getattr(inside, name) for name in outside.columns if hasattr(inside, name)}
    )
    gap = np.abs(outside["probability"] - limit)
    logit_gap = np.abs(outside["log_odds_mean"] - np.log(limit / (1 - limit)))
    return found | {
        "coverage": {"in_sample": _coverage(within, limit), "held_out": _coverage(outside, limit)},
        "spearman_gap": spearman(outside["epistemic"], gap),
        "spearman_logit_gap": spearman(outside["log_odds_sd"], logit_gap),
    }


def learning(experiment: Experiment, seed: int, foreign: Experiment | None) -> dict[str, Any]:
    """Return how uncertainty falls with ground seen, and whether it notices odd inputs.

    All is judged on ground that no fit has seen.
    """
    part = _parts(experiment, seed)
    test = experiment.values[part == PARTS - 1]
    labels = experiment.cells["label"].to_numpy(np.float64)[part == PARTS - 1]
    curve = {}
    for share, parts in QUARTERS.items():
        trained = train(
            experiment, experiment.deal(seed, 3, experiment.cells[part < parts]), folds=3
        )
        seen = trained.predict(test)
        curve[share] = {
            "epistemic": float(seen.epistemic.mean()),
            "log_odds_sd": float(seen.log_odds_sd.mean()),
            "nll": negative_log_likelihood(labels, seen.probability),
        }
    odd = odd_inputs(experiment, test, foreign, seed)
    return {
        "curve": curve,
        "auroc": {kind: _auroc(seen, trained.predict(x)) for kind, x in odd.items()},
    }


def odd_inputs(
    experiment: Experiment, test: np.ndarray, foreign: Experiment | None, seed: int
) -> dict[str, np.ndarray]:
    """Return inputs that a model has reason to doubt, each ``(cells, bands)``.

    ``shifted``: every continuous band moved up by its range; ``scaled``: trebled about its median;
    ``permuted``: every band dealt anew over the cells, so that each is usual and together they are
    not; ``foreign``: cells of another region with the same layers.
    """
    rng = np.random.default_rng(seed)
    continuous = np.array([band.kind == "continuous" for band in experiment.bands])
    everything = experiment.values
    reach = np.nanmax(everything, axis=0) - np.nanmin(everything, axis=0)
    middle = np.nanmedian(everything, axis=0)
    found = {
        "shifted": np.where(continuous, test + reach, test),
        "scaled": np.where(continuous, middle + 3 * (test - middle), test),
        "permuted": np.column_stack([rng.permutation(column) for column in test.T]),
    }
    if foreign is not None:
        rows = rng.choice(len(foreign.cells), len(test))
        found["foreign"] = foreign.values[rows]
    return {kind: x.astype(np.float32) for kind, x in found.items()}


def replay(experiment: Experiment, seed: int) -> dict[str, Any]:
    """Return the NLL on unseen ground after labels were bought by BALD, and at random.

    The first quarter of the ground is labelled; labels of the next three are bought cell by cell.
    """
    part = _parts(experiment, seed)
    start = train_quickly(experiment, experiment.deal(seed, 2, experiment.cells[part == 0]))
    test = experiment.values[part == PARTS - 1]
    labels = experiment.cells["label"].to_numpy(np.float64)[part == PARTS - 1]
    found = {}
    for strategy in ("bald", "random"):
        trained, known = start, part == 0
        losses = [negative_log_likelihood(labels, trained.predict(test).probability)]
        for bought in np.diff(BUDGETS):
            pool = (part < PARTS - 1) & ~known
            known = known | _buy(
                experiment, trained, pool, int(bought), strategy=strategy, seed=seed
            )
            trained = train_quickly(experiment, experiment.deal(seed, 2, experiment.cells[known]))
            losses.append(negative_log_likelihood(labels, trained.predict(test).probability))
        found[strategy] = losses
    return {"budgets": list(BUDGETS), **found}


def or_absent(question: Any, **arguments: Any) -> dict[str, Any]:
    """Return the answer, or why there is none: too few deposits for a part of the ground."""
    try:
        return question(**arguments)
    except ProspectivityError as error:
        return {"absent": str(error)}


def _fit(
    experiment: Experiment, cells: pd.DataFrame, size: int, folds: int, *, nested: bool = True
) -> Pack:
    """Train members as the experiment says, but for their number and that of the folds."""
    chosen = experiment.parameters
    evidence = experiment.evidence.loc[cells.index]
    return fit_ensemble(
        TrainingData.from_tables(cells, evidence, experiment.bands),
        list(range(size)),
        settings=chosen.model,
        seed=chosen.ensemble.seed,
        folds=folds,
        device=chosen.ensemble.device,
        nested=nested,
        diversity=Diversity(chosen.ensemble.diversity, chosen.folds.block_size),
    )


def _parts(experiment: Experiment, seed: int) -> np.ndarray:
    return experiment.deal(seed, count=PARTS)["fold"].to_numpy()


def _dispersion(experiment: Experiment, outside: pd.DataFrame) -> dict[str, Any]:
    cells = experiment.cells
    return block_dispersion(
        cells["label"], outside["probability"], cells["x"], cells["y"],
        block_size=experiment.parameters.folds.block_size,
        clusters=cells["cluster"], weights=cells["weight"],
    ).to_dict()  # fmt: skip


def _coverage(seen: pd.DataFrame, limit: np.ndarray) -> dict[str, float]:
    mean = seen["log_odds_mean"].to_numpy()[None]
    variance = np.square(seen["log_odds_sd"].to_numpy())[None]
    return {
        f"{level:g}": interval_coverage(limit, *probability_interval(mean, variance, level))
        for level in LEVELS
    }


def _auroc(usual: Prediction, odd: Prediction) -> dict[str, float]:
    is_odd = np.repeat([0.0, 1.0], [len(usual.probability), len(odd.probability)])
    return {
        name: roc_auc(is_odd, np.concatenate([getattr(usual, name), getattr(odd, name)]))
        for name in MEASURES
    }


def _buy(
    experiment: Experiment,
    trained: Trained,
    pool: np.ndarray,
    count: int,
    *,
    strategy: str,
    seed: int,
) -> np.ndarray:
    """Return which cells of the pool are labelled next, apart from each other, ``(cells,)``."""
    rows = np.flatnonzero(pool)
    if strategy == "bald":
        worth = trained.predict(experiment.values[rows]).mutual_information
    else:
        worth = np.random.default_rng([seed, len(rows)]).random(len(rows))
    rows = rows[np.argsort(-worth, kind="stable")]
    square = experiment.cells[["x", "y"]].iloc[rows] // SPACING
    chosen = np.zeros(len(pool), dtype=bool)
    chosen[rows[~square.duplicated().to_numpy()][:count]] = True
    return chosen
