"""What moto's CloudFormation leaves out: outputs and parameters after a change set."""

from __future__ import annotations

from moto.cloudformation.models import ChangeSet


def install() -> None:
    plain = ChangeSet.apply

    def apply(change_set: ChangeSet) -> None:
        plain(change_set)
        stack = change_set.stack
        stack.template_dict, stack.template = change_set.template_dict, change_set.template
        stack.parameters = change_set.parameters
        stack.output_map = stack._create_output_map()

    ChangeSet.apply = apply
