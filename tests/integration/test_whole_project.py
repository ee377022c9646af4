"""The guide's commands, as typed: the demo region on AWS gives the maps that it gives here."""

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

ROOT = Path(__file__).parents[2]
KEDRO = str(Path(sys.executable).with_name("kedro"))
SMALL = {
    "grid": {"resolution": 1000.0},
    "folds": {"count": 3},
    "model": {"steps": 30, "head_columns": 32},
    "ensemble": {"size": 2},
    "evaluation": {"bootstrap": 50, "baselines": ["prevalence", "logistic_regression"]},
}
MAPS = "data/08_reporting/demo/maps"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The project as somebody has it who has just cloned it."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("conf", "infra", "src"):
        left_out = shutil.ignore_patterns("local", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    shutil.copytree(ROOT / "data/01_raw/demo", folder / "data/01_raw/demo")
    shutil.copy(ROOT / "pyproject.toml", folder)
    make_small(folder / "conf/demo/parameters.yml")
    return folder


def make_small(path):
    parameters = yaml.safe_load(path.read_text())
    for group, values in SMALL.items():
        parameters[group] = parameters.get(group, {}) | values
    path.write_text(yaml.safe_dump(parameters))


@pytest.fixture(scope="module")
def documented(checkout):
    """The server, started as the guide says; what the guide exports."""
    command = [sys.executable, str(ROOT / "tests/integration/emulator"), "--port", "0"]
    server = subprocess.Popen(
        [*command, "--any-image"],
        cwd=checkout,
        env=os.environ | {"OMP_NUM_THREADS": "1"},  # as below: more threads sum otherwise
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    yield {
        "AWS_ENDPOINT_URL": server.stdout.readline().split()[-1],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "here",
        "AWS_SECRET_ACCESS_KEY": "here",
    }
    server.terminate()
    server.wait(10)


def kedro(checkout, *arguments, **variables):
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [KEDRO, *arguments],
        cwd=checkout,
        env=plain | {"DO_NOT_TRACK": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "200"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def maps_of(folder):
    found = {}
    for path in sorted(folder.glob("*.tif")):
        with rasterio.open(path) as raster:
            found[path.stem] = raster.read().astype(float)
    return found


def test_maps_from_aws_equal_those_from_here(checkout, documented, tmp_path):
    kedro(checkout, "run")

    kedro(checkout, "infra", "deploy", "--yes", **documented)
    kedro(checkout, "infra", "push-data", **documented)
    run = ("run", "--env", "aws")
    kedro(checkout, *run, "--pipelines", "data_engineering", **documented)
    training = kedro(checkout, *run, "--pipeline", "training", **documented)
    kedro(checkout, *run, "--pipelines", "uncertainty,evaluation,risk", **documented)

    assert "2 nodes (training.train_member_000, training.train_member_001) as jobs" in training
    assert "done 2 of 2" in training
    here, there = maps_of(checkout / MAPS), maps_of(download(checkout, documented, tmp_path))
    assert len(here) >= 9
    assert here.keys() == there.keys()
    for name, values in here.items():
        np.testing.assert_allclose(there[name], values, rtol=0, atol=1e-5, err_msg=name)


def download(checkout, documented, tmp_path):
    import boto3

    root = re.search(r"Root: s3://([^/]+)/(\S+)", (checkout / "conf/local/stack.yml").read_text())
    assert root is not None
    s3 = boto3.client(
        "s3",
        endpoint_url=documented["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="here",
        aws_secret_access_key="here",  # noqa: S106
    )
    listed = s3.list_objects_v2(Bucket=root[1], Prefix=f"{root[2]}/{MAPS}/")["Contents"]
    for one in listed:
        s3.download_file(root[1], one["Key"], str(tmp_path / Path(one["Key"]).name))
    return tmp_path
