"""From ``--env`` to what its ``batch.yml`` says, without a session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader
from kedro.framework.project import settings
from kedro.utils import find_kedro_project

from mineral_prospectivity.runner.errors import PreflightError
from mineral_prospectivity.runner.run_context import BATCH_KIND, know_batch
from mineral_prospectivity.runner.settings import BatchSettings, batch_settings


def project_path() -> Path:
    """Return the root of the Kedro project around the working directory."""
    return Path(find_kedro_project(Path.cwd()) or Path.cwd())


def load(
    env: str | None, conf_source: str | None = None, params: dict[str, Any] | None = None
) -> OmegaConfigLoader:
    """Return the loader that a session of this environment would have."""
    loader: OmegaConfigLoader = settings.CONFIG_LOADER_CLASS(
        conf_source=conf_source or str(project_path() / settings.CONF_SOURCE),
        env=env or os.environ.get("KEDRO_ENV"),
        runtime_params=params,
        **settings.CONFIG_LOADER_ARGS,
    )
    return know_batch(loader)


def has_batch(loader: OmegaConfigLoader) -> bool:
    """Say whether the environment has a ``batch.yml``."""
    try:
        return bool(loader[BATCH_KIND])
    except MissingConfigException:
        return False


def settings_of(env: str | None) -> BatchSettings:
    """Return the Batch settings of an environment.

    Raises
    ------
    PreflightError
        If the environment has no ``batch.yml``, or one that cannot be used.
    """
    loader = load(env)
    if not has_batch(loader):
        msg = (
            f"environment {env!r} has no batch.yml; name one that has: --env aws, or set KEDRO_ENV"
        )
        raise PreflightError(msg)
    return batch_settings(loader[BATCH_KIND])
