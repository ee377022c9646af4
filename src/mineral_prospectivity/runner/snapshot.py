"""The configuration of a run, resolved once and read by every job and by a resuming driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from kedro.config import MissingConfigException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kedro.config import OmegaConfigLoader

    from mineral_prospectivity.runner.store import Store

FOLDER = "conf"
BASE = "base"
ENVIRONMENT = "run"
SECRET = "credentials"  # noqa: S105 - the name of the kind that is left out


def resolve(loader: OmegaConfigLoader) -> dict[str, dict[str, Any]]:
    """Return every kind of configuration with nothing left to interpolate, credentials aside.

    ``--params``, globals and environment have been applied, so that a job needs none of them.
    """
    resolved = {}
    for kind in loader.config_patterns:
        if kind == SECRET:
            continue
        try:
            resolved[kind] = dict(loader[kind])
        except MissingConfigException:
            continue
    return resolved


def write(store: Store, resolved: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a run's configuration as a Kedro configuration source with one environment."""
    for kind, values in resolved.items():
        store.put(f"{FOLDER}/{BASE}/{kind}.yml", _yaml(values))
    store.put(f"{FOLDER}/{ENVIRONMENT}/globals.yml", _yaml(resolved.get("globals", {})))


def source_of(store: Store) -> str:
    """Return what ``--conf-source`` takes to read a run's configuration."""
    return f"{store.uri}/{FOLDER}"


def _yaml(values: Mapping[str, Any]) -> bytes:
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True).encode()
