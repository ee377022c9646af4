"""What happens around a run: parameters are checked, pipelines shaped, raw data fetched."""

from __future__ import annotations

import json
import logging
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines

from mineral_prospectivity.config import ComposingConfigLoader
from mineral_prospectivity.config_errors import put_there
from mineral_prospectivity.errors import OutdatedError, StorageError
from mineral_prospectivity.parameters import validate_parameters

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

logger = logging.getLogger(__name__)

FILES_NAMED = 10
"""A message names this many files at most, so that it stays readable."""


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
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """Fetch the experiment's published files, and see that all files of the run are there."""
        self._started, self._nodes, self._total = time.monotonic(), count(1), len(pipeline.nodes)
        if self._loader is not None:
            warn_of_results_lost(self._loader, self._project)
        self._fetch(pipeline)
        require_files(pipeline, catalog)
        if self._loader is not None:
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
            folder = f"{self._loader.storage}/08_reporting/{self._loader.results}"
            logger.info("done in %.0f s; results are in %s", seconds, folder)


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
    """Refuse a run on data that were made with other parameters, if it does not make them anew.

    Raises
    ------
    OutdatedError
        With every parameter that differs.
    """
    made_anew = pipelines["data_engineering"].all_outputs() & pipeline.all_outputs()
    if made_anew or "data_quality" not in catalog or not catalog.exists("data_quality"):
        return
    made_with = catalog.load("data_quality").get("made_with", {})
    now = validate_parameters(parameters).model_dump(mode="json")
    changed = [
        f"  - {group}.{name} is {json.dumps(now[group][name])}, it was {json.dumps(value)}"
        for group, values in made_with.items()
        for name, value in values.items()
        if now[group].get(name) != value
    ]
    if changed:
        lines = "\n".join(changed)
        msg = f"the data were made with other parameters. Run data_engineering again:\n{lines}"
        raise OutdatedError(msg)


def _origin(name: str, url: str) -> str:
    for label, pipeline in pipelines.items():
        if label != "__default__" and name in pipeline.all_outputs():
            return f"run {label} first"
    return put_there(url)
