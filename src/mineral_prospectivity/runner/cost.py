"""What a run costs: beforehand from expected durations, afterwards from measured ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mineral_prospectivity.runner.settings import Instance, Resources

HOUR = 3600.0


def share(resources: Resources, instance: Instance) -> float:
    """Return the share of an instance that a job fills: the largest over vCPU, memory and GPU.

    >>> from mineral_prospectivity.runner.settings import Instance, Resources
    >>> share(Resources(vcpus=2, memory=4096, gpus=0), Instance(vcpus=4, memory=16384, gpus=1))
    0.5
    """
    shares = [resources.vcpus / instance.vcpus, resources.memory / instance.memory]
    if instance.gpus:
        shares.append(resources.gpus / instance.gpus)
    return max(shares)


@dataclass(frozen=True)
class Cost:
    """Job hours and what they cost on Spot and on demand."""

    hours: float
    vcpu_hours: float
    gpu_hours: float
    spot: float
    on_demand: float
    currency: str

    def __str__(self) -> str:
        """Both prices, for a line of text."""
        return f"{self.spot:.2f} {self.currency} on Spot, {self.on_demand:.2f} on demand"


def cost_of(jobs: Iterable[tuple[Resources, float]], instance: Instance) -> Cost:
    """Return the cost of jobs, given what each is given and the seconds it runs."""
    hours = vcpu = gpu = instances = 0.0
    for resources, seconds in jobs:
        hours += seconds / HOUR
        vcpu += resources.vcpus * seconds / HOUR
        gpu += resources.gpus * seconds / HOUR
        instances += share(resources, instance) * seconds / HOUR
    return Cost(
        hours=hours,
        vcpu_hours=vcpu,
        gpu_hours=gpu,
        spot=instances * instance.spot,
        on_demand=instances * instance.on_demand,
        currency=instance.currency,
    )
