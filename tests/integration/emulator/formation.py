"""What moto's CloudFormation leaves out: outputs of change sets, new definitions, what stays."""

from __future__ import annotations

from typing import Any

from moto.batch.models import JobDefinition
from moto.cloudformation import parsing
from moto.cloudformation.models import ChangeSet


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

    parsing.ResourceMap.delete = delete_but_keep
    parsing.parse_and_update_resource = update_or_keep
    ChangeSet.apply = apply
    JobDefinition.update_from_cloudformation_json = staticmethod(revise)
