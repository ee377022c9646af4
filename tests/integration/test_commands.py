"""``kedro run`` choosing its runner, and ``kedro batch`` looking at runs."""

from __future__ import annotations

import re


def test_a_dry_run_shows_the_plan_and_submits_nothing(drive, emulator, bucket):
    driver = drive("run", "--env", "batch", "--dry-run", "--params", "members=10")

    assert driver.end() == 0, driver.text

    assert "10 nodes (member_000, member_001, member_002, …, member_009) as jobs" in driver.text
    assert "10 x 6 s, as batch.yml expects" in driver.text
    assert "0.02 job hours, 0.02 vCPU hours" in driver.text
    assert re.search(r"about 0\.00 USD on Spot, 0\.00 on demand", driver.text)
    assert emulator.calls("submitjob") == 0
    assert emulator.objects(bucket) == []


def test_an_explicit_runner_wins_and_nodes_that_are_no_jobs_need_no_batch(drive, emulator, bucket):
    driver = drive("run", "--env", "batch", "--runner", "SequentialRunner", "--pipeline", "here")
    assert driver.end() == 0, driver.text

    driver = drive("run", "--env", "batch", "--pipelines", "here")
    assert driver.end() == 0, driver.text

    assert emulator.calls(" batch ") == 0
    assert emulator.objects(bucket) == ["data/table.json"]


def test_options_of_batch_without_batch_are_refused(drive):
    driver = drive("run", "--dry-run")

    assert driver.end() == 2

    assert "--dry-run: only for runs on AWS Batch; add --env aws" in driver.text


def test_what_stays_in_memory_cannot_reach_a_job(drive, emulator):
    driver = drive("run", "--env", "batch", "--pipelines", "unsafe")

    assert driver.end() == 1

    assert "dataset 'note' of node 'peek' is only in this machine's memory" in driver.text
    assert "dataset 'seen' of node 'peek' is only in this machine's memory" in driver.text
    assert emulator.calls("submitjob") == 0


def test_status_logs_cost_and_cancel(drive, emulator, wait_for):
    driver = drive("run", "--env", "batch", "--params", "members=3,pause=2")
    driver.until("running 2")
    run_id = driver.run_id

    status = drive("batch", "status", run_id, "--env", "batch")
    assert status.end() == 0, status.text
    assert "1 runnable, 2 running" in status.text

    follow = drive("batch", "logs", run_id, "member_000", "--env", "batch", "--follow")
    follow.until("step 1 done")

    cancel = drive("batch", "cancel", run_id, "--env", "batch")
    assert cancel.end() == 0, cancel.text
    assert f"no job of run {run_id} goes any more" in cancel.text
    assert driver.end() == 1
    assert follow.end() == 0
    assert emulator.state()["processes"] == []

    logs = drive("batch", "logs", run_id, "member_000", "--env", "batch", "--lines", "50")
    cost = drive("batch", "cost", run_id, "--env", "batch")
    runs = drive("batch", "status", "--env", "batch")
    assert logs.end() == cost.end() == runs.end() == 0
    assert "step 1 done" in logs.text
    assert re.search(r"\d\.\d\d job hours.*USD on Spot", cost.text)
    assert runs.text.split()[-1] == run_id

    unknown = drive("batch", "status", "20000101-000000-000", "--env", "batch")
    assert unknown.end() == 1
    assert "there is no run at s3://" in unknown.text
