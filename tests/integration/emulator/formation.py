"""What moto's CloudFormation leaves out: outputs of change sets, new definitions, own roles."""

from __future__ import annotations

import re
from typing import Any

from moto.batch.models import ComputeEnvironment, JobDefinition, batch_backends
from moto.cloudformation import parsing
from moto.cloudformation.models import ChangeSet

BATCH = "batch.amazonaws.com"


def install() -> None:
    """Put what is left out into moto."""
    _fill_change_sets()
    _fill_references()
    _fill_updates()
    _fill_deletion()
    _fill_job_definitions()
    _fill_compute_environments()


def _fill_change_sets() -> None:
    plain = ChangeSet.apply

    def apply(change_set: ChangeSet) -> None:
        plain(change_set)
        stack = change_set.stack
        stack.template_dict, stack.template = change_set.template_dict, change_set.template
        stack.parameters = change_set.parameters
        stack.output_map = stack._create_output_map()

    ChangeSet.apply = apply


def _fill_references() -> None:
    plain = parsing.get_references_from_template

    def references(declared: Any) -> list[str]:
        """Find parameters within text too: ``!Sub "…:${ImageTag}"``."""
        if isinstance(declared, str):
            return re.findall(r"\$\{(\w+)\}", declared)
        return plain(declared)

    parsing.get_references_from_template = references


def _fill_updates() -> None:
    plain = parsing.parse_and_update_resource

    def update_or_keep(name: str, declared: dict[str, Any], found: Any, **where: str) -> Any:
        """Keep what moto cannot update, instead of forgetting it."""
        before = found[name]
        return plain(name, declared, found, **where) or before

    parsing.parse_and_update_resource = update_or_keep


def _fill_deletion() -> None:
    plain = parsing.ResourceMap.delete

    def delete(resources: parsing.ResourceMap) -> None:
        """Keep what is to be kept except where its creation fails, as moto keeps `Retain`."""
        for declared in resources._resource_json_map.values():
            if declared.get("DeletionPolicy") == "RetainExceptOnCreate":
                declared["DeletionPolicy"] = "Retain"
        plain(resources)

    parsing.ResourceMap.delete = delete


def _fill_job_definitions() -> None:
    plain = JobDefinition.create_from_cloudformation_json

    def create(name: str, declared: dict[str, Any], *where: str, **more: Any) -> JobDefinition:
        """Let a definition be without a rule for retries."""
        properties = {"RetryStrategy": {}, **declared["Properties"]}
        return plain(name, {**declared, "Properties": properties}, *where, **more)

    def revise(
        original_resource: JobDefinition,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> JobDefinition:
        return create(new_resource_name, cloudformation_json, account_id, region_name)

    JobDefinition.create_from_cloudformation_json = staticmethod(create)
    JobDefinition.update_from_cloudformation_json = staticmethod(revise)


def _fill_compute_environments() -> None:
    plain = ComputeEnvironment.create_from_cloudformation_json

    def create(
        name: str, declared: dict[str, Any], account_id: str, region_name: str, **more: Any
    ) -> ComputeEnvironment:
        """Take the service's own role where none is named."""
        properties = {"ServiceRole": own_role(account_id, region_name), **declared["Properties"]}
        return plain(name, {**declared, "Properties": properties}, account_id, region_name, **more)

    ComputeEnvironment.create_from_cloudformation_json = staticmethod(create)


def own_role(account_id: str, region_name: str) -> str:
    """Return AWSServiceRoleForBatch, which AWS makes when an account needs it first."""
    iam = batch_backends[account_id][region_name].iam_backend
    known = (role.arn for role in iam.get_roles() if role.path == f"/aws-service-role/{BATCH}/")
    return next(known, None) or iam.create_service_linked_role(BATCH, "", "").arn
