"""What jobs printed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mineral_prospectivity.runner.aws import error_code, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_logs import CloudWatchLogsClient

LAG_SECONDS = (0.0, 1.0, 3.0)  # a log arrives a little after its job has ended


def tail(logs: CloudWatchLogsClient, group: str, stream: str, lines: int) -> list[str]:
    """Return the last lines of a job's log, or one line that says why there are none."""
    if not stream:
        return ["(the job ended before it had a log)"]
    for lag in LAG_SECONDS:
        time.sleep(lag)
        try:
            events = logs.get_log_events(
                logGroupName=group, logStreamName=stream, limit=lines, startFromHead=False
            )["events"]
        except (ClientError, BotoCoreError) as error:
            if error_code(error) == "ResourceNotFoundException":
                continue
            return [f"(its log cannot be read: {reason_of(error)})"]
        if events:
            return [event["message"].rstrip() for event in events]
    return [f"(nothing in log stream {stream} of {group} yet)"]


def follow(
    logs: CloudWatchLogsClient, group: str, stream: str, pause: float = 2.0
) -> Iterator[list[str]]:
    """Yield the lines of a log as they come, an empty list when there were no new ones."""
    token: dict[str, str] = {}
    while True:
        answer = logs.get_log_events(
            logGroupName=group,
            logStreamName=stream,
            startFromHead=True,
            **token,  # type: ignore[arg-type]
        )
        yield [event["message"].rstrip() for event in answer["events"]]
        token = {"nextToken": answer["nextForwardToken"]}
        time.sleep(pause)
