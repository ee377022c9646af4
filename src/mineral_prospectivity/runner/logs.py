"""What jobs printed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mineral_prospectivity.runner.aws import error_code, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_logs import CloudWatchLogsClient

NO_STREAM = "ResourceNotFoundException"
FOLLOW_PAUSE = 2.0
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
            if error_code(error) == NO_STREAM:
                continue
            return [f"(its log cannot be read: {reason_of(error)})"]
        if events:
            return [event["message"].rstrip() for event in events]
    return [f"(nothing in log stream {stream} of {group} yet)"]


def follow(
    logs: CloudWatchLogsClient,
    group: str,
    look: Callable[[], tuple[str, bool]],
    pause: float = FOLLOW_PAUSE,
    lag: float = max(LAG_SECONDS),
) -> Iterator[str]:
    """Yield the lines of a job's log as they come, attempt after attempt, until it has ended.

    Parameters
    ----------
    logs, group
        Where the log is.
    look
        Gives the log stream of the latest attempt, empty before the first, and whether the job
        has ended.
    pause, lag
        Seconds between two looks, and from the end until the last lines have arrived.
    """
    attempt: _Stream | None = None
    ended = False
    while not ended:
        name, ended = look()
        if name and (attempt is None or attempt.name != name):
            if attempt is not None:
                yield from attempt.news()
            attempt = _Stream(logs, group, name)
        if attempt is not None:
            yield from attempt.news()
        time.sleep(lag if ended else pause)
    if attempt is not None:
        yield from attempt.news()


class _Stream:
    """A log stream that is read on from where it was read to."""

    def __init__(self, logs: CloudWatchLogsClient, group: str, name: str) -> None:
        self._logs, self._group, self.name = logs, group, name
        self._token = ""

    def news(self) -> Iterator[str]:
        """Yield the lines that have come since; none while there is no stream."""
        while True:
            token = {"nextToken": self._token} if self._token else {}
            try:
                answer = self._logs.get_log_events(
                    logGroupName=self._group,
                    logStreamName=self.name,
                    startFromHead=True,
                    **token,  # type: ignore[arg-type]
                )
            except ClientError as error:
                if error_code(error) == NO_STREAM:
                    return
                raise
            yield from (event["message"].rstrip() for event in answer["events"])
            if answer["nextForwardToken"] == self._token:  # AWS's sign of the end
                return
            self._token = answer["nextForwardToken"]
