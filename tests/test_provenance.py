"""What a result says of its origin: in a checkout, without one, in a job."""

from __future__ import annotations

import subprocess

import pytest

from mineral_prospectivity import provenance


@pytest.fixture
def checkout(tmp_path):
    def git(*arguments):
        own = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
        command = ["git", "-C", str(tmp_path), *own, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-m", "a")
    return tmp_path, git("rev-parse", "HEAD")


def test_a_checkout_is_named_by_its_commit_and_whether_it_was_changed(checkout):
    folder, commit = checkout
    assert provenance.git_commit(folder) == commit[:12]
    (folder / "a").write_text("2")
    assert provenance.git_commit(folder) == f"{commit[:12]}-dirty"


def test_what_is_no_checkout_has_no_commit(tmp_path, monkeypatch):
    assert provenance.git_commit(tmp_path) == "unknown"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance.git_commit(tmp_path) == "unknown"


def test_an_image_knows_its_commit(monkeypatch):
    monkeypatch.setenv(provenance.GIT_COMMIT, "abc")
    assert provenance.made_from() == {"git_commit": "abc"}


def test_a_job_knows_its_image_and_what_its_driver_told_it(monkeypatch):
    monkeypatch.setenv(provenance.RUN_ID, "20260101-000000-000")
    monkeypatch.setenv(provenance.GIT_COMMIT, "abc")
    monkeypatch.setenv(provenance.DATA_HASH, "def")
    assert provenance.made_from() == {
        "run": "20260101-000000-000",
        "git_commit": "abc",
        "data_hash": "def",
    }
