"""What happens around a run: parameters are checked, pipelines shaped, raw data fetched."""

from __future__ import annotations

import logging
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines

from mineral_prospectivity.config import ComposingConfigLoader
from mineral_prospectivity.preconditions import (
    require_device,
    require_files,
    require_made_with,
    run_here,
    warn_of_results_lost,
)
from mineral_prospectivity.runner.inside import is_job

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

logger = logging.getLogger(__name__)


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


def fetch_sources(loader: ComposingConfigLoader, project: Path) -> None:
    """Fetch what the experiment's sources.yml names, unless the raw data lie elsewhere."""
    sources = loader.optional("sources")
    if sources and "://" not in loader.raw:
        from mineral_prospectivity.datasets.fetched import fetch_experiment

        fetch_experiment(sources, project / loader.raw)
