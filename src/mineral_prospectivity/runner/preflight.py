"""Everything that would make all jobs fail, looked for before any is submitted."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from mineral_prospectivity.runner.aws import error_code, is_credential_error, reason_of
from mineral_prospectivity.runner.capacity import check_capacity, check_image, image_of
from mineral_prospectivity.runner.errors import PreflightError
from mineral_prospectivity.runner.graph import is_in_memory
from mineral_prospectivity.runner.provenance import is_parameter, place_of
from mineral_prospectivity.runner.store import NOT_FOUND, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kedro.io import CatalogProtocol
    from kedro.pipeline.node import Node

    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.settings import BatchSettings


def preflight(
    aws: Aws, settings: BatchSettings, jobs: Iterable[Node], catalog: CatalogProtocol[Any, Any]
) -> str:
    """Refuse a run that cannot succeed; return the image that its jobs will run.

    Raises
    ------
    PreflightError
        With every problem found: one sentence each, and its remedy.
    """
    nodes = list(jobs)
    problems = check_boundary(nodes, catalog) + check_credentials(aws)
    definition: dict[str, Any] | None = None
    if not any(problem.startswith("credentials") for problem in problems):
        definition = _active_definition(aws, settings)
        checks: list[Callable[[], list[str]]] = [
            lambda: check_bucket(aws, settings.root),
            lambda: check_queue(aws, settings.queue),
            lambda: _definition_problems(definition, settings),
            lambda: check_image(aws, definition),
            lambda: check_capacity(aws, settings, {frozenset(node.tags) for node in nodes}),
        ]
        for check in checks:
            problems += _answers(check)
    if problems:
        msg = "this run cannot succeed on AWS Batch; nothing was submitted:\n"
        raise PreflightError(msg + "\n".join(f"  - {problem}" for problem in problems))
    return image_of(definition)


def _answers(check: Callable[[], list[str]]) -> list[str]:
    try:
        return check()
    except (ClientError, BotoCoreError) as error:
        return [f"AWS did not answer a question asked beforehand: {reason_of(error)}"]


def check_boundary(jobs: Iterable[Node], catalog: CatalogProtocol[Any, Any]) -> list[str]:
    """Return what passes into or out of a job and could not: memory, files of this machine."""
    seen: dict[str, str] = {}
    for node in jobs:
        for name in (*node.inputs, *node.outputs):
            if not is_parameter(name):
                seen.setdefault(name, node.name)
    problems = []
    for name, user in seen.items():
        if is_in_memory(catalog, name):
            problems.append(
                f"dataset {name!r} of node {user!r} is only in this machine's memory, which a job "
                "cannot see; give it an entry in the catalog, below the storage root"
            )
        elif (place := place_of(catalog.get(name))) and place.protocol == "file":
            problems.append(
                f"dataset {name!r} of node {user!r} is a file of this machine, which a job cannot "
                "see; put it below the storage root on S3"
            )
    return problems


def check_credentials(aws: Aws) -> list[str]:
    """Return what is wrong with the credentials."""
    if aws.region is None:
        return ["credentials: no AWS region is set; set AWS_DEFAULT_REGION, or region in batch.yml"]
    try:
        aws.sts.get_caller_identity()
    except (ClientError, BotoCoreError) as error:
        if not is_credential_error(error):
            return [f"credentials cannot be checked: {reason_of(error)}; is AWS reachable?"]
        how = "expired" if "xpired" in f"{error_code(error)}{error}" else "missing or wrong"
        return [
            f"credentials are {how} ({reason_of(error)}); renew them, for instance with "
            "`aws sso login` or `aws configure`"
        ]
    return []


def check_bucket(aws: Aws, root: str) -> list[str]:
    """Return why the bucket cannot be reached, written or read."""
    store = Store(aws.s3, root)
    try:
        aws.s3.head_bucket(Bucket=store.bucket)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return [
                f"bucket {store.bucket!r} does not exist; deploy the stack (`kedro infra deploy`) "
                "or correct root in batch.yml"
            ]
        return [
            f"bucket {store.bucket!r} cannot be reached ({reason_of(error)}); check its policy and "
            "these credentials"
        ]
    name = f"runs/.preflight-{secrets.token_hex(4)}"
    try:
        store.put(name, b"")
        store.get(name)
        store.delete(name)
    except ClientError as error:
        return [
            f"bucket {store.bucket!r} refuses to be written or read below {root} "
            f"({reason_of(error)}); allow s3:PutObject, s3:GetObject and s3:DeleteObject there"
        ]
    return []


def check_queue(aws: Aws, name: str) -> list[str]:
    """Return why the queue would not start anything."""
    queues = aws.batch.describe_job_queues(jobQueues=[name])["jobQueues"]
    if not queues:
        return [
            f"job queue {name!r} does not exist in {aws.region}; deploy the stack "
            "(`kedro infra deploy`) or correct queue in batch.yml"
        ]
    queue, problems = queues[0], []
    if queue["state"] != "ENABLED":
        problems.append(f"job queue {name!r} is {queue['state']}; enable it")
    if queue.get("status", "VALID") != "VALID":
        why = queue.get("statusReason", "no reason given")
        problems.append(
            f"job queue {name!r} is {queue.get('status')}: {why}; deploy the stack again"
        )
    return problems


def _active_definition(aws: Aws, settings: BatchSettings) -> dict[str, Any] | None:
    name = settings.definition
    try:
        if name.startswith("arn:") or ":" in name:
            answer = aws.batch.describe_job_definitions(jobDefinitions=[name])
        else:
            answer = aws.batch.describe_job_definitions(jobDefinitionName=name, status="ACTIVE")
    except (ClientError, BotoCoreError):
        return None
    active = [one for one in answer["jobDefinitions"] if one.get("status") == "ACTIVE"]
    return dict(max(active, key=lambda one: one["revision"])) if active else None


def _definition_problems(definition: dict[str, Any] | None, settings: BatchSettings) -> list[str]:
    if definition is None:
        return [
            f"job definition {settings.definition!r} has no active revision; deploy the stack "
            "(`kedro infra deploy`) or correct definition in batch.yml"
        ]
    return []
