"""Batch jobs as processes: states, retries, Spot reclaims, timeouts, logs, exit codes."""

from __future__ import annotations

import fnmatch
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from moto.batch import models, responses
from moto.batch.exceptions import ClientException
from moto.batch.utils import JobStatus

ENDED_NORMALLY = "Essential container in task exited"
RECLAIMED = "Host EC2 (instance i-0123456789abcdef0) terminated."
TIMED_OUT = "Job attempt duration exceeded timeout"
SEEN_BY_JOBS = ("PATH", "HOME", "LANG", "PYTHONPATH", "OMP_NUM_THREADS")
GRACE_SECONDS = 5
DESCRIBE_LIMIT = 100


def now_ms() -> int:
    return int(time.time() * 1000)


@dataclass
class World:
    """What the jobs run in, and what is done to them.

    A reclaim is ``{"job": regex of the name, "attempt": 1, "line": regex of a line of its log}``:
    the host goes when the job prints that line.
    """

    cwd: Path
    slots: int = 2
    rootfs: Path | None = None
    endpoint: str = ""
    reclaims: list[dict[str, Any]] = field(default_factory=list)
    hold: bool = False
    list_lag: float = 0.0
    any_image: bool = False
    processes: dict[int, subprocess.Popen[str]] = field(default_factory=dict)
    submissions: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.free = threading.BoundedSemaphore(self.slots)

    def kill_all(self) -> None:
        for process in list(self.processes.values()):
            end(process, signal.SIGKILL)


def end(process: subprocess.Popen[str], number: int, grace: float = GRACE_SECONDS) -> None:
    """Signal a job's whole process group, and kill it when it does not go."""
    try:
        os.killpg(process.pid, number)
        process.wait(grace)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def decision(rules: list[dict[str, str]], status: str, reason: str, code: int | None) -> str:
    """AWS's evaluateOnExit: the first rule of which every pattern matches; none: RETRY."""
    text = {"onStatusReason": status, "onReason": reason, "onExitCode": f"{code}"}
    for rule in rules:
        patterns = {key: value for key, value in rule.items() if key != "action"}
        if all(fnmatch.fnmatchcase(text[key], value) for key, value in patterns.items()):
            return rule["action"].upper()
    return "RETRY"


def log_group(job: models.Job) -> str:
    """Where the job definition sends logs; moto always takes the default group."""
    container = {
        key.lower(): value for key, value in job.job_definition.container_properties.items()
    }
    logs = {key.lower(): value for key, value in container.get("logconfiguration", {}).items()}
    return logs.get("options", {}).get("awslogs-group", job._log_group)


