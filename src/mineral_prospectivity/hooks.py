"""What happens around a run: parameters are checked, pipelines shaped, raw data fetched."""

from __future__ import annotations

import json
import logging
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines

from mineral_prospectivity.config import ComposingConfigLoader
from mineral_prospectivity.config_errors import put_there
from mineral_prospectivity.errors import OutdatedError, StorageError
from mineral_prospectivity.naming import BATCH_TAG
from mineral_prospectivity.parameters import validate_parameters
from mineral_prospectivity.runner.inside import is_job

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

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
    Record("members", "uncertainty", "training and uncertainty", _TRAINED),
    Record(
        "calibration",
        "uncertainty",
        "uncertainty",
        "the members were calibrated with other parameters",
    ),
    Record("metrics", "evaluation", "evaluation", "the scores were computed with other parameters"),
)


class ProjectHooks:
    """Check before work is spent, then bring what the run needs."""

    def __init__(self) -> None:
        self._loader: ComposingConfigLoader | None = None
        self._project = Path()
        self._started = 0.0
        self._nodes = count()
        self._total = 0

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Validate every parameter and shape the pipelines after this configuration."""
        from mineral_prospectivity import pipeline_registry

        loader = context.config_loader
        if not isinstance(loader, ComposingConfigLoader):
            return
        self._loader, self._project = loader, Path(context.project_path)
        pipeline_registry.shape_after(loader)
        pipelines.configure(pipeline_registry.__name__)

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """Say what runs, fetch its published files, and see that all that it needs is there."""
        if self._loader is not None:
            name, folder = self._loader.experiment, results_folder(self._loader)
            logger.info("experiment %s: results go to %s", name, folder)
            here = run_here(pipeline.nodes, run_params["runner"])
            require_device(self._loader["parameters"], here)
        self._started, self._nodes, self._total = time.monotonic(), count(1), len(pipeline.nodes)
        if self._loader is not None:
            warn_of_results_lost(self._loader, self._project)
        self._fetch(pipeline)
        require_files(pipeline, catalog)
        # who dispatched a job has asked this before
        if self._loader is not None and not is_job():
            require_made_with(self._loader["parameters"], pipeline, catalog)

    def _fetch(self, pipeline: Pipeline) -> None:
        """Fetch when the run reads raw layers from this disk."""
        reads_raw = any(name.startswith("layer.") for name in pipeline.inputs())
        if self._loader is not None and reads_raw:
            fetch_sources(self._loader, self._project)

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Say what is being done."""
        logger.info("%d/%d %s", next(self._nodes), self._total, node.name)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Say where the results lie, and how long they took."""
        seconds = time.monotonic() - self._started
        if self._loader is not None:
            logger.info("done in %.0f s; results are in %s", seconds, results_folder(self._loader))


def results_folder(loader: ComposingConfigLoader) -> str:
    """Return the folder or S3 prefix that reports, maps and targets of a run are written to."""
    return f"{loader.storage}/08_reporting/{loader.results}"


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


def fetch_sources(loader: ComposingConfigLoader, project: Path) -> None:
    """Fetch what the experiment's sources.yml names, unless the raw data lie elsewhere."""
    sources = loader.optional("sources")
    if sources and "://" not in loader.raw:
        from mineral_prospectivity.datasets.fetched import fetch_experiment

        fetch_experiment(sources, project / loader.raw)


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
    problems = []
    for record in RECORDS:
        made = pipelines[record.maker].all_outputs()
        read, made_anew = pipeline.inputs() & made, pipeline.all_outputs() & made
        if not read or made_anew or not catalog.exists(record.dataset):
            continue
        changed = _changed(_made_with(catalog.load(record.dataset)), now)
        if changed:
            head = f"{record.problem}. Run {record.again} again:"
            problems.append("\n".join([head, *changed]))
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
