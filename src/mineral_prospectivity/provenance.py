"""Where a result comes from: the code's commit and, in a cloud job, its run and its data."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

RUN_ID = "PROSPECTIVITY_RUN_ID"
GIT_COMMIT = "PROSPECTIVITY_GIT_COMMIT"
DATA_HASH = "PROSPECTIVITY_DATA_HASH"
"""What the driver of a run tells its jobs."""

UNKNOWN = "unknown"


def made_from() -> dict[str, str]:
    """Return what a result of this process is made from.

    In a job ``run``, ``git_commit`` and ``data_hash``, as the driver saw them: an image has no
    checkout. Elsewhere the commit of the checkout alone, so that running again gives the same.

    Examples
    --------
    >>> list(made_from())
    ['git_commit']
    """
    if RUN_ID not in os.environ:
        return {"git_commit": git_commit(Path(__file__).parent)}
    told = {"run": RUN_ID, "git_commit": GIT_COMMIT, "data_hash": DATA_HASH}
    return {name: os.environ.get(variable) or UNKNOWN for name, variable in told.items()}


def git_commit(folder: Path) -> str:
    """Return the commit of a checkout, with ``-dirty`` when files differ from it."""
    git = shutil.which("git")
    if git is None:
        return UNKNOWN
    answer = subprocess.run(  # noqa: S603 - git itself, with fixed arguments
        [git, "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or UNKNOWN
