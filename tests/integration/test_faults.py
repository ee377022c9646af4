"""What AWS, the network and people do to a run, and what becomes of it."""

from __future__ import annotations

import json
import signal

import pytest

SLOW = "members=3,pause=0.3"


def mean(emulator, bucket):
    return json.loads(emulator.read(bucket, "data/mean.json"))["mean"]


def living(emulator, run_id):
    ended = {"SUCCEEDED", "FAILED"}
    return [job["jobName"] for job in emulator.jobs(run_id) if job["status"] not in ended]


def test_a_reclaimed_member_resumes_from_its_checkpoint_to_the_same_weights(
    drive, emulator, bucket, here
):
    emulator.tell(reclaims=[{"job": "member_001", "attempt": 1, "line": "step 5 done"}])
    driver = drive("run", "--env", "batch", "--params", "members=2,pause=0.05")

    assert driver.end() == 0, driver.text

    assert mean(emulator, bucket) == here(2)
    [reclaimed] = [job for job in emulator.jobs(driver.run_id) if job["jobName"].endswith("001")]
    assert [one["statusReason"][:8] for one in reclaimed["attempts"]] == ["Host EC2", "Essentia"]
    stream = reclaimed["container"]["logStreamName"]
    events = emulator.client("logs").get_log_events(
        logGroupName="/aws/batch/job", logStreamName=stream
    )["events"]
    lines = [event["message"] for event in events]
    [resumed] = [int(line.split()[-1]) for line in lines if line.startswith("resumed at step")]
    assert resumed >= 5
    assert "reclaimed 1" in driver.text


def test_a_failing_member_is_not_retried_its_log_is_shown_and_the_others_finish(
    drive, emulator, bucket
):
    driver = drive("run", "--env", "batch", "--params", "members=3,fail=member_001,pause=0.2")

    driver.until("member_001 FAILED .*exit code 1.*its log ends:")
    assert driver.process.poll() is None, "the others must go on"
    assert driver.end() == 1

    assert "RuntimeError: member 1 has no positive cells" in driver.text
    assert "1 failed, 3 done and kept, 1 not started" in driver.text
    assert f"kedro batch resume {driver.run_id}" in driver.text
    jobs = {job["jobName"][-10:]: job for job in emulator.jobs(driver.run_id)}
    assert [len(job["attempts"]) for job in jobs.values()] == [1, 1, 1]
    assert jobs["member_001"]["status"] == "FAILED"
    assert (
        len([key for key in emulator.objects(bucket, "data/models") if "weights" not in key]) == 2
    )


def test_a_failure_is_shown_while_a_node_runs_here(drive, tmp_path):
    awaited = tmp_path / "failure was shown"
    driver = drive(
        *("run", "--env", "batch", "--pipelines", "beside"),
        *("--params", f"members=2,fail=member_001,lingers={awaited}"),
    )

    driver.until("member_001 FAILED .*exit code 1.*its log ends:")
    assert driver.process.poll() is None
    awaited.touch()

    assert driver.end() == 1, driver.text
    assert "1 failed, 3 done and kept" in driver.text
    assert "done 1 of 2" in driver.text


