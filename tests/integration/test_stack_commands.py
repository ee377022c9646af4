"""From an empty account to an ensemble and back, with the commands as they are typed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml

from mineral_prospectivity.provenance import git_commit

ROOT = Path(__file__).parents[2]
FAKE_DOCKER = """#!/bin/sh
echo "docker $*" >> "$DOCKER_LOG"
case "$1" in login) cat > /dev/null;; esac
"""
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 1,
            "digest": f"sha256:{'0' * 64}",
        },
        "layers": [],
    }
)


@pytest.fixture
def account(project, emulator):
    """A project with the template; its stack is torn down."""
    shutil.copytree(ROOT / "infra", project / "infra", dirs_exist_ok=True)
    yield project
    shutil.rmtree(project / "infra")
    shutil.rmtree(project / "conf" / "local", ignore_errors=True)


@pytest.fixture
def docker(tmp_path):
    """A docker that only says what it was asked."""
    tool = tmp_path / "bin" / "docker"
    tool.parent.mkdir()
    tool.write_text(FAKE_DOCKER)
    tool.chmod(0o755)
    return tool


def test_from_deployment_to_an_ensemble(account, drive, emulator, docker, here):
    run = ("run", "--env", "stack", "--params", "members=1")
    before = drive(*run)
    assert before.end() == 1
    assert "no AWS stack is known here: conf/local/stack.yml has no 'Root'" in before.text

    deploy = drive("infra", "deploy", "--stack", "ensemble", "--yes")
    assert deploy.end() == 0, deploy.text
    assert "+ Bucket (AWS::S3::Bucket)" in deploy.text
    assert "stack ensemble stands; its names are in conf/local/stack.yml" in deploy.text
    outputs = yaml.safe_load((account / "conf/local/stack.yml").read_text())
    bucket = outputs["Root"].split("/")[2]

    early = drive(*run)
    assert early.end() == 1
    assert "is not in the registry; push it: `kedro infra push-image`" in early.text

    path = f"{docker.parent}:/usr/bin:/bin"
    log = docker.parent / "log"
    emulator.client("ecr").put_image(
        repositoryName="ensemble", imageTag="abc", imageManifest=MANIFEST
    )
    push = drive(
        *("infra", "push-image", "--stack", "ensemble", "--tag", "abc", "--yes"),
        PATH=path,
        DOCKER_LOG=str(log),
    )
    assert push.end() == 0, push.text
    steps = [line.split()[:2] for line in log.read_text().splitlines()]
    assert steps == [["docker", "build"], ["docker", "login"], ["docker", "push"]]
    assert f"--build-arg COMMIT={git_commit(account)} " in log.read_text()
    assert f"pushed {outputs['Repository']}:abc" in push.text

    (account / "data" / "01_raw").mkdir(parents=True, exist_ok=True)
    layer = account / "data" / "01_raw" / "layer.txt"
    layer.write_text("copper")
    os.utime(layer, (0, 0))  # S3 tells whole seconds: what is as young is sent again
    for expected in ("1 files copied", "0 files copied"):
        data = drive("infra", "push-data", "--stack", "ensemble")
        assert data.end() == 0, data.text
        assert expected in data.text
    assert emulator.read(bucket, "prospectivity/data/01_raw/layer.txt") == b"copper"

    after = drive(*run)
    assert after.end() == 0, after.text
    mean = json.loads(emulator.read(bucket, "prospectivity/data/mean.json"))["mean"]
    assert mean == here(1)
    logs = drive("batch", "logs", after.run_id, "member_000", "--env", "stack", "-n", "40")
    assert logs.end() == 0
    assert "step 12 done" in logs.text

    status = drive("infra", "status", "--stack", "ensemble")
    assert status.end() == 0
    assert "stack ensemble: UPDATE_COMPLETE" in status.text


def test_a_stack_that_is_not_there(account, drive):
    for command in ("status", "destroy"):
        driver = drive("infra", command, "--stack", "nothing")
        assert driver.end() == 1
        assert "there is no stack 'nothing' in us-east-1: kedro infra deploy" in driver.text


def test_a_parameter_must_have_a_value(account, drive):
    driver = drive("infra", "deploy", "--set", "MonthlyBudget")
    assert driver.end() == 2
    assert "--set MonthlyBudget: give NAME=VALUE" in driver.text


def test_nothing_changes_without_a_yes(account, drive, emulator):
    buckets = len(emulator.client("s3").list_buckets()["Buckets"])
    driver = drive("infra", "deploy", "--stack", "declined")
    assert driver.end() == 1
    assert "+ Queue (AWS::Batch::JobQueue)" in driver.text
    assert len(emulator.client("s3").list_buckets()["Buckets"]) == buckets
