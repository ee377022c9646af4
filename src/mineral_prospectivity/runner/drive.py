"""The loop that drives a run: submit what is ready, run what is ours, watch the rest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from mineral_prospectivity.runner import logs
from mineral_prospectivity.runner.adoption import JOBS_OBJECT
from mineral_prospectivity.runner.aws import is_credential_error, is_transient, reason_of
from mineral_prospectivity.runner.beside import beside
from mineral_prospectivity.runner.board import Board, Job, State
from mineral_prospectivity.runner.diagnosis import explain_waiting
from mineral_prospectivity.runner.errors import BatchError, CredentialsExpiredError
from mineral_prospectivity.runner.inside import done_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from kedro.pipeline.node import Node

    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.graph import Graph
    from mineral_prospectivity.runner.jobs import JobFactory
    from mineral_prospectivity.runner.lock import RunLock
    from mineral_prospectivity.runner.progress import Progress
    from mineral_prospectivity.runner.provenance import DataHashes
    from mineral_prospectivity.runner.queue import Queue
    from mineral_prospectivity.runner.settings import BatchSettings, Polling
    from mineral_prospectivity.runner.store import Store


class Delay:
    """The time between two polls: short after a change, growing while nothing changes.

    >>> from mineral_prospectivity.runner.settings import Polling
    >>> delay = Delay(Polling(first=2, longest=5, growth=1.5))
    >>> [delay.next(changed) for changed in (True, False, False, False, True)]
    [2.0, 3.0, 4.5, 5.0, 2.0]
    """

    def __init__(self, polling: Polling) -> None:
        self._polling = polling
        self._seconds = polling.first

    def next(self, changed: bool) -> float:
        """Return the seconds to wait."""
        polling = self._polling
        grown = min(self._seconds * polling.growth, polling.longest)
        self._seconds = polling.first if changed else grown
        return self._seconds


class Drive:
    """One run, from what is ready until all is done or has failed.

    Parameters
    ----------
    aws, settings, store, lock, queue, factory
        Where and how jobs go.
    graph, board, hashes, progress
        What there is to do, what is known of it, and who is shown.
    run_here
        Executes a node in this process.
    finished
        Hears of every node that is done, here or in a job.
    """

    def __init__(
        self,
        *,
        aws: Aws,
        settings: BatchSettings,
        store: Store,
        lock: RunLock,
        queue: Queue,
        factory: JobFactory,
        graph: Graph,
        board: Board,
        hashes: DataHashes,
        progress: Progress,
        run_here: Callable[[Node], None],
        finished: Callable[[Node], None],
    ) -> None:
        self._aws, self._settings, self._store, self._lock = aws, settings, store, lock
        self._queue, self._factory = queue, factory
        self._graph, self._board, self._hashes = graph, board, hashes
        self._progress = progress
        self._run_here, self._finished = run_here, finished
        self._delay = Delay(settings.polling)
        self._changed = True
        self._ended: list[Job] = []
        self._stop_reason = ""
        self._explained = 0.0
        self.failures: dict[str, str] = {}
        self.error: Exception | None = None

    def run(self) -> None:
        """Drive until nothing is left that can be done.

        Raises
        ------
        CredentialsExpiredError
            If AWS no longer knows this driver; the jobs go on.
        RunLockedError
            If another driver took over.
        """
        try:
            while self._step():
                self._lock.check()
        except (ClientError, BotoCoreError) as error:
            if not is_credential_error(error):
                raise
            msg = f"the driver's credentials have ended ({reason_of(error)})"
            raise CredentialsExpiredError(msg) from None

    def _step(self) -> bool:
        self._settle()
        if not self._stop_reason:
            self._submit_ready()
            node = self._graph.ready_here()
            if node is not None:
                self._run_one_here(node)
                return True
        if not self._board.active:
            return False
        self._poll()
        return True

    def _submit_ready(self) -> None:
        nodes = self._graph.ready_jobs()
        if not nodes:
            return
        by_name = {self._factory.name(node): node for node in nodes}
        requests = []
        for node in nodes:
            requests.append(self._factory.request(node, self._hashes.of(node.inputs)))
            self._graph.start(node)

        def accept(name: str, job_id: str) -> None:
            self._board.add(Job(by_name[name], name, job_id))

        self._queue.submit(requests, accept)
        self._changed = True
        self.record_jobs()
        self._progress.show(self._board)

    def record_jobs(self) -> None:
        """Write the ids of all jobs to the run's prefix."""
        ids = {job.name: job.id for job in self._board.jobs.values()}
        self._store.put_json(JOBS_OBJECT, ids)

    def _run_one_here(self, node: Node) -> None:
        self._graph.start(node)
        try:
            with beside(self._look, self._pause):
                self._run_here(node)
        except Exception as error:  # the node's own; raised when the jobs have ended
            self.error = error
            self._fail(node, f"{type(error).__name__}: {error}")
            return
        self._store.put_json(done_object(self._factory.name(node)), {"here": True})
        self._finish(node)

    def _finish(self, node: Node) -> None:
        self._graph.finish(node)
        self._hashes.forget(node.outputs)
        self._finished(node)

    def _fail(self, node: Node, reason: str) -> None:
        self.failures[node.name] = reason
        if self._settings.fail_fast and not self._stop_reason:
            self.stop(f"node {node.name} failed, and fail_fast is set")

    def stop(self, reason: str) -> None:
        """Submit nothing more and end the jobs that go."""
        self._stop_reason = reason
        self._progress.say(f"ending {len(self._board.active)} jobs: {reason}")
        self._queue.terminate([job.id for job in self._board.active], reason)

    def _poll(self) -> None:
        time.sleep(self._pause())
        self._look()

    def _pause(self) -> float:
        return self._delay.next(self._changed)

    def _look(self) -> None:
        """Ask for the jobs that go and tell what failed; what is done waits for `_settle`."""
        if not self._board.active:
            return
        details = self._describe()
        changed = self._board.read(details)
        self._changed = bool(changed)
        for job in changed:
            if job.state is State.FAILED and not self._was_ended(job):
                self._report(job)
                self._fail(job.node, job.reason)
        self._ended += [job for job in changed if job.state is State.DONE]
        self._progress.show(self._board)
        self._explain(details)

    def _describe(self) -> list[dict[str, Any]]:
        try:
            self._queue.end_twins()
            return self._queue.describe([job.id for job in self._board.active])
        except (ClientError, BotoCoreError) as error:
            if not is_transient(error):
                raise
            self._progress.say(f"AWS did not answer ({reason_of(error)}); asking again")
            return []

    def _settle(self) -> None:
        """Let start what waited for the jobs that are done."""
        while self._ended:
            self._finish(self._ended.pop().node)

    def _was_ended(self, job: Job) -> bool:
        """Say whether `stop` ended a job, and not its own error."""
        return bool(self._stop_reason) and self._stop_reason in job.reason

    def _report(self, job: Job) -> None:
        code = "" if job.exit_code is None else f", exit code {job.exit_code}"
        settings = self._settings
        lines = logs.tail(self._aws.logs, settings.log_group, job.log_stream, settings.log_lines)
        head = f"{job.node.name} FAILED ({job.reason or 'no reason given'}{code}); its log ends:"
        self._progress.say("\n".join([head, *(f"    {line}" for line in lines)]))

    def _explain(self, details: list[dict[str, Any]]) -> None:
        active = self._board.active
        now, limit = time.monotonic(), self._settings.runnable_limit_minutes * 60
        waiting = [job for job in active if job.state is State.RUNNABLE and now - job.since > limit]
        running = any(job.state is State.RUNNING for job in active)
        if self._stop_reason or running or not waiting or now - self._explained < limit:
            return
        self._explained = now
        ids = {job.id for job in waiting}
        stuck = [detail for detail in details if detail["jobId"] in ids]
        if not stuck:
            return
        reason = explain_waiting(self._aws, self._settings, stuck)
        self._progress.say(reason)
        if self._settings.end_stuck:
            self.failures["(stuck jobs)"] = reason
            self.stop("they are stuck, and end_stuck is set")

    def raise_failures(self) -> None:
        """Raise what went wrong.

        Raises
        ------
        BatchError
            Naming every failed node, and how to go on.
        Exception
            The error of a node that ran here, as it was.
        """
        if not self.failures:
            return
        if self.error is not None:
            self._progress.say(self._outcome())
            raise self.error
        raise BatchError(self._outcome())

    def _outcome(self) -> str:
        graph = self._graph
        failed = sum(node.name in self.failures for node in graph.started)
        counts = {
            "failed": failed,
            "ended": len(graph.started - graph.done) - failed,
            "done and kept": len(graph.done),
            "not started": len(set(graph.unfinished) - graph.started),
        }
        head = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        lines = [f"  - {name}: {reason}" for name, reason in self.failures.items()]
        return (
            f"run {self._factory.run_id}: {head}\n"
            + "\n".join(lines)
            + f"\ncorrect the cause, then: kedro batch resume {self._factory.run_id}"
        )
