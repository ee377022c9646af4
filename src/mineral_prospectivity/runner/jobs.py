"""From a node to the request that makes it a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mineral_prospectivity.provenance import DATA_HASH, RUN_ID
from mineral_prospectivity.runner import inside, snapshot
from mineral_prospectivity.runner.names import job_name

if TYPE_CHECKING:
    from kedro.pipeline.node import Node

    from mineral_prospectivity.runner.settings import BatchSettings, Resources
    from mineral_prospectivity.runner.store import Store

RECLAIMED = "Host EC2*"
SPOT_RULE = [
    {"onStatusReason": RECLAIMED, "action": "RETRY"},
    # Without a last rule Batch retries what no rule matches: an error would burn every attempt.
    {"onReason": "*", "action": "EXIT"},
]


class JobFactory:
    """Writes the request of each node's job.

    Parameters
    ----------
    settings
        Queue, definition and limits.
    store
        The run's prefix.
    run_id, pipelines, git_commit, region
        Of the run.
    """

    def __init__(
        self,
        settings: BatchSettings,
        store: Store,
        *,
        run_id: str,
        pipelines: list[str],
        git_commit: str,
        region: str | None,
    ) -> None:
        self._settings = settings
        self._store = store
        self.run_id = run_id
        self._pipelines = pipelines
        self._git_commit = git_commit
        self._region = region

    def name(self, node: Node) -> str:
        """Return the name of a node's job."""
        return job_name(self.run_id, node.name)

    def request(self, node: Node, data_hash: str) -> dict[str, Any]:
        """Return the arguments of SubmitJob."""
        settings = self._settings
        optional = {"shareIdentifier": settings.share_identifier}
        return {
            "jobName": self.name(node),
            "jobQueue": settings.queue,
            "jobDefinition": settings.definition,
            "containerOverrides": {
                "command": self._command(node),
                "environment": self._environment(node, data_hash),
                "resourceRequirements": _requirements(settings.resources_of(node.tags)),
            },
            "retryStrategy": {"attempts": settings.attempts, "evaluateOnExit": SPOT_RULE},
            "timeout": {"attemptDurationSeconds": round(settings.timeout_minutes * 60)},
            "tags": {
                "prospectivity:run": self.run_id,
                "prospectivity:git": self._git_commit,
                "prospectivity:data": data_hash,
            },
            "propagateTags": True,
            **{key: value for key, value in optional.items() if value is not None},
        }

    def _command(self, node: Node) -> list[str]:
        source = snapshot.source_of(self._store)
        command = ["kedro", "run", "--nodes", node.name]
        command += ["--conf-source", source, "--env", snapshot.ENVIRONMENT]
        if self._pipelines:
            command += ["--pipelines", ",".join(self._pipelines)]
        return command

    def _environment(self, node: Node, data_hash: str) -> list[dict[str, str]]:
        variables = {
            inside.RUN_URI: self._store.uri,
            RUN_ID: self.run_id,
            inside.JOB_NAME: self.name(node),
            DATA_HASH: data_hash,
            "DO_NOT_TRACK": "1",
            "PYTHONUNBUFFERED": "1",
            **({"AWS_DEFAULT_REGION": self._region} if self._region else {}),
            **self._settings.environment,
        }
        return [{"name": name, "value": value} for name, value in sorted(variables.items())]


def _requirements(resources: Resources) -> list[dict[str, str]]:
    wanted = {"VCPU": resources.vcpus, "MEMORY": resources.memory, "GPU": resources.gpus}
    return [{"type": kind, "value": str(value)} for kind, value in wanted.items() if value]
