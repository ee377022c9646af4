"""``conf/<env>/batch.yml``, typed: where jobs go, what they get, how they are watched."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mineral_prospectivity.runner.errors import PreflightError


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Resources(_Group):
    """What one job is given."""

    vcpus: Annotated[int, Field(ge=1, description="vCPUs of a job.")] = 4
    memory: Annotated[int, Field(ge=512, description="Memory of a job, MiB.")] = 14_000
    gpus: Annotated[int, Field(ge=0, description="GPUs of a job.")] = 1


class Instance(_Group):
    """The instance that prices are quoted for; a job pays for its share of one."""

    name: Annotated[str, Field(description="Instance type, for the plan.")] = "g4dn.xlarge"
    vcpus: Annotated[int, Field(ge=1, description="vCPUs of the instance.")] = 4
    memory: Annotated[int, Field(ge=512, description="Memory of the instance, MiB.")] = 16_384
    gpus: Annotated[int, Field(ge=0, description="GPUs of the instance.")] = 1
    spot: Annotated[float, Field(ge=0, description="Spot price, an hour.")] = 0.21
    on_demand: Annotated[float, Field(ge=0, description="On-demand price, an hour.")] = 0.526
    currency: Annotated[str, Field(description="Currency of both prices.")] = "USD"


class Polling(_Group):
    """How often the queue is asked."""

    first: Annotated[float, Field(gt=0, description="Delay after a change, s.")] = 2.0
    longest: Annotated[float, Field(gt=0, description="Delay while nothing changes, s.")] = 20.0
    growth: Annotated[float, Field(ge=1, description="Factor from one delay to the next.")] = 1.5


class BatchSettings(_Group):
    """Everything the runner needs to know of one AWS environment."""

    root: Annotated[
        str, Field(pattern=r"^s3://[^/]+", description="Bucket and prefix; runs are kept below.")
    ]
    queue: Annotated[str, Field(min_length=1, description="Job queue, name or ARN.")]
    definition: Annotated[str, Field(min_length=1, description="Job definition, name or ARN.")]
    region: Annotated[str | None, Field(description="Region; null takes the session's.")] = None
    tag: Annotated[str, Field(description="Nodes with this tag become jobs.")] = "batch"
    resources: Annotated[Resources, Field(description="What a job is given.")] = Resources()
    resources_by_tag: Annotated[
        dict[str, Resources], Field(description="Node tag: what its jobs are given instead.")
    ] = {}
    attempts: Annotated[
        int, Field(ge=1, le=10, description="Attempts of a job that Spot reclaims.")
    ] = 5
    timeout_minutes: Annotated[float, Field(ge=1, description="Limit of one attempt.")] = 360.0
    fail_fast: Annotated[
        bool, Field(description="End the other jobs when one fails, instead of letting them end.")
    ] = False
    instance: Annotated[Instance, Field(description="Prices of the plan.")] = Instance()
    expected_minutes: Annotated[
        float, Field(gt=0, description="A job's duration, until a run has measured it.")
    ] = 10.0
    polling: Annotated[Polling, Field(description="How often the queue is asked.")] = Polling()
    submit_rate: Annotated[
        float, Field(gt=0, le=50, description="Submissions a second; AWS allows 50.")
    ] = 40.0
    runnable_limit_minutes: Annotated[
        float, Field(gt=0, description="Jobs that wait longer with none running are explained.")
    ] = 20.0
    end_stuck: Annotated[bool, Field(description="End the run when its jobs are stuck.")] = False
    log_group: Annotated[str, Field(description="Log group of the jobs.")] = "/aws/batch/job"
    log_lines: Annotated[int, Field(ge=1, description="Lines shown of a failed job's log.")] = 40
    environment: Annotated[
        dict[str, str], Field(description="Further environment variables of the jobs.")
    ] = {}
    share_identifier: Annotated[
        str | None, Field(description="Share of a fair-share queue; null for a plain queue.")
    ] = None

    def resources_of(self, tags: set[str]) -> Resources:
        """Return what a node with these tags is given."""
        return next(
            (given for tag, given in self.resources_by_tag.items() if tag in tags), self.resources
        )


def batch_settings(values: dict[str, Any]) -> BatchSettings:
    """Return the typed settings of ``batch.yml``.

    Raises
    ------
    PreflightError
        With every wrong entry at once.
    """
    try:
        return BatchSettings.model_validate(values)
    except ValidationError as error:
        lines = [
            f"  - batch.yml: {'.'.join(map(str, detail['loc']))} = {detail['input']!r}: "
            f"{detail['msg'].lower()}"
            for detail in error.errors()
        ]
        msg = "batch settings that cannot be used:\n" + "\n".join(lines)
        raise PreflightError(msg) from None
