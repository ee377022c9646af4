"""What Kedro does not hand to a runner: configuration, environment, parameters of the run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from kedro.framework.hooks import hook_impl

from mineral_prospectivity.runner.inside import leave_done_mark

if TYPE_CHECKING:
    from pathlib import Path

    from kedro.config import OmegaConfigLoader
    from kedro.framework.context import KedroContext
    from pluggy import PluginManager

BATCH_KIND = "batch"


class BatchHooks:
    """Keeps the context for `BatchRunner`; inside a job, marks its nodes as done.

    Add an instance to ``HOOKS`` in ``settings.py``.
    """

    def __init__(self) -> None:
        self.loader: OmegaConfigLoader | None = None
        self.project: Path | None = None
        self.run_params: dict[str, Any] = {}
        self._started = time.time()

    @property
    def results(self) -> str:
        """Name of the folder that the run writes to, empty where the globals have none."""
        return "" if self.loader is None else str(self.loader["globals"].get("results", ""))

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep the loader, which knows everything that the environment says."""
        self.loader = know_batch(cast("OmegaConfigLoader", context.config_loader))
        self.project = context.project_path
        self._started = time.time()

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Keep what the command asked for."""
        self.run_params = run_params

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Mark a job's nodes as done; elsewhere this does nothing."""
        leave_done_mark(self._started)


def know_batch(loader: OmegaConfigLoader) -> OmegaConfigLoader:
    """Teach a loader where ``batch.yml`` is, if its settings do not."""
    loader.config_patterns.setdefault(BATCH_KIND, ["batch*"])
    return loader


def find_hooks(hook_manager: PluginManager) -> BatchHooks | None:
    """Return the `BatchHooks` of a session."""
    plugins = hook_manager.get_plugins()
    return next((plugin for plugin in plugins if isinstance(plugin, BatchHooks)), None)