def test_fail_fast_ends_the_other_members(drive, emulator):
    driver = drive(
        "run", "--env", "batch", "--fail-fast", "--params", "members=2,fail=member_000,pause=2"
    )

    assert driver.end() == 1

    assert "1 failed, 1 ended, 1 done and kept, 1 not started" in driver.text
    states = {job["jobName"][-3:]: job["statusReason"] for job in emulator.jobs(driver.run_id)}
    assert "fail_fast is set" in states["001"]
    assert not emulator.state()["processes"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_driver_leaves_no_job_and_no_process(drive, emulator, number, code):
    driver = drive("run", "--env", "batch", "--params", "members=3,pause=2")
    driver.until("running 2")

    driver.send(number)

    assert driver.end() == code, driver.text
    assert "every job has ended" in driver.text
    assert living(emulator, driver.run_id) == []
    assert emulator.state()["processes"] == []


def test_jobs_whose_answers_were_lost_when_interrupted_are_ended_too(drive, emulator, wait_for):
    emulator.tell(rules=[{"service": "batch", "action": "submitjob", "delay": 1.5}], list_lag=1.0)
    driver = drive("run", "--env", "batch", "--params", "members=3,pause=2")
    driver.until("as jobs on queue")
    wait_for(lambda: emulator.calls("submitjob"), "the first submission")

    driver.send(signal.SIGINT)

    assert driver.end() == 130, driver.text
    emulator.tell(list_lag=0.0)
    assert len(emulator.jobs(driver.run_id)) >= 1
    assert living(emulator, driver.run_id) == []
    assert emulator.state()["processes"] == []


def test_a_killed_driver_is_resumed_adopting_jobs_and_submitting_what_is_missing(
    drive, emulator, bucket, here, wait_for
):
    first = drive("run", "--env", "batch", "--params", SLOW)
    first.until("done [12] of 3")
    first.send(signal.SIGKILL)
    first.process.wait()
    ended = living(emulator, first.run_id)[-1]
    [job] = [job for job in emulator.jobs(first.run_id) if job["jobName"] == ended]
    emulator.client("batch").terminate_job(jobId=job["jobId"], reason="somebody else did it")
    wait_for(lambda: ended not in living(emulator, first.run_id), "the terminated job to end")

    second = drive("run", "--env", "batch", "--resume", first.run_id)

    assert second.end() == 0, second.text
    assert "resuming run" in second.text
    assert "will be submitted" in second.text
    submitted = [one["jobName"] for one in emulator.state()["submissions"]]
    assert len(submitted) == 4
    assert submitted.count(ended) == 2
    assert mean(emulator, bucket) == here(3)


def test_a_second_driver_of_a_run_is_refused(drive, emulator):
    first = drive("run", "--env", "batch", "--params", "members=1,steps=600,pause=1")
    first.until("running 1")

    second = drive("batch", "resume", first.run_id, "--env", "batch")

    assert second.end() == 1
    assert f"is driven by process {first.process.pid} on" in second.text
    assert first.process.poll() is None
    first.send(signal.SIGINT)
    assert first.end() == 130, first.text


def test_throttling_and_server_errors_are_survived(drive, emulator, bucket, here):
    emulator.tell(
        rules=[
            {
                "service": "batch",
                "action": "submitjob",
                "status": 429,
                "code": "TooManyRequestsException",
                "every": 2,
                "times": 2,
            },
            {
                "service": "batch",
                "action": "describejobs",
                "status": 503,
                "code": "ServiceUnavailable",
                "every": 2,
                "times": 2,
            },
        ]
    )
    driver = drive("run", "--env", "batch", "--params", "members=2")

    assert driver.end() == 0, driver.text

    assert mean(emulator, bucket) == here(2)
    assert len(emulator.jobs(driver.run_id)) == 2


def test_a_submission_whose_answer_was_lost_does_not_run_twice(drive, emulator):
    emulator.tell(
        rules=[
            {
                "service": "batch",
                "action": "submitjob",
                "status": 500,
                "code": "ServerException",
                "times": 1,
                "after": True,
            }
        ],
        list_lag=1.0,
    )
    driver = drive("run", "--env", "batch", "--params", "members=1,pause=0.2")

    assert driver.end() == 0, driver.text

    emulator.tell(list_lag=0.0)
    jobs = sorted(job["status"] for job in emulator.jobs(driver.run_id))
    assert jobs == ["FAILED", "SUCCEEDED"]


def test_expired_credentials_are_told_beforehand(drive, emulator):
    emulator.tell(
        rules=[{"service": "sts", "status": 403, "code": "ExpiredToken", "who": "driver"}]
    )
    driver = drive("run", "--env", "batch")

    assert driver.end() == 1

    assert "credentials are expired" in driver.text
    assert "aws sso login" in driver.text
    assert emulator.calls("submitjob") == 0


def test_credentials_that_expire_on_the_way_lose_nothing(drive, emulator, bucket, here):
    first = drive("run", "--env", "batch", "--params", "members=2,pause=0.15")
    first.until("running 2")
    expired = {"who": "driver", "status": 403, "code": "ExpiredTokenException"}
    emulator.tell(rules=[{**expired, "service": "batch"}])

    assert first.end() == 1
    assert "the driver's credentials have ended" in first.text
    assert "2 jobs go on without this driver" in first.text

    emulator.tell(rules=[])
    second = drive("batch", "resume", first.run_id, "--env", "batch")
    assert second.end() == 0, second.text
    assert mean(emulator, bucket) == here(2)
    assert len(emulator.jobs(first.run_id)) == 2


def test_a_bucket_that_refuses_writes_is_told_beforehand(drive, emulator, bucket):
    denied = {"service": "s3", "status": 403, "code": "AccessDenied"}
    emulator.tell(rules=[{**denied, "action": "^PUT", "who": "driver"}])
    driver = drive("run", "--env", "batch", "--pipelines", "training")

    assert driver.end() == 1

    assert f"bucket '{bucket}' refuses to be written or read" in driver.text
    assert emulator.calls("submitjob") == 0


def test_a_job_that_may_not_write_fails_with_the_reason_in_its_log(drive, emulator, bucket):
    denied = {"service": "s3", "status": 403, "code": "AccessDenied", "message": "Access Denied"}
    emulator.tell(rules=[{**denied, "action": "^PUT .*json$", "who": "job"}])
    driver = drive("run", "--env", "batch", "--params", "members=1")

    assert driver.end() == 1

    assert "member_000 FAILED" in driver.text
    assert "Access Denied" in driver.text
    assert not [key for key in emulator.objects(bucket, "data/models") if key.endswith("json")]


def test_listings_that_lag_behind_lose_nothing(drive, emulator, bucket, here):
    emulator.tell(rules=[{"service": "s3", "action": "^LIST", "stale": 30.0}], list_lag=5.0)
    driver = drive("run", "--env", "batch", "--params", "members=2")

    assert driver.end() == 0, driver.text

    assert mean(emulator, bucket) == here(2)


def test_jobs_that_never_start_are_explained_and_ended(drive, emulator):
    emulator.tell(hold=True)
    driver = drive("run", "--env", "stuck", "--params", "members=1")

    assert driver.end() == 1, driver.text

    assert "1 jobs have waited 0.02 minutes and none runs" in driver.text
    assert "quota of vCPUs" in driver.text
    assert living(emulator, driver.run_id) == []
