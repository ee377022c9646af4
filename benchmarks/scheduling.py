"""A thousand members as jobs: calls to AWS, the driver's CPU, and what it adds after the last job.

    python benchmarks/scheduling.py [--members 1000] [--seconds 60] [--spread 30]

The driver is the real one, over HTTP; the API is a stub in another process, whose jobs only let
time pass. Beside it stands what Kedro's documented AWSBatchRunner asks for the same jobs: one
DescribeJobs a job a second, from submission to end (computed from the stub's own times).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from rich.console import Console
from rich.table import Table

READY = "ready"


class Api:
    """Batch and S3, as much as a driver asks of them."""

    def __init__(self, seconds: float, spread: float) -> None:
        self.seconds, self.spread = seconds, spread
        self.random = random.Random(0)  # noqa: S311 - durations
        self.jobs: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, bytes] = {}
        self.calls: dict[str, int] = {}
        self.lock = threading.Lock()

    def submitjob(self, asked: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            job = f"job-{len(self.jobs):06}"
            duration = self.seconds + self.random.uniform(0, self.spread)
            now = time.time()
            self.jobs[job] = {"name": asked["jobName"], "start": now, "end": now + duration}
        return {"jobId": job, "jobName": asked["jobName"]}

    def describejobs(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert len(asked["jobs"]) <= 100  # noqa: S101 - AWS's limit
        return {"jobs": [self.detail(job) for job in asked["jobs"]]}

    def listjobs(self, asked: dict[str, Any]) -> dict[str, Any]:
        del asked
        return {"jobSummaryList": []}

    def detail(self, job_id: str) -> dict[str, Any]:
        job = self.jobs[job_id]
        done = time.time() >= job["end"]
        start, end = round(job["start"] * 1000), round(job["end"] * 1000)
        detail = {
            "jobId": job_id,
            "jobName": job["name"],
            "status": "SUCCEEDED" if done else "RUNNING",
            "jobQueue": "queue",
            "jobDefinition": "definition",
            "startedAt": start,
            "container": {"environment": [{"name": f"V{n}", "value": "x" * 40} for n in range(12)]},
            "attempts": [],
        }
        if done:
            detail["attempts"] = [{"startedAt": start, "stoppedAt": end, "container": {}}]
        return detail

    def summary(self) -> dict[str, Any]:
        now = time.time()
        return {
            "calls": self.calls,
            "first_start": min(job["start"] for job in self.jobs.values()),
            "last_start": max(job["start"] for job in self.jobs.values()),
            "first_end": min(job["end"] for job in self.jobs.values()),
            "last_end": max(job["end"] for job in self.jobs.values()),
            "job_seconds": sum(min(now, j["end"]) - j["start"] for j in self.jobs.values()),
        }


class Handler(BaseHTTPRequestHandler):
    """One request to the stub."""

    protocol_version = "HTTP/1.1"
    api: Api

    def log_message(self, *_: object) -> None:
        return

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def count(self, name: str) -> None:
        with self.api.lock:
            self.api.calls[name] = self.api.calls.get(name, 0) + 1

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_POST(self) -> None:
        action = self.path.rsplit("/", 1)[-1]
        asked = json.loads(self.body() or b"{}")
        self.count(action)
        self.answer(200, json.dumps(getattr(self.api, action)(asked)).encode())

    def do_PUT(self) -> None:
        self.count("s3 put")
        self.api.objects[self.path] = self.body()
        self.answer(200, ETag='"1"')

    def do_DELETE(self) -> None:
        self.api.objects.pop(self.path, None)
        self.answer(204)

    def do_GET(self) -> None:
        if self.path == "/summary":
            self.answer(200, json.dumps(self.api.summary()).encode())
            return
        self.count("s3 get")
        found = self.api.objects.get(self.path)
        if found is None:
            self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
        else:
            self.answer(200, found, ETag='"1"')


def serve(seconds: float, spread: float) -> None:
    Handler.api = Api(seconds, spread)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{READY} {server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


class Watch:
    """CPU of this process, looked at ten times a second."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, float]] = []
        self.stop = threading.Event()
        threading.Thread(target=self.look, daemon=True).start()

    def look(self) -> None:
        while not self.stop.wait(0.1):
            self.seen.append((time.time(), time.process_time()))

    def share(self, start: float, end: float) -> float:
        inside = [one for one in self.seen if start <= one[0] <= end]
        if len(inside) < 2:
            return float("nan")  # the jobs were too short for a time in which nothing changed
        (first, before), (last, after) = inside[0], inside[-1]
        return (after - before) / (last - first)


