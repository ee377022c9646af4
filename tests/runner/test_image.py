"""What an image may be called."""

from __future__ import annotations

import subprocess

import pytest

from mineral_prospectivity.runner.errors import BatchError
from mineral_prospectivity.runner.image import tag_of


@pytest.fixture
def checkout(tmp_path):
    """A checkout with one commit."""
    own = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init"], [*own, "commit", "--allow-empty", "-m", "a"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True, capture_output=True)
    return tmp_path


def test_an_image_is_named_after_a_commit_that_is_all_of_its_code(checkout):
    commit = tag_of(checkout)
    assert len(commit) == 12
    (checkout / "node.py").write_text("")
    subprocess.run(["git", "-C", str(checkout), "add", "node.py"], check=True)
    with pytest.raises(BatchError, match=f"changes that commit {commit} has not.*with --tag"):
        tag_of(checkout)


def test_what_is_no_checkout_needs_a_name(tmp_path):
    with pytest.raises(BatchError, match=r"is no git checkout to name its image after.*--tag"):
        tag_of(tmp_path)
