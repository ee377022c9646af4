"""Where a result comes from: the code's commit and, in a cloud job, its run and its data."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

RUN_ID = "PROSPECTIVITY_RUN_ID"
DATA_HASH = "PROSPECTIVITY_DATA_HASH"
"""What the driver of a run tells its jobs."""

GIT_COMMIT = "PROSPECTIVITY_GIT_COMMIT"
"""What an image, which has no checkout, says of its code."""

UNKNOWN = "unknown"
DIRTY = "-dirty"


def made_from() -> dict[str, str]:
    """Return what a result of this process is made from.

    The commit of the code that runs; in a job also ``run`` and ``data_hash``, as its driver told
    them. Elsewhere the commit alone, so that running again gives the same.

    Examples
    --------
    >>> list(made_from())
    ['git_commit']
    """
    code = {"git_commit": code_commit()}
    if RUN_ID not in os.environ:
        return code
    data = os.environ.get(DATA_HASH) or UNKNOWN
    return {"run": os.environ[RUN_ID], **code, "data_hash": data}


def code_commit() -> str:
    """Return the commit of the code that runs: the image's word, or that of its checkout."""
    return os.environ.get(GIT_COMMIT) or git_commit(Path(__file__).parent)


def git_commit(folder: Path) -> str:
    """Return the commit of a checkout, with ``-dirty`` when files differ from it."""
    git = shutil.which("git")
    if git is None:
        return UNKNOWN
    answer = subprocess.run(  # noqa: S603 - git itself, with fixed arguments
        [
            git,
            "-C",
            str(folder),
            "describe",
            "--always",
            f"--dirty={DIRTY}",
            "--abbrev=12",
            "--exclude=*",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or UNKNOWN
