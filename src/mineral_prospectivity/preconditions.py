"""What must be there before a run spends work: its files, its device, results made alike."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from kedro.framework.project import pipelines

from mineral_prospectivity.config_errors import put_there
from mineral_prospectivity.errors import OutdatedError, StorageError
from mineral_prospectivity.naming import BATCH_TAG
from mineral_prospectivity.parameters import validate_parameters
from mineral_prospectivity.runner.inside import is_job

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

    from mineral_prospectivity.config import ComposingConfigLoader

logger = logging.getLogger(__name__)

BATCH_RUNNER = "BatchRunner"
"""In the name of the runner that gives nodes to other machines."""

FILES_NAMED = 10
"""A message names this many files at most, so that it stays readable."""


class Record(NamedTuple):
    """What says with which parameters something was made."""

    dataset: str
    maker: str
    """The pipeline that makes it, and all that it speaks of."""
    again: str
    problem: str


_TRAINED = "the members were trained with other parameters"

RECORDS = (
    Record(
        "data_quality",
        "data_engineering",
        "data_engineering",
        "the data were made with other parameters",
    ),
    Record("member_000.bundle", "training", "training", _TRAINED),
    Record("members", "uncertainty", "training, uncertainty and evaluation", _TRAINED),
    Record(
        "calibration",
        "uncertainty",
        "uncertainty and evaluation",
        "the members were calibrated with other parameters",
    ),
    Record("metrics", "evaluation", "evaluation", "the scores were computed with other parameters"),
)


def warn_of_results_lost(loader: ComposingConfigLoader, project: Path) -> None:
    """Say when parameters of the command line write over results made without them."""
    results = project / loader.storage / "08_reporting" / loader.results
    if loader.runtime_params and (results / "data_quality.json").exists():
        logger.warning(
            "--params: the results in %s are written over. To keep both, put the parameters into "
            "an overlay: conf/<name>/parameters.yml, and conf/<name>/globals.yml with "
            "results: ${results}-<name>; then --env %s+<name>",
            results,
            loader.environment,
        )


def run_here(nodes: Iterable[Node], runner: str) -> list[Node]:
    """Return those of the nodes that a runner, by its name, gives to no other machine."""
    dispatched = BATCH_RUNNER in runner and not is_job()
    return [node for node in nodes if not (dispatched and BATCH_TAG in node.tags)]


def require_device(parameters: dict[str, Any], nodes: Iterable[Node]) -> None:
    """Refuse a run whose nodes want a device that this machine has not.

    Raises
    ------
    ConfigurationError
        Naming the device.
    """
    if any("params:ensemble" in node.inputs for node in nodes):
        from mineral_prospectivity.vae.device import choose_device

        choose_device(validate_parameters(parameters).ensemble.device)


def require_files(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
    """Refuse a run of which a file is missing that no node of it writes.

    Raises
    ------
    StorageError
        With every missing file, and where it should come from.
    """
    from mineral_prospectivity.datasets.stored_dataset import StoredDataset

    missing = []
    evidence_first = sorted(pipeline.inputs(), key=lambda name: (name == "deposits", name))
    for name in evidence_first:
        dataset = catalog.get(name)
        if isinstance(dataset, StoredDataset) and not dataset.exists():
            missing.append(f"  - {name} ({dataset.url}): {_origin(name, dataset.url)}")
    if missing:
        more = len(missing) - FILES_NAMED
        lines = missing[:FILES_NAMED] + [f"  - and {more} more"] * (more > 0)
        msg = "files that this run reads are missing:\n" + "\n".join(lines)
        raise StorageError(msg)


def require_made_with(
    parameters: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
) -> None:
    """Refuse a run on results that were made with other parameters, if it makes none anew.

    Raises
    ------
    OutdatedError
        With every parameter that differs.
    """
    now = validate_parameters(parameters).model_dump(mode="json")
    problems: list[str] = []
    told: set[str] = set()
    for record in RECORDS:
        made = pipelines[record.maker].all_outputs()
        read, made_anew = pipeline.inputs() & made, pipeline.all_outputs() & made
        if not read or made_anew or not catalog.exists(record.dataset):
            continue
        changed = _changed(_made_with(catalog.load(record.dataset)), now)
        unheard = [line for line in changed if line not in told]
        if unheard:
            head = f"{record.problem}. Run {record.again} again:"
            problems.append("\n".join([head, *unheard]))
            told.update(unheard)
    if problems:
        raise OutdatedError("\n".join(problems))


def _made_with(record: Any) -> dict[str, dict[str, Any]]:
    """Return what a document or a member bundle says; what was written before says nothing."""
    found: dict[str, dict[str, Any]] = (
        record.get("made_with", {}) if isinstance(record, dict) else record.header.made_with
    )
    return found


def _changed(made_with: dict[str, dict[str, Any]], now: dict[str, Any]) -> list[str]:
    """Return a line for each parameter that is not what it was.

    Of a model of another kind, whose parameters are others, the kind alone.
    """
    lines = []
    for group, was in made_with.items():
        own = now.get(group, {})
        names = ["kind"] if "kind" in was and own.get("kind") != was["kind"] else list(was)
        for name in names:
            path, before = f"{group}.{name}", json.dumps(was[name])
            if name not in own:
                lines.append(f"  - {path} was {before}, and is no longer a parameter")
            elif own[name] != was[name]:
                lines.append(f"  - {path} is {json.dumps(own[name])}, it was {before}")
    return lines


def _origin(name: str, url: str) -> str:
    for label, pipeline in pipelines.items():
        if label != "__default__" and name in pipeline.all_outputs():
            return f"run {label} first"
    return put_there(url)
