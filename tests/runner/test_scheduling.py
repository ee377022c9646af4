"""Many members against a stub of AWS: calls, the driver's CPU, and its time after the last job."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "scheduling.py"


@pytest.fixture
def measure(monkeypatch):
    """The benchmark's own measurement; what it sets of the environment is taken back."""
    spec = importlib.util.spec_from_file_location("scheduling", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "scheduling", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    return module.measure


def test_a_thousand_members_cost_few_calls_and_little_of_a_core(measure, capsys):
    found = measure(1000, seconds=6.0, spread=2.0)

    calls = found["calls"]
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what the test is for
            f"\n1,000 members: {calls['submitjob']} SubmitJob, {calls['describejobs']} "
            "DescribeJobs, "
            f"{found['cpu']:.1f} s of CPU in {found['wall']:.0f} s, "
            f"ends {found['after']:.1f} s after the last job"
        )
    assert calls["submitjob"] == 1000
    assert calls.get("listjobs", 0) == 0
    polled_by_peer = found["job_seconds"]
    assert calls["describejobs"] < polled_by_peer / 20
    assert found["submission"] >= 999 / 50, "AWS allows 50 submissions a second"
    assert found["after"] < 20


def test_an_idle_driver_takes_less_than_two_percent_of_a_core(measure):
    found = measure(100, seconds=14.0, spread=1.0)

    assert found["idle"] < 0.02
