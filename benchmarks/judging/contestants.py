"""Who is judged: the ensemble as users call it, and its peers as their users set them up."""

from __future__ import annotations

import hashlib
import inspect
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from omegaconf import OmegaConf

import mineral_prospectivity
from judging.recalibration import recalibrated
from mineral_prospectivity.geo.bands import layers_alone
from mineral_prospectivity.parameters import Parameters, validate_parameters
from mineral_prospectivity.pipelines.uncertainty.nodes import calibrate
from mineral_prospectivity.scoring.baselines import BASELINES, CONTEXT, WITHOUT_EVIDENCE
from mineral_prospectivity.scoring.baselines.boosted_trees import candidates
from mineral_prospectivity.scoring.baselines.fold import hold_out
from mineral_prospectivity.scoring.baselines.inner import Chosen, choose
from mineral_prospectivity.scoring.baselines.learners import PENALTIES, ridge_regression
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.diversity import Diversity
from mineral_prospectivity.vae.fitting import fit_ensemble

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judging.experiments import Experiment
    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.scoring.baselines.fold import Fold
    from mineral_prospectivity.scoring.baselines.inner import Learner

SOURCE = Path(mineral_prospectivity.__file__).parent
ENSEMBLE = "ensemble"
PLATT = "_platt"
OVERRIDABLE = {"model", "ensemble", "uncertainty"}
"""Groups of parameters in which a variant may differ: data, labels and folds are everybody's."""


class Outcome(NamedTuple):
    """What a contestant said of every cell by fits that never saw its fold."""

    predictions: pd.DataFrame
    """A column of probabilities a model, row by row of the cells."""
    seconds: dict[str, float]
    """CPU seconds of each model."""


@dataclass(frozen=True)
class Contestant:
    """Somebody to judge.

    Parameters
    ----------
    models
        Names of what it predicts with: one fit may serve several.
    run
        From an experiment and its cells, folds dealt, to the outcome.
    code
        Hash of the code and settings that the outcome depends on.
    """

    models: tuple[str, ...]
    run: Callable[[Experiment, pd.DataFrame], Outcome]
    code: str


@dataclass(frozen=True)
class Peer:
    """How a peer learns: the candidates of which inner folds choose, and whether Platt follows."""

    candidates: Sequence[Learner]
    platt: bool = False


PEERS = {
    "prevalence": Peer([BASELINES["prevalence"]]),
    "distance": Peer([BASELINES["distance"]]),
    "weights_of_evidence": Peer([BASELINES["weights_of_evidence"]], platt=True),
    "logistic_regression": Peer([partial(ridge_regression, c=c) for c in PENALTIES]),
    "random_forest": Peer([BASELINES["random_forest"]]),
    "lightgbm_default": Peer([BASELINES["lightgbm_default"]], platt=True),
    "lightgbm_7_leaves": Peer([BASELINES["lightgbm"]], platt=True),
    "lightgbm_tuned": Peer(candidates(), platt=True),
}


def ensemble_contestant(name: str = ENSEMBLE, overrides: Sequence[str] = ()) -> Contestant:
    """Return the default model, or a variant of it.

    Parameters
    ----------
    name
        Of its row.
    overrides
        Parameters that differ, such as ``model.latent=4``, ``model.kind=cvae`` or
        ``ensemble.diversity=clusters``.
    """
    key = code_digest("vae", "uq", "pipelines/uncertainty") + "".join(sorted(overrides))
    return Contestant((name,), partial(_run_ensemble, name, tuple(overrides)), key)


def peer_contestants(name: str, experiment: Experiment) -> list[Contestant]:
    """Return a peer by its name in `PEERS`: on the layers, and on their context where there is any.

    The ensemble's members choose between the two; of peers both are told.
    """
    peer = PEERS[name]
    key = code_digest("scoring/baselines", "uq/calibration.py") + inspect.getsource(recalibrated)
    own = layers_alone(experiment.bands)
    read = {name: own}
    if name not in WITHOUT_EVIDENCE and own != experiment.bands:
        read[name + CONTEXT] = experiment.bands
    return [
        Contestant(models, partial(_run_peer, models, peer, bands), key)
        for row, bands in read.items()
        for models in [(row, row + PLATT) if peer.platt else (row,)]
    ]


