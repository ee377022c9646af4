"""Members as jobs: separate processes, real HTTP, S3 in between."""

from __future__ import annotations

import json


def test_members_run_as_jobs_between_nodes_that_run_here(drive, emulator, bucket, here):
    driver = drive("run", "--env", "batch", "--params", "members=4")

    assert driver.end() == 0, driver.text

    jobs = emulator.jobs(driver.run_id)
    assert len(jobs) == 4
    assert {job["status"] for job in jobs} == {"SUCCEEDED"}
    written = json.loads(emulator.read(bucket, "data/mean.json"))
    assert written == {"mean": here(4), "note": "kept in memory"}
    assert not [name for name in emulator.objects(bucket, "data/") if "checkpoint" in name]


def test_the_request_says_how_a_job_is_retried_tagged_and_traced(drive, emulator, bucket):
    driver = drive("run", "--env", "batch", "--params", "members=1,steps=2")
    assert driver.end() == 0, driver.text

    [request] = emulator.state()["submissions"]
    run_id = driver.run_id
    assert request["jobName"] == f"{run_id}-member_000"
    assert request["retryStrategy"] == {
        "attempts": 3,
        "evaluateOnExit": [
            {"onStatusReason": "Host EC2*", "action": "RETRY"},
            {"onReason": "*", "action": "EXIT"},
        ],
    }
    assert request["propagateTags"] is True
    assert request["timeout"] == {"attemptDurationSeconds": 300}
    assert set(request["tags"]) == {"prospectivity:run", "prospectivity:git", "prospectivity:data"}
    overrides = request["containerOverrides"]
    assert overrides["command"] == [
        *["kedro", "run", "--nodes", "member_000"],
        *["--conf-source", f"s3://{bucket}/runs/{run_id}/conf", "--env", "run"],
    ]
    given = {one["type"]: one["value"] for one in overrides["resourceRequirements"]}
    assert given == {"VCPU": "1", "MEMORY": "1024"}
    variables = {one["name"]: one["value"] for one in overrides["environment"]}
    assert variables["DO_NOT_TRACK"] == "1"
    assert variables["PROSPECTIVITY_RUN_ID"] == run_id
    assert "PROSPECTIVITY_GIT_COMMIT" not in variables, "that is for the image to say"
    assert json.loads(emulator.read(bucket, f"runs/{run_id}/run.json"))["image"] == "public/image"
    assert "jobs run image public/image; this checkout is at" in driver.text
    assert variables["PROSPECTIVITY_DATA_HASH"] == request["tags"]["prospectivity:data"]
