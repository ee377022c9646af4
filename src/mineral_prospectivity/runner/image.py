"""The image of the jobs: built and pushed by docker, podman or buildah, whichever there is."""

from __future__ import annotations

import base64
import shutil
import subprocess
from typing import TYPE_CHECKING

from mineral_prospectivity.provenance import DIRTY, UNKNOWN, git_commit
from mineral_prospectivity.runner.errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mineral_prospectivity.runner.aws import Aws

TOOLS = ("docker", "podman", "buildah")
PLATFORM = "linux/amd64"
"""Of the GPU instances; on another, such as an Apple laptop, the engine emulates it."""


def push_image(aws: Aws, project: Path, repository: str, tag: str) -> str:
    """Build the project's Dockerfile, push it, and return the image's name.

    Raises
    ------
    BatchError
        If there is no tool to build with, or a step fails.
    """
    tool = next((name for name in TOOLS if shutil.which(name)), None)
    if tool is None:
        msg = f"no tool to build an image with: install one of {', '.join(TOOLS)}"
        raise BatchError(msg)
    image = f"{repository}:{tag}"
    build = [tool, "build", "--platform", PLATFORM, "--tag", image]
    build += ["--build-arg", f"COMMIT={git_commit(project)}"]
    _run([*build, "--file", str(project / "Dockerfile"), str(project)])
    user, password = _login(aws)
    registry = repository.partition("/")[0]
    _run([tool, "login", "--username", user, "--password-stdin", registry], given=password)
    _run([tool, "push", image])
    return image


def tag_of(project: Path) -> str:
    """Return the tag of a checkout's image: its commit.

    Raises
    ------
    BatchError
        If the code is not that of a commit: a tag means one image, and can be pushed once.
    """
    commit = git_commit(project)
    if commit == UNKNOWN:
        msg = f"{project} is no git checkout to name its image after: name it with --tag"
        raise BatchError(msg)
    if commit.endswith(DIRTY):
        msg = (
            f"{project} holds changes that commit {commit.removesuffix(DIRTY)} has not, and a tag "
            "can be pushed once: commit them, or name the image with --tag"
        )
        raise BatchError(msg)
    return commit


def _login(aws: Aws) -> tuple[str, str]:
    token = aws.ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    return user, password


def _run(command: Sequence[str], given: str | None = None) -> None:
    done = subprocess.run(command, input=given, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        msg = f"`{' '.join(command[:2])}` failed with exit code {done.returncode}; see above"
        raise BatchError(msg)
