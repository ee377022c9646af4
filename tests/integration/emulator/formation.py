"""What moto's CloudFormation leaves out: outputs of change sets, new definitions, own roles."""

from __future__ import annotations

from typing import Any

from moto.batch.models import ComputeEnvironment, JobDefinition, batch_backends
from moto.cloudformation import parsing
from moto.cloudformation.models import ChangeSet

BATCH = "batch.amazonaws.com"


def own_role(account_id: str, region_name: str) -> str:
    """Return AWSServiceRoleForBatch, which AWS makes when an account needs it first."""
    iam = batch_backends[account_id][region_name].iam_backend
    known = (role.arn for role in iam.get_roles() if role.path == f"/aws-service-role/{BATCH}/")
    return next(known, None) or iam.create_service_linked_role(BATCH, "", "").arn


def install() -> None:
    plain = ChangeSet.apply

    def apply(change_set: ChangeSet) -> None:
        plain(change_set)
        stack = change_set.stack
        stack.template_dict, stack.template = change_set.template_dict, change_set.template
        stack.parameters = change_set.parameters
        stack.output_map = stack._create_output_map()

    def revise(
        original_resource: JobDefinition,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> JobDefinition:
        return JobDefinition.create_from_cloudformation_json(
            new_resource_name, cloudformation_json, account_id, region_name
        )

    update = parsing.parse_and_update_resource

    def update_or_keep(name: str, declared: dict[str, Any], found: Any, **where: str) -> Any:
        """Keep what moto cannot update, instead of forgetting it."""
        before = found[name]
        return update(name, declared, found, **where) or before

    delete = parsing.ResourceMap.delete

    def delete_but_keep(resources: parsing.ResourceMap) -> None:
        """Keep what is to be kept except where its creation fails, as moto keeps `Retain`."""
        for declared in resources._resource_json_map.values():
            if declared.get("DeletionPolicy") == "RetainExceptOnCreate":
                declared["DeletionPolicy"] = "Retain"
        delete(resources)

    declare = ComputeEnvironment.create_from_cloudformation_json

    def declare_environment(
        name: str, declared: dict[str, Any], account_id: str, region_name: str, **more: Any
    ) -> ComputeEnvironment:
        """Take the service's own role where none is named."""
        if "ServiceRole" not in declared["Properties"]:
            declared["Properties"]["ServiceRole"] = own_role(account_id, region_name)
        return declare(name, declared, account_id, region_name, **more)

    ComputeEnvironment.create_from_cloudformation_json = staticmethod(declare_environment)
    parsing.ResourceMap.delete = delete_but_keep
    parsing.parse_and_update_resource = update_or_keep
    ChangeSet.apply = apply
    JobDefinition.update_from_cloudformation_json = staticmethod(revise)
