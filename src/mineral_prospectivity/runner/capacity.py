"""Whether the image exists, and whether any instance type of the queue can hold a job."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mineral_prospectivity.runner.aws import error_code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.settings import BatchSettings, Resources

ECR_IMAGE = re.compile(
    r"^(?P<registry>\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]+))?$"
)
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
OPTIMAL = {"c5", "m5", "r5"}  # what "optimal" stands for, by family
ECS_RESERVE = (
    0.94  # of an instance's memory is left to jobs; the agent and the kernel have the rest
)


def image_of(definition: dict[str, Any] | None) -> str:
    """Return the image that a job definition names, empty where there is no definition."""
    return str((definition or {}).get("containerProperties", {}).get("image", ""))


def check_image(aws: Aws, definition: dict[str, Any] | None) -> list[str]:
    """Return why the image cannot be pulled; images outside ECR are taken on trust."""
    image = image_of(definition)
    found = ECR_IMAGE.match(image)
    if found is None:
        return []
    digest, tag = found["digest"], found["tag"] or "latest"
    try:
        aws.ecr.describe_images(
            registryId=found["registry"],
            repositoryName=found["repository"],
            imageIds=[{"imageDigest": digest} if digest else {"imageTag": tag}],
        )
    except ClientError as error:
        if error_code(error) in DENIED:
            return []
        if error_code(error) in {"ImageNotFoundException", "RepositoryNotFoundException"}:
            return [f"image {image} is not in the registry; push it: `kedro infra push-image`"]
        raise
    return []


@dataclass(frozen=True)
class Offer:
    """What one instance type has."""

    name: str
    vcpus: int
    memory: int
    gpus: int

    def holds(self, wanted: Resources) -> bool:
        """Say whether a job fits on an instance of this type."""
        return (
            self.vcpus >= wanted.vcpus
            and self.memory * ECS_RESERVE >= wanted.memory
            and self.gpus >= wanted.gpus
        )


def check_capacity(
    aws: Aws, settings: BatchSettings, tag_sets: Iterable[frozenset[str]]
) -> list[str]:
    """Return which jobs no instance type of the queue's environments could hold."""
    try:
        offers = _offers(aws, _instance_types(aws, settings.queue))
    except ClientError as error:
        if error_code(error) in DENIED:
            return []
        raise
    wanted = {settings.resources_of(set(tags)) for tags in tag_sets}
    return [
        _refusal(one, offers)
        for one in sorted(wanted, key=str)
        if offers and not any(offer.holds(one) for offer in offers)
    ]


def _instance_types(aws: Aws, queue: str) -> set[str]:
    queues = aws.batch.describe_job_queues(jobQueues=[queue])["jobQueues"]
    names = [order["computeEnvironment"] for q in queues for order in q["computeEnvironmentOrder"]]
    if not names:
        return set()
    answer = aws.batch.describe_compute_environments(computeEnvironments=names)
    types = {
        kind
        for environment in answer["computeEnvironments"]
        for kind in environment.get("computeResources", {}).get("instanceTypes", [])
    }
    return types - {"optimal"} | OPTIMAL if "optimal" in types else types


def _offers(aws: Aws, types: set[str]) -> list[Offer]:
    if not types:
        return []
    patterns = sorted(kind if "." in kind else f"{kind}.*" for kind in types)
    pages = aws.ec2.get_paginator("describe_instance_types").paginate(
        Filters=[{"Name": "instance-type", "Values": patterns}]
    )
    return [_offer(dict(one)) for page in pages for one in page["InstanceTypes"]]


def _offer(one: dict[str, Any]) -> Offer:
    return Offer(
        name=one["InstanceType"],
        vcpus=one["VCpuInfo"]["DefaultVCpus"],
        memory=one["MemoryInfo"]["SizeInMiB"],
        gpus=sum(gpu["Count"] for gpu in one.get("GpuInfo", {}).get("Gpus", [])),
    )


def _refusal(wanted: Resources, offers: list[Offer]) -> str:
    best = max(offers, key=lambda offer: (offer.gpus, offer.vcpus, offer.memory))
    return (
        f"a job asks for {wanted.vcpus} vCPUs, {wanted.memory} MiB and {wanted.gpus} GPUs, which "
        f"no instance type of the queue has (the largest, {best.name}: {best.vcpus} vCPUs, "
        f"{best.memory} MiB of which {ECS_RESERVE:.0%} for jobs, {best.gpus} GPUs); lower "
        "resources in batch.yml or add a type to the compute environments"
    )
