"""The guide's commands, as typed: the demo region on AWS gives what it gives here.

On the way Spot takes the machine of a member in the midst of its training.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import yaml

from mineral_prospectivity.vae.bundle import MemberBundle

ROOT = Path(__file__).parents[2]
KEDRO = str(Path(sys.executable).with_name("kedro"))
SMALL = {
    "grid": {"resolution": 1000.0},
    "folds": {"count": 3},
    "model": {"steps": 30, "head_columns": 32, "head_background": 500},
    "ensemble": {"size": 2},
    "evaluation": {"bootstrap": 50, "baselines": ["prevalence"]},
}
LAYERS = ("magnetics", "potassium", "lithology", "faults")
REPORTING = "data/08_reporting/demo"
MAPS = f"{REPORTING}/maps"
MODELS = "data/06_models/demo"
RUN_ID = re.compile(r"run (\d{8}-\d{6}-\d{3})")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The project as somebody has it who has just cloned it, with a smaller demo region."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("conf", "infra", "src"):
        left_out = shutil.ignore_patterns("local", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    shutil.copytree(ROOT / "data/01_raw/demo", folder / "data/01_raw/demo")
    shutil.copy(ROOT / "pyproject.toml", folder)
    change(folder / "conf/demo/parameters.yml", **SMALL)
    change(folder / "conf/aws/parameters.yml", uncertainty={"shards": 2})
    change(folder / "conf/base/catalog_training.yml", **{"{pack}.checkpoint": {"every": 0}})
    keep_layers(folder / "conf/demo/catalog_layers.yml")
    return folder


def change(path, **groups):
    content = yaml.safe_load(path.read_text())
    for group, values in groups.items():
        content[group] = content.get(group, {}) | values
    path.write_text(yaml.safe_dump(content))


def keep_layers(path):
    catalog = yaml.safe_load(path.read_text())
    kept = {f"layer.{name}" for name in LAYERS}
    left = {k: v for k, v in catalog.items() if not k.startswith("layer.") or k in kept}
    path.write_text(yaml.safe_dump(left, sort_keys=False))


@pytest.fixture(scope="module")
def documented(checkout, start_emulator):
    """The server, started as the guide says."""
    return start_emulator(checkout, "--any-image")


def begin(checkout, *arguments, **variables):
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.Popen(
        [KEDRO, *arguments],
        cwd=checkout,
        env=plain | {"DO_NOT_TRACK": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "200"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end(process):
    text, _ = process.communicate()
    assert process.returncode == 0, text
    return text


def test_the_demo_region_on_aws_is_what_it_is_here(checkout, documented, tmp_path):
    exported = {
        "AWS_ENDPOINT_URL": documented.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "here",
        "AWS_SECRET_ACCESS_KEY": "here",
    }

    def kedro(*arguments):
        return end(begin(checkout, *arguments, **exported))

    local = begin(checkout, "run")  # meanwhile
    kept = "the state of the training is kept"
    documented.tell(reclaims=[{"job": "train_member_001", "attempt": 1, "line": kept}])
    kedro("infra", "deploy", "--yes")
    kedro("infra", "push-data")
    run = ("run", "--env", "aws")
    kedro(*run, "--pipelines", "data_engineering")
    training = kedro(*run, "--pipeline", "training")
    rest = kedro(*run, "--pipelines", "uncertainty,evaluation,risk")
    end(local)

    assert "2 nodes (training.train_member_000, training.train_member_001) as jobs" in training
    assert "done 2 of 2, reclaimed 1" in training
    assert "2 nodes (uncertainty.predict_part_000, uncertainty.predict_part_001) as jobs" in rest
    there = download(checkout, documented, tmp_path)
    run_id = RUN_ID.search(training)[1]
    expect_resumed(documented, run_id)
    expect_same_members(checkout / MODELS, there / MODELS, run_id)
    expect_same_maps(checkout / MAPS, there / MAPS)
    assert run_id in (there / REPORTING / "report.html").read_text()
    assert "demo.qgz" in files_of(there / REPORTING)
    assert files_of(checkout / REPORTING) == files_of(there / REPORTING)


def expect_resumed(emulator, run_id):
    batch = emulator.client("batch")
    listed = batch.list_jobs(
        jobQueue=batch.describe_job_queues()["jobQueues"][0]["jobQueueName"],
        filters=[{"name": "JOB_NAME", "values": [f"{run_id}-*"]}],
    )["jobSummaryList"]
    ids = [job["jobId"] for job in listed if "train_member_001" in job["jobName"]]
    [job] = batch.describe_jobs(jobs=ids)["jobs"]
    assert [one["statusReason"][:8] for one in job["attempts"]] == ["Host EC2", "Essentia"]
    group = emulator.client("logs").describe_log_groups()["logGroups"][0]["logGroupName"]
    events = emulator.client("logs").get_log_events(
        logGroupName=group, logStreamName=job["container"]["logStreamName"]
    )["events"]
    assert any("training goes on from the state in s3://" in one["message"] for one in events)


def expect_same_members(here, there, run_id):
    paths = sorted(here.glob("*.safetensors"))
    assert len(paths) == 2
    for path in paths:
        mine, theirs = (MemberBundle.load(folder / path.name) for folder in (here, there))
        assert theirs.header.provenance["run"] == run_id
        assert set(theirs.header.provenance) == {"run", "git_commit", "data_hash"}
        assert theirs.made_from(mine.header.provenance).to_bytes() == path.read_bytes()


def expect_same_maps(here, there):
    names = sorted(path.name for path in here.glob("*.tif"))
    assert len(names) >= 9
    assert names == sorted(path.name for path in there.glob("*.tif"))
    for name in names:
        with rasterio.open(here / name) as mine, rasterio.open(there / name) as theirs:
            values = mine.read().astype(float), theirs.read().astype(float)
        np.testing.assert_allclose(*values, rtol=0, atol=1e-5, err_msg=name)


def download(checkout, emulator, folder):
    outputs = yaml.safe_load((checkout / "conf/local/stack.yml").read_text())
    bucket, _, prefix = outputs["Root"].removeprefix("s3://").partition("/")
    for key in emulator.objects(bucket, f"{prefix}/data/0"):
        path = folder / key.removeprefix(f"{prefix}/")
        if path.parts[len(folder.parts) + 1] in {"06_models", "08_reporting"}:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(emulator.read(bucket, key))
    return folder


def files_of(folder):
    """Names of all files but the timings, of which there is one a node: a job more, a file more."""
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in names if not name.startswith("timings/")}
