"""Kedro's runner for AWS Batch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from kedro.runner import AbstractRunner
from kedro.runner.task import Task
from rich.console import Console

from mineral_prospectivity.runner.aws import Aws
from mineral_prospectivity.runner.errors import PreflightError
from mineral_prospectivity.runner.graph import Graph
from mineral_prospectivity.runner.inside import is_job
from mineral_prospectivity.runner.names import run_id_of
from mineral_prospectivity.runner.preflight import preflight
from mineral_prospectivity.runner.run import Run
from mineral_prospectivity.runner.run_context import BATCH_KIND, find_hooks
from mineral_prospectivity.runner.settings import batch_settings

if TYPE_CHECKING:
    from collections import Counter
    from concurrent.futures import Executor

    from kedro.config import OmegaConfigLoader
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node
    from pluggy import PluginManager

    from mineral_prospectivity.runner.settings import BatchSettings


class BatchRunner(AbstractRunner):
    """Runs nodes tagged for Batch as jobs, the others here, in the order the data ask for.

    Parameters
    ----------
    is_async
        Load and save the datasets of nodes that run here with threads.
    resume
        Id of a run to go on with: its finished nodes are skipped, its living jobs adopted.
    dry_run
        Check and show the plan, and submit nothing.
    fail_fast
        Overrides ``fail_fast`` of ``batch.yml``.
    """

    def __init__(
        self,
        is_async: bool = False,
        resume: str | None = None,
        dry_run: bool = False,
        fail_fast: bool | None = None,
    ) -> None:
        super().__init__(is_async=is_async)
        self._resume = resume
        self._dry_run = dry_run
        self._fail_fast = fail_fast

    def _get_executor(self, max_workers: int) -> Executor | None:  # noqa: ARG002
        return None  # nodes that run here run one after another, in this process

    def _settings(self, loader: OmegaConfigLoader) -> BatchSettings:
        settings = batch_settings(loader[BATCH_KIND])
        if self._fail_fast is None:
            return settings
        return settings.model_copy(update={"fail_fast": self._fail_fast})

    def _run(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol[Any, Any],
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
    ) -> None:
        hooks = None if hook_manager is None else find_hooks(hook_manager)
        if hooks is None or hooks.loader is None:
            msg = "BatchRunner needs BatchHooks() among the HOOKS of settings.py"
            raise PreflightError(msg)
        settings = self._settings(hooks.loader)
        graph = Graph(pipeline, settings.tag)
        if is_job() or not graph.jobs:
            super()._run(pipeline, catalog, hook_manager, run_id)
            return
        aws = Aws(settings.region)
        image = preflight(aws, settings, graph.jobs, catalog)
        run = Run(
            self._resume or run_id_of(run_id or time.strftime("%Y%m%d%H%M%S000")),
            aws=aws,
            settings=settings,
            image=image,
            pipeline=pipeline,
            catalog=catalog,
            graph=graph,
            hooks=hooks,
            console=Console(stderr=True),
        )
        if self._dry_run:
            Console(stderr=True).print(f"{run.plan()}\nnothing is submitted: this is a dry run")
            return

        def here(node: Node) -> None:
            Task(node, catalog, self._is_async, hook_manager, run_id).execute()

        def release(node: Node, loads: Counter[str]) -> None:
            self._release_datasets(node, catalog, loads, pipeline)

        run.go(hooks.loader, resume=self._resume is not None, here=here, release=release)
