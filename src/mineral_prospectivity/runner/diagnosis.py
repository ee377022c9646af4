"""Why jobs wait and wait: what a RUNNABLE queue hides, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from mineral_prospectivity.runner.aws import reason_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.settings import BatchSettings

# What AWS Batch writes as the status reason of a job that blocks the head of its queue.
REMEDIES = {
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE": (
        "a job asks for more vCPUs, memory or GPUs than the compute environments may start; raise "
        "their maximum vCPUs, or lower resources in batch.yml"
    ),
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT": (
        "no instance type of the compute environments has what a job asks for; add a larger type, "
        "or lower resources in batch.yml"
    ),
    "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS": (
        "the service role of the compute environment lacks a permission; deploy the stack again"
    ),
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY": (
        "AWS has no capacity of these instance types now; wait, or add other types or zones"
    ),
    "ACTION_REQUIRED": "the compute environment needs attention; see it in the AWS console",
}
GENERAL = (
    "usual causes: the account's quota of vCPUs for G and VT instances is 0 (Service Quotas, EC2, "
    "on-demand and Spot apart), no Spot capacity of these types, no route from the subnets to ECR "
    "and ECS, or an image that does not exist"
)


def explain_waiting(aws: Aws, settings: BatchSettings, details: Sequence[dict[str, Any]]) -> str:
    """Return why jobs have been RUNNABLE for long, from what AWS says of them and their queue."""
    found = sorted({text for detail in details if (text := _of_job(detail))})
    unread = ""
    try:
        found += _of_environments(aws, settings)
    except (ClientError, BotoCoreError) as error:  # waiting is no error: the run goes on
        unread = f" (the compute environments could not be asked: {reason_of(error)})"
    minutes = settings.runnable_limit_minutes
    lead = f"{len(details)} jobs have waited {minutes:g} minutes and none runs"
    return f"{lead}: {'; '.join(found) or GENERAL}{unread}"


def _of_job(detail: dict[str, Any]) -> str:
    reason = detail.get("statusReason") or ""
    for code, remedy in REMEDIES.items():
        if reason.startswith(code):
            return f"{remedy} ({reason})"
    return reason


def _of_environments(aws: Aws, settings: BatchSettings) -> list[str]:
    queues = aws.batch.describe_job_queues(jobQueues=[settings.queue])["jobQueues"]
    names = [
        order["computeEnvironment"]
        for queue in queues
        for order in queue["computeEnvironmentOrder"]
    ]
    if not names:
        return [f"queue {settings.queue!r} has no compute environment"]
    answer = aws.batch.describe_compute_environments(computeEnvironments=names)
    return [text for one in answer["computeEnvironments"] for text in _of_environment(dict(one))]


def _of_environment(environment: dict[str, Any]) -> list[str]:
    name, problems = environment["computeEnvironmentName"], []
    if environment.get("state") != "ENABLED":
        problems.append(f"compute environment {name!r} is {environment.get('state')}; enable it")
    if environment.get("status") == "INVALID":
        why = environment.get("statusReason", "no reason given")
        problems.append(f"compute environment {name!r} is INVALID: {why}")
    if environment.get("computeResources", {}).get("maxvCpus") == 0:
        problems.append(f"compute environment {name!r} may start 0 vCPUs; raise its maximum")
    return problems
