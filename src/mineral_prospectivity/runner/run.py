"""One run of a pipeline on AWS Batch, put together."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any

from mineral_prospectivity.provenance import UNKNOWN, git_commit
from mineral_prospectivity.runner import snapshot
from mineral_prospectivity.runner.adoption import finished_nodes, living_jobs
from mineral_prospectivity.runner.board import Board, State
from mineral_prospectivity.runner.drive import Drive
from mineral_prospectivity.runner.graph import still_needed
from mineral_prospectivity.runner.interrupt import Interrupted, interruptible, unhurried
from mineral_prospectivity.runner.jobs import JobFactory
from mineral_prospectivity.runner.lock import run_lock
from mineral_prospectivity.runner.plan import Durations, describe_plan
from mineral_prospectivity.runner.progress import progress_for
from mineral_prospectivity.runner.provenance import DataHashes, place_of
from mineral_prospectivity.runner.queue import Queue
from mineral_prospectivity.runner.record import write_record
from mineral_prospectivity.runner.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from kedro.config import OmegaConfigLoader
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node
    from rich.console import Console

    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.graph import Graph
    from mineral_prospectivity.runner.progress import Progress
    from mineral_prospectivity.runner.run_context import BatchHooks
    from mineral_prospectivity.runner.settings import BatchSettings

RUNS = "runs"


class Run:
    """A run: its prefix in the bucket, its nodes and its jobs.

    Parameters
    ----------
    run_id
        Its id, new or of a run to go on with.
    aws, settings, image
        Where it goes, and what its jobs run.
    pipeline, catalog, graph
        What it does.
    hooks
        What the session knows.
    console
        Where it is shown.
    """

    def __init__(
        self,
        run_id: str,
        *,
        aws: Aws,
        settings: BatchSettings,
        image: str,
        pipeline: Pipeline,
        catalog: CatalogProtocol[Any, Any],
        graph: Graph,
        hooks: BatchHooks,
        console: Console,
    ) -> None:
        self.id = run_id
        self._aws, self._settings, self._image = aws, settings, image
        self._pipeline, self._catalog, self._graph = pipeline, catalog, graph
        self._hooks, self._console = hooks, console
        self._root = Store(aws.s3, settings.root)
        self._store = self._root.below(f"{RUNS}/{run_id}")
        self._queue = Queue(aws.batch, settings.queue, settings.submit_rate)
        self._commit = git_commit(hooks.project) if hooks.project else UNKNOWN
        self._factory = JobFactory(
            settings,
            self._store,
            run_id=run_id,
            pipelines=list(hooks.run_params.get("pipeline_names") or []),
            git_commit=self._commit,
            region=aws.region,
        )
        self._board = Board()
        self._board.planned = len(graph.jobs)
        self._loads = Counter(chain.from_iterable(node.inputs for node in pipeline.nodes))

    def plan(self) -> str:
        """Return what is about to be submitted, and what it will cost."""
        unfinished = set(self._graph.unfinished) - self._graph.started
        plan = describe_plan(
            self._settings,
            self.id,
            [node for node in self._graph.jobs if node in unfinished],
            [node for node in self._graph.here if node in unfinished],
            self._durations(),
        )
        if self._image.rpartition(":")[2] == self._commit:
            return plan
        return f"{plan}\n  jobs run image {self._image}; this checkout is at {self._commit}"

    def go(
        self,
        loader: OmegaConfigLoader,
        *,
        resume: bool,
        here: Callable[[Node], None],
        release: Callable[[Node, Counter[str]], None],
    ) -> None:
        """Take the lock, write the snapshot, and drive the run to its end.

        Parameters
        ----------
        loader
            Has the configuration that the jobs will read.
        resume
            Go on with a run, instead of beginning it.
        here
            Executes a node in this process.
        release
            Frees the datasets that nothing needs after a node, given the loads still to come.
        """

        def finished(node: Node) -> None:
            self._forget_listings(node)
            release(node, self._loads)

        shown = progress_for(self._console, self._settings, f"run {self.id}")
        with interruptible(), run_lock(self._store) as lock, shown as progress:
            if resume:
                self._adopt(progress)
            else:
                self._begin(loader)
            progress.say(self.plan())
            drive = Drive(
                aws=self._aws,
                settings=self._settings,
                store=self._store,
                lock=lock,
                queue=self._queue,
                factory=self._factory,
                graph=self._graph,
                board=self._board,
                hashes=DataHashes(self._catalog),
                progress=progress,
                run_here=here,
                finished=finished,
            )
            self._watched(drive, progress)
        self._remember_durations()
        drive.raise_failures()

    def _begin(self, loader: OmegaConfigLoader) -> None:
        snapshot.write(self._store, snapshot.resolve(loader))
        jobs = self._graph.jobs
        given = {job.name: self._settings.resources_of(job.tags).model_dump() for job in jobs}
        write_record(
            self._store,
            self._hooks.run_params,
            {job.name: self._factory.name(job) for job in jobs},
            resources=given,
            git_commit=self._commit,
            image=self._image,
        )

    def _adopt(self, progress: Progress) -> None:
        """Skip what is done, watch what goes, and leave the rest to be submitted."""
        done = finished_nodes(self._store, self._factory, self._pipeline.nodes)
        needed = still_needed(self._pipeline, done, self._catalog, self._graph.jobs)
        for node in self._pipeline.nodes:
            if node not in needed:
                self._graph.finish(node)
        missing = [node for node in self._graph.jobs if node in needed]
        for job in living_jobs(self._store, self._queue, self._factory, missing):
            self._graph.start(job.node)
            self._board.add(job)
        self._board.already_done = len(self._graph.jobs) - len(missing)
        progress.say(
            f"resuming run {self.id}: {self._board.already_done} jobs are done, "
            f"{len(self._board.jobs)} still go and are watched, "
            f"{len(missing) - len(self._board.jobs)} are missing and will be submitted"
        )

    def _watched(self, drive: Drive, progress: Progress) -> None:
        try:
            drive.run()
        except (Interrupted, KeyboardInterrupt):
            with unhurried(progress.say):
                self._end_everything(progress)
            raise
        except Exception:
            progress.say(self._left_alone())
            raise

    def _end_everything(self, progress: Progress) -> None:
        known = [job.id for job in self._board.active]
        progress.say(f"interrupted: ending the jobs of run {self.id}")
        left = self._queue.sweep(self.id, known, "the driver was interrupted")
        progress.say(
            f"{left} jobs have been told to end and have not yet; "
            f"`kedro batch status {self.id}` shows when they have"
            if left
            else f"every job has ended; `kedro batch resume {self.id}` goes on from here"
        )

    def _left_alone(self) -> str:
        return (
            f"{len(self._board.active)} jobs go on without this driver; then: "
            f"kedro batch resume {self.id}, or kedro batch cancel {self.id}"
        )

    def _forget_listings(self, node: Node) -> None:
        """Drop cached listings: other machines have written what this one believes is absent."""
        for name in node.outputs:
            place = place_of(self._catalog.get(name))
            if place is not None:
                place.files.invalidate_cache()

    def _durations(self) -> Durations:
        return Durations(self._settings, self._root, self._hooks.results)

    def _remember_durations(self) -> None:
        done = [job for job in self._board.jobs.values() if job.state is State.DONE]
        self._durations().keep(self.id, [(job.node, job.seconds) for job in done if job.seconds])
