"""What a job knows of itself, and what it leaves when it is done."""

from __future__ import annotations

import os
import time

from mineral_prospectivity.provenance import DATA_HASH, code_commit

BATCH_JOB_ID = "AWS_BATCH_JOB_ID"
BATCH_ATTEMPT = "AWS_BATCH_JOB_ATTEMPT"
RUN_URI = "PROSPECTIVITY_RUN_URI"
JOB_NAME = "PROSPECTIVITY_JOB_NAME"

PLAIN_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {"kedro": {"level": "INFO"}, "mineral_prospectivity": {"level": "INFO"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
}


def is_job() -> bool:
    """Say whether this process is a Batch job: it runs its nodes itself."""
    return BATCH_JOB_ID in os.environ


def done_object(job_name: str) -> str:
    """Return the object, within the run's prefix, that says that a node is done."""
    return f"done/{job_name}.json"


def leave_done_mark(started: float) -> None:
    """Say in the run's prefix that this job's nodes are done.

    Batch forgets finished jobs after a while; the mark stays, and a resumed run trusts it.
    """
    uri, name = os.environ.get(RUN_URI), os.environ.get(JOB_NAME)
    if not is_job() or not uri or not name:
        return
    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.store import Store

    Store(Aws().s3, uri).put_json(
        done_object(name),
        {
            "job": os.environ[BATCH_JOB_ID],
            "attempt": int(os.environ.get(BATCH_ATTEMPT, "1")),
            "seconds": round(time.time() - started, 3),
            "git_commit": code_commit(),
            "data_hash": os.environ.get(DATA_HASH, ""),
        },
    )
