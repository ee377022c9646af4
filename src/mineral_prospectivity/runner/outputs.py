"""What the deployed stack is called: ``${stack:Queue}`` in ``conf/aws`` asks here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from kedro.utils import find_kedro_project

from mineral_prospectivity.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "conf/local/stack.yml"
PREFIX = "PROSPECTIVITY_"


def output_file(project: Path | None = None) -> Path:
    """Return the file, which git ignores, that a deployment leaves its outputs in."""
    return (project or Path(find_kedro_project(Path.cwd()) or Path.cwd())) / FILE


def stack_output(name: str) -> str:
    """Return an output of the stack: Root, Queue, Definition, LogGroup or Repository.

    The environment variable ``PROSPECTIVITY_<NAME>`` wins over what the last deployment left.

    Raises
    ------
    ConfigurationError
        If neither knows.
    """
    variable = PREFIX + name.upper()
    if variable in os.environ:
        return os.environ[variable]
    file = output_file()
    known = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if name not in known:
        msg = (
            f"no AWS stack is known here: {FILE} has no {name!r}. Deploy one with "
            f"`kedro infra deploy` (or `kedro infra status`, where it is deployed already), or set "
            f"{variable}"
        )
        raise ConfigurationError(msg)
    return str(known[name])


def keep_outputs(outputs: Mapping[str, str], project: Path | None = None) -> Path:
    """Write the outputs of a stack where `stack_output` looks, and return the file."""
    file = output_file(project)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(dict(outputs)), encoding="utf-8")
    return file