def drive(members: int) -> float:
    """Drive a run of members and return when it ended."""
    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.graph import Graph
    from mineral_prospectivity.runner.run import Run
    from mineral_prospectivity.runner.run_context import BatchHooks
    from mineral_prospectivity.runner.settings import BatchSettings

    nodes = [
        node(lambda: 1, None, f"weights_{n}", name=f"member_{n:04}", tags=["batch"])
        for n in range(members)
    ]
    pipeline = Pipeline(nodes)
    settings = BatchSettings(root="s3://bucket/prefix", queue="queue", definition="definition")
    run = Run(
        "20260101-000000-000",
        aws=Aws(),
        settings=settings,
        image="image",
        pipeline=pipeline,
        catalog=DataCatalog(),
        graph=Graph(pipeline, settings.tag),
        hooks=BatchHooks(),
        console=Console(file=io.StringIO()),
    )
    loader = OmegaConfigLoader(conf_source=str(Path(__file__).parents[1] / "conf"))
    loader.config_patterns.clear()
    run.go(loader, resume=False, here=lambda _: None, release=lambda *_: None)
    return time.time()


def measure(members: int, seconds: float, spread: float) -> dict[str, Any]:
    command = [sys.executable, __file__, "--serve", f"--seconds={seconds}", f"--spread={spread}"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None  # noqa: S101 - a pipe was asked for
    endpoint = f"http://127.0.0.1:{server.stdout.readline().split()[-1]}"
    os.environ |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
    }
    try:
        watch, started, cpu = Watch(), time.time(), time.process_time()
        ended = drive(members)
        used = time.process_time() - cpu
        watch.stop.set()
        with urllib.request.urlopen(f"{endpoint}/summary", timeout=10) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
    finally:
        server.terminate()
        server.wait()
    return found | {
        "submission": found["last_start"] - found["first_start"],
        "after": ended - found["last_end"],
        "cpu": used,
        "wall": ended - started,
        "idle": watch.share(found["last_start"] + 5, found["first_end"]),
    }


def show(members: int, found: dict[str, Any]) -> None:
    calls = found["calls"]
    peer = round(found["job_seconds"])
    describes = calls["describejobs"]
    table = Table(title=f"{members} members as jobs, {found['wall']:.0f} s from start to end")
    for column in ("", "this driver", "Kedro's documented polling", "ratio"):
        table.add_column(column, justify="right" if column else "left")
    table.add_row("DescribeJobs", str(describes), str(peer), f"{peer / describes:.0f} x fewer")
    table.add_row("SubmitJob", str(calls["submitjob"]), str(members), "")
    table.add_row("ListJobs", str(calls.get("listjobs", 0)), "0", "")
    table.add_row("S3 calls", str(calls.get("s3 put", 0) + calls.get("s3 get", 0)), "-", "")
    table.add_row("all submitted within", f"{found['submission']:.1f} s", "-", "")
    table.add_row("CPU while nothing changes", f"{found['idle']:.2%} of a core", "a core", "")
    table.add_row("CPU in all", f"{found['cpu']:.1f} s", f"{found['wall']:.0f} s", "")
    table.add_row("ends after the last job by", f"{found['after']:.1f} s", "1.0 s at most", "")
    Console(width=110).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0, help="shortest job")
    parser.add_argument("--spread", type=float, default=30.0, help="longest less shortest")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.seconds, options.spread)
        return
    show(options.members, measure(options.members, options.seconds, options.spread))


if __name__ == "__main__":
    main()