class Attempt:
    """One execution of a job's command."""

    def __init__(self, world: World, job: models.Job, number: int) -> None:
        self.world, self.job, self.number = world, job, number
        self.stream = f"{job.job_definition.name}/default/{job.job_id}-{number}"
        self.reclaimed = threading.Event()
        self.record: dict[str, Any] = {"startedAt": now_ms(), "container": {}}

    def execute(self) -> tuple[int | None, str, str]:
        """Return exit code, status reason and reason, as Batch would tell them."""
        job = self.job
        job._log_group = log_group(job)
        job._log_backend.ensure_log_group(job._log_group)
        job._log_backend.ensure_log_stream(job._log_group, self.stream)
        job.log_stream_name = self.stream
        self.record["container"]["logStreamName"] = self.stream
        job.attempts.append(self.record)
        process = subprocess.Popen(
            self.command(),
            cwd=self.world.cwd,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.world.processes[process.pid] = process
        job.job_started_at, job.status = datetime.now(), JobStatus.RUNNING
        pump = threading.Thread(target=self.pump, args=(process,), daemon=True)
        pump.start()
        status = self.watch(process)
        code = process.wait()
        pump.join(2)
        self.world.processes.pop(process.pid, None)
        return self.told(128 - code if code < 0 else code, status)

    def told(self, code: int, status: str) -> tuple[int | None, str, str]:
        self.record |= {"stoppedAt": now_ms(), "statusReason": status}
        if status == RECLAIMED:
            return None, status, ""
        reason = "OutOfMemoryError: Container killed due to memory usage" if code == 137 else ""
        self.record["container"] |= {"exitCode": code, **({"reason": reason} if reason else {})}
        return code, status, reason

    def watch(self, process: subprocess.Popen[str]) -> str:
        started, limit = time.monotonic(), self.job._get_attempt_duration()
        while process.poll() is None:
            time.sleep(0.02)
            if self.job.stop:
                end(process, signal.SIGTERM)
                return str(self.job.job_stopped_reason)
            if limit and time.monotonic() - started > limit:
                end(process, signal.SIGTERM)
                return TIMED_OUT
            if self.reclaimed.is_set():
                end(process, signal.SIGKILL)
                return RECLAIMED
        return ENDED_NORMALLY

    def pump(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        patterns = [
            re.compile(fault["line"])
            for fault in self.world.reclaims
            if fault["attempt"] == self.number and re.search(fault["job"], self.job.job_name)
        ]
        for line in process.stdout:
            event = {"timestamp": now_ms(), "message": line.rstrip("\n")}
            self.job._log_backend.put_log_events(self.job._log_group, self.stream, [event])
            if any(pattern.search(line) for pattern in patterns):
                self.reclaimed.set()

    def environment(self) -> dict[str, str]:
        job = self.job
        variables = {name: os.environ[name] for name in SEEN_BY_JOBS if name in os.environ}
        bin_folder = str(Path(sys.executable).parent)
        variables["PATH"] = bin_folder + os.pathsep + variables.get("PATH", "")
        definition = job.job_definition.container_properties or {}
        for source in (definition, job.container_overrides):
            variables |= {one["name"]: one["value"] for one in source.get("environment", [])}
        return variables | {
            "AWS_BATCH_JOB_ID": job.job_id,
            "AWS_BATCH_JOB_ATTEMPT": str(self.number),
            "AWS_BATCH_JQ_NAME": job.job_queue.name,
            "AWS_ENDPOINT_URL": self.world.endpoint,
            "AWS_ACCESS_KEY_ID": "job",
            "AWS_SECRET_ACCESS_KEY": "job",
        }

    def command(self) -> list[str]:
        job = self.job
        definition = job.job_definition.container_properties or {}
        command = job.container_overrides.get("command") or definition.get("command") or []
        command = job._add_parameters_to_command(command)
        if self.world.rootfs is None:
            return command
        inside = self.environment() | {"PATH": "/opt/venv/bin:/usr/bin:/bin", "HOME": "/tmp"}  # noqa: S108
        inside.pop("PYTHONPATH", None)
        assigned = [f"{name}={value}" for name, value in inside.items()]
        root = ["chroot", "--userspec=10001:10001", str(self.world.rootfs)]
        return [*root, "/usr/bin/env", "-i", "-C", "/app", *assigned, *command]


def run_job(job: models.Job, world: World) -> None:
    job.status = JobStatus.RUNNABLE
    while world.hold or not world.free.acquire(timeout=0.02):
        if world.hold:
            time.sleep(0.02)
        if job.stop:
            finish(job, ok=False, status=str(job.job_stopped_reason))
            return
    try:
        attempts(job, world)
    finally:
        world.free.release()


def attempts(job: models.Job, world: World) -> None:
    for number in itertools.count(1):
        job.status = JobStatus.STARTING
        code, status, reason = Attempt(world, job, number).execute()
        if code == 0 and status == ENDED_NORMALLY:
            finish(job, ok=True, status=status, code=0)
            return
        strategy = getattr(job, "retry_strategy", None) or job.job_definition.retry_strategy or {}
        rules, total = strategy.get("evaluateOnExit", []), int(strategy.get("attempts", 1))
        final = job.stop or status == TIMED_OUT or number == total
        if final or decision(rules, status, reason, code) == "EXIT":
            finish(job, ok=False, status=status, code=code, reason=reason)
            return
        job.status = JobStatus.RUNNABLE


def finish(
    job: models.Job, *, ok: bool, status: str, code: int | None = None, reason: str = ""
) -> None:
    job.job_stopped_at, job.job_stopped = datetime.now(), True
    job.job_stopped_reason, job.exit_code, job.container_reason = status, code, reason
    job.status = JobStatus.SUCCEEDED if ok else JobStatus.FAILED


def install(world: World) -> None:
    """Put execution, and what moto leaves out, into moto's Batch."""
    models.Job.run = lambda job: run_job(job, world)
    models.Job.terminate = terminate
    _fill_describe()
    _fill_submit(world)
    _fill_list(world)


def terminate(job: models.Job, reason: str) -> None:
    if not job.stop and not job.job_stopped:
        job.job_stopped_reason, job.stop = reason, True


def _fill_describe() -> None:
    plain, all_jobs = models.Job.describe, models.BatchBackend.describe_jobs

    def describe(job: models.Job) -> dict[str, Any]:
        told = plain(job)
        container = told.setdefault("container", {})
        overrides = job.container_overrides
        container["environment"] = overrides.get("environment", [])
        container["resourceRequirements"] = overrides.get("resourceRequirements", [])
        if job.job_stopped and job.exit_code is not None:
            container["exitCode"] = job.exit_code
        if getattr(job, "container_reason", ""):
            container["reason"] = job.container_reason
        return told

    def describe_jobs(backend: models.BatchBackend, jobs: list[str] | None) -> list[Any]:
        if jobs and len(jobs) > DESCRIBE_LIMIT:
            message = f"DescribeJobs takes at most {DESCRIBE_LIMIT} ids"
            raise ClientException(message)
        return all_jobs(backend, jobs) if jobs else []

    models.Job.describe, models.BatchBackend.describe_jobs = describe, describe_jobs


def _fill_submit(world: World) -> None:
    plain = responses.BatchResponse.submitjob

    def submit(response: responses.BatchResponse) -> str:
        answer = plain(response)
        job = response.batch_backend.get_job_by_id(json.loads(answer)["jobId"])
        job.retry_strategy = response._get_param("retryStrategy")
        world.submissions.append(json.loads(response.body))
        return answer

    responses.BatchResponse.submitjob = submit


def _fill_list(world: World) -> None:
    plain = models.BatchBackend.list_jobs

    def list_jobs(backend: models.BatchBackend, **options: Any) -> list[models.Job]:
        jobs = plain(backend, **options)
        now = datetime.now()
        return [job for job in jobs if (now - job.job_created_at).total_seconds() >= world.list_lag]

    models.BatchBackend.list_jobs = list_jobs
