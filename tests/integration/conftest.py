"""A server with executing Batch jobs, and a small Kedro project whose members run on it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

collect_ignore = ["emulator", "project"]
HERE = Path(__file__).parent
REGION = "us-east-1"
QUEUE, DEFINITION = "members", "member"
KEDRO = str(Path(sys.executable).with_name("kedro"))
STORY_SECONDS = 120.0


@dataclass
class Emulator:
    """The server, and what it is told to do to those who call it."""

    endpoint: str
    process: subprocess.Popen[str]

    def tell(self, **changes: Any) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310
            f"{self.endpoint}/_emulator", json.dumps(changes).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the emulator
            return json.load(answer)

    def state(self) -> dict[str, Any]:
        return self.tell()

    def calls(self, pattern: str) -> int:
        calls = self.state()["calls"]
        return sum(count for call, count in calls.items() if re.search(pattern, call))

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106
        )

    def jobs(self, run_id: str) -> list[dict[str, Any]]:
        listed = self.client("batch").list_jobs(
            jobQueue=QUEUE, filters=[{"name": "JOB_NAME", "values": [f"{run_id}-*"]}]
        )["jobSummaryList"]
        ids = [job["jobId"] for job in listed]
        return self.client("batch").describe_jobs(jobs=ids)["jobs"] if ids else []

    def objects(self, bucket: str, prefix: str = "") -> list[str]:
        answer = self.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [one["Key"] for one in answer.get("Contents", [])]

    def read(self, bucket: str, key: str) -> bytes:
        return self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Kedro project of numpy members."""
    folder = tmp_path_factory.mktemp("members") / "project"
    shutil.copytree(HERE / "project", folder)
    return folder


def environment(emulator: Emulator, **more: str) -> dict[str, str]:
    """What a driver sees: the server as AWS, and credentials it accepts."""
    seen = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return seen | {
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "driver",
        "AWS_SECRET_ACCESS_KEY": "driver",
        "DO_NOT_TRACK": "1",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "200",
        **more,
    }


@pytest.fixture(scope="session")
def start_emulator() -> Iterator[Callable[..., Emulator]]:
    """Start servers, whose jobs run in a project; they end with the session."""
    started: list[subprocess.Popen[str]] = []

    def start(project: Path, *options: str) -> Emulator:
        command = [sys.executable, str(HERE / "emulator"), "--port", "0", "--cwd", str(project)]
        process = subprocess.Popen(
            [*command, *options],
            env=os.environ | {"OMP_NUM_THREADS": "1"},  # as drivers: more threads sum otherwise
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return Emulator(process.stdout.readline().split()[-1], process)

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def server(project: Path, start_emulator: Callable[..., Emulator]) -> Emulator:
    """The emulator, with a queue and a job definition, for all tests of this folder."""
    emulator = start_emulator(project)
    make_queue(emulator)
    return emulator


def make_queue(emulator: Emulator) -> None:
    iam, ec2, batch = (emulator.client(name) for name in ("iam", "ec2", "batch"))
    role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="batch")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    resources = {
        "type": "EC2",
        "minvCpus": 0,
        "maxvCpus": 8,
        "instanceTypes": ["c5.large"],
        "subnets": [subnet],
        "securityGroupIds": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
        "instanceRole": "arn:aws:iam::123456789012:instance-profile/batch",
    }
    batch.create_compute_environment(
        computeEnvironmentName="here",
        type="MANAGED",
        state="ENABLED",
        computeResources=resources,
        serviceRole=role,
    )
    order = [{"order": 1, "computeEnvironment": "here"}]
    batch.create_job_queue(
        jobQueueName=QUEUE, state="ENABLED", priority=1, computeEnvironmentOrder=order
    )
    batch.register_job_definition(
        jobDefinitionName=DEFINITION,
        type="container",
        containerProperties={"image": "public/image", "vcpus": 1, "memory": 512, "command": []},
    )


@pytest.fixture
def emulator(server: Emulator) -> Iterator[Emulator]:
    """The emulator without faults and without memory of other tests' calls."""
    server.tell(rules=[], reclaims=[], hold=False, list_lag=0.0, forget=True)
    yield server
    server.tell(rules=[], reclaims=[], hold=False, list_lag=0.0)


@pytest.fixture
def bucket(emulator: Emulator) -> str:
    """A bucket of its own."""
    name = f"members-{uuid.uuid4().hex[:12]}"
    emulator.client("s3").create_bucket(Bucket=name)
    return name


class Driver:
    """A ``kedro`` process, as a person starts it, whose output can be waited for."""

    def __init__(self, project: Path, env: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [KEDRO, *arguments],
            cwd=project,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell's background job ignores SIGINT; a person's terminal does not.
            preexec_fn=lambda: signal.signal(  # noqa: PLW1509
                signal.SIGINT, signal.default_int_handler
            ),
        )
        self.lines: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def until(self, pattern: str) -> re.Match[str]:
        """Read on until a line matches."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found
        message = f"the driver ended before {pattern!r}:\n{self.text}"
        raise AssertionError(message)

    def end(self) -> int:
        """Read to the end and return the exit code."""
        assert self.process.stdout is not None
        self.lines += self.process.stdout.readlines()
        return self.process.wait(STORY_SECONDS)

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    @property
    def run_id(self) -> str:
        found = re.search(r"run (\d{8}-\d{6}-\d{3})", self.text)
        assert found, self.text
        return found[1]


@pytest.fixture
def drive(project: Path, emulator: Emulator, bucket: str) -> Iterator[Callable[..., Driver]]:
    """Start drivers; whatever still runs at the end of the test is killed."""
    drivers: list[Driver] = []

    def start(*arguments: str, **variables: str) -> Driver:
        env = environment(emulator, MEMBERS_BUCKET=bucket, **variables)
        drivers.append(Driver(project, env, *arguments))
        return drivers[-1]

    yield start
    for driver in drivers:
        if driver.process.poll() is None:
            driver.process.kill()
        driver.process.wait()


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 30.0) -> Any:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    message = f"waited {seconds:g} s in vain for {what}"
    raise AssertionError(message)


@pytest.fixture(name="wait_for")
def _wait_for() -> Callable[..., Any]:
    return wait_for


@pytest.fixture(scope="session")
def here(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[float]]:
    """Run members in this process, undisturbed, and return their mean."""
    known: dict[tuple[int, int], list[float]] = {}

    def mean(members: int, steps: int = 12) -> list[float]:
        if (members, steps) not in known:
            alone = tmp_path_factory.mktemp("here") / "project"
            shutil.copytree(HERE / "project", alone)
            env = os.environ | {"DO_NOT_TRACK": "1", "OMP_NUM_THREADS": "1"}
            command = [KEDRO, "run", "--params", f"members={members},steps={steps}"]
            subprocess.run(command, cwd=alone, env=env, check=True, capture_output=True)
            known[members, steps] = json.loads((alone / "data/mean.json").read_text())["mean"]
        return known[members, steps]

    return mean