def overridden(parameters: Parameters, overrides: Sequence[str]) -> Parameters:
    """Return the parameters with some changed, each given as ``group.name=value``."""
    chosen = {name.partition(".")[0] for name in overrides}
    if chosen - OVERRIDABLE:
        raise SystemExit(
            f"--variant: {', '.join(sorted(chosen - OVERRIDABLE))} would change what all are "
            f"judged on; there are {', '.join(sorted(OVERRIDABLE))}"
        )
    base = OmegaConf.create(parameters.model_dump(mode="json", exclude_unset=True))
    merged = OmegaConf.merge(base, OmegaConf.from_dotlist(list(overrides)))
    return validate_parameters(OmegaConf.to_container(merged))


def code_digest(*parts: str) -> str:
    """Return a hash of modules and folders of the package."""
    content = hashlib.sha256()
    for part in parts:
        root = SOURCE / part
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            content.update(path.read_bytes())
    return content.hexdigest()


def _run_ensemble(
    name: str, overrides: tuple[str, ...], experiment: Experiment, cells: pd.DataFrame
) -> Outcome:
    """Train the members, calibrate them on inner folds, and take what they say out of fold."""
    parameters = overridden(experiment.parameters, overrides)
    start = time.process_time()
    data = TrainingData.from_tables(cells, experiment.evidence, experiment.bands)
    pack = fit_ensemble(
        data,
        list(range(parameters.ensemble.size)),
        settings=parameters.model,
        seed=parameters.ensemble.seed,
        folds=parameters.folds.count,
        device=parameters.ensemble.device,
        diversity=Diversity(parameters.ensemble.diversity, parameters.folds.block_size),
    )
    members = {"training_data": data.digest()}
    _, predicted = calibrate(cells, members, parameters.uncertainty, pack.out_of_fold, pack.inner)
    seconds = time.process_time() - start
    return Outcome(predicted[["probability"]].set_axis([name], axis=1), {name: seconds})


def _run_peer(
    models: Sequence[str],
    peer: Peer,
    bands: Sequence[Band],
    experiment: Experiment,
    cells: pd.DataFrame,
) -> Outcome:
    """Fit the peer fold by fold; recalibration rests on the same inner folds as its choice."""
    evidence = experiment.evidence[[band.name for band in bands]].to_numpy()
    found = pd.DataFrame(np.nan, index=cells.index, columns=list(models))
    seconds = dict.fromkeys(models, 0.0)
    for number in np.unique(cells["fold"]):
        inside = (cells["fold"] == number).to_numpy()
        fold = hold_out(int(number), evidence, bands, cells, seed=0, jobs=1)
        for model, (p, spent) in _predict(models, peer, fold).items():
            found.loc[inside, model] = p
            seconds[model] += spent
    return Outcome(found, seconds)


def _predict(models: Sequence[str], peer: Peer, fold: Fold) -> dict[str, tuple[np.ndarray, float]]:
    """Return what each model says of the held-out cells, and the CPU seconds that it took."""
    start = time.process_time()
    needs_inner = peer.platt or len(peer.candidates) > 1
    chosen = (
        choose(peer.candidates, fold) if needs_inner else Chosen(peer.candidates[0], np.empty(0))
    )
    inner = time.process_time() - start
    p = chosen.learner(fold)
    fitted = time.process_time() - start - inner
    plain = fitted + (inner if len(peer.candidates) > 1 else 0.0)
    found = {models[0]: (p, plain)}
    if peer.platt:
        again = recalibrated(chosen, fold, p)
        found[models[1]] = (again, time.process_time() - start)
    return found
