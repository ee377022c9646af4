"""The stack of ``infra/template.yml``: changes shown before they are made, outputs, removal."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError, WaiterError

from mineral_prospectivity.runner.errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, WaiterConfigTypeDef

    from mineral_prospectivity.runner.aws import Aws

NEW = "REVIEW_IN_PROGRESS"
NEVER_MADE = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"})
"""What a first deployment that failed leaves: AWS lets nobody update it, only delete it."""
NO_CHANGE = ("didn't contain changes", "No updates are to be performed")
WAIT: WaiterConfigTypeDef = {"Delay": 5, "MaxAttempts": 720}
BATCH_OF_KEYS = 1000


@dataclass(frozen=True)
class Change:
    """What a change set would do to one resource."""

    action: str
    name: str
    kind: str
    replaces: bool

    def __str__(self) -> str:
        """One line of a list of changes."""
        sign = {"Add": "+", "Remove": "-"}.get(self.action, "~")
        return f"{sign} {self.name} ({self.kind}){' REPLACED' if self.replaces else ''}"


class Stack:
    """A CloudFormation stack.

    Parameters
    ----------
    aws
        Clients.
    name
        Name of the stack.
    """

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws = aws
        self._cloud = aws.cloudformation
        self.name = name

    def describe(self) -> dict[str, Any] | None:
        """Return what AWS says of the stack, None where there is none."""
        try:
            return dict(self._cloud.describe_stacks(StackName=self.name)["Stacks"][0])
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def outputs(self) -> dict[str, str]:
        """Return the outputs by name.

        Raises
        ------
        BatchError
            If there is no such stack, or it was never made.
        """
        status, found = self._standing()
        if not found:
            msg = (
                f"stack {self.name!r} was never made (it is {status}): kedro infra deploy makes "
                "it, kedro infra destroy removes what is left"
            )
            raise BatchError(msg)
        return found

    def _standing(self) -> tuple[str, dict[str, str]]:
        """Return status and outputs, none where the stack was never made."""
        found = self.describe()
        if found is None:
            msg = f"there is no stack {self.name!r} in {self._aws.region}: kedro infra deploy"
            raise BatchError(msg)
        outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
        return found["StackStatus"], outputs

    def bucket(self) -> str | None:
        """Return the name of the bucket, None where the stack was never made.

        Raises
        ------
        BatchError
            If there is no such stack.
        """
        root = self._standing()[1].get("Root")
        return None if root is None else root.removeprefix("s3://").partition("/")[0]

    def was_never_made(self) -> bool:
        """Say whether all there is of the stack is what a first deployment that failed left."""
        return (self.describe() or {}).get("StackStatus") in NEVER_MADE

    def propose(self, template: str, parameters: Mapping[str, str]) -> tuple[str, list[Change]]:
        """Make a change set; return its name and what it would change.

        Parameters that are not given keep the value that they have, or their default.

        Raises
        ------
        BatchError
            If AWS refuses the template or the parameters.
        """
        found = self.describe()
        new = found is None or found["StackStatus"] == NEW
        name = f"change-{time.strftime('%Y%m%d-%H%M%S')}"
        kind: Literal["CREATE", "UPDATE"] = "CREATE" if new else "UPDATE"
        self._cloud.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType=kind,
            TemplateBody=template,
            Parameters=self._parameters(template, parameters, {} if new else found or {}),
            Capabilities=["CAPABILITY_IAM"],
            Tags=[{"Key": "project", "Value": "mineral-prospectivity"}],
        )
        try:
            self._cloud.get_waiter("change_set_create_complete").wait(
                StackName=self.name, ChangeSetName=name, WaiterConfig={"Delay": 2}
            )
        except WaiterError as error:
            reason = str(error.last_response.get("StatusReason", error))
            self.forget(name)
            if any(text in reason for text in NO_CHANGE):
                return name, []
            msg = f"AWS refuses these changes to stack {self.name!r}: {reason}"
            raise BatchError(msg) from None
        return name, self._changes(name)

    def _parameters(
        self, template: str, given: Mapping[str, str], found: Mapping[str, Any]
    ) -> list[ParameterTypeDef]:
        """Return what is given, and that the others which template and stack have stay."""
        summary = self._cloud.get_template_summary(TemplateBody=template)
        asked = {one["ParameterKey"] for one in summary["Parameters"]}
        kept = asked & {one["ParameterKey"] for one in found.get("Parameters", [])} - given.keys()
        new: list[ParameterTypeDef] = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in given.items()
        ]
        return new + [{"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)]

    def _changes(self, name: str) -> list[Change]:
        pages = self._cloud.get_paginator("describe_change_set").paginate(
            StackName=self.name, ChangeSetName=name
        )
        found = [one["ResourceChange"] for page in pages for one in page["Changes"]]
        return [
            Change(
                action=one["Action"],
                name=one["LogicalResourceId"],
                kind=one["ResourceType"],
                replaces=one.get("Replacement") == "True",
            )
            for one in found
        ]

    def forget(self, change_set: str) -> None:
        """Drop a change set that will not be executed, and a stack that was there for it alone."""
        self._cloud.delete_change_set(StackName=self.name, ChangeSetName=change_set)
        if (self.describe() or {}).get("StackStatus") == NEW:
            self._cloud.delete_stack(StackName=self.name)

    def execute(self, change_set: str) -> dict[str, str]:
        """Make the changes, wait, and return the outputs.

        Raises
        ------
        BatchError
            If a resource fails, with its reason.
        """
        found = self.describe()
        new = found is None or found["StackStatus"] == NEW
        before = self._newest_event()
        self._cloud.execute_change_set(StackName=self.name, ChangeSetName=change_set)
        waiter: Any = self._cloud.get_waiter(
            "stack_create_complete" if new else "stack_update_complete"
        )
        try:
            waiter.wait(StackName=self.name, WaiterConfig=WAIT)
        except WaiterError:
            msg = f"stack {self.name!r} failed: {self._first_failure(before)}"
            raise BatchError(msg) from None
        return self.outputs()

    def _newest_event(self) -> str:
        events = self._cloud.describe_stack_events(StackName=self.name)["StackEvents"]
        return events[0]["EventId"] if events else ""

    def _first_failure(self, before: str) -> str:
        """Return the first failure after an event; AWS tells events newest first."""
        pages = self._cloud.get_paginator("describe_stack_events").paginate(StackName=self.name)
        events = (one for page in pages for one in page["StackEvents"])
        later = takewhile(lambda one: one["EventId"] != before, events)
        failed = [one for one in later if one.get("ResourceStatus", "").endswith("_FAILED")]
        if not failed:
            return "AWS gives no reason; see its events in the console"
        first = failed[-1]
        return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'no reason')}"

    def destroy(self) -> None:
        """Delete the stack and wait; its bucket stays.

        Raises
        ------
        BatchError
            If a resource cannot be deleted.
        """
        before = self._newest_event()
        self._cloud.delete_stack(StackName=self.name)
        try:
            self._cloud.get_waiter("stack_delete_complete").wait(
                StackName=self.name, WaiterConfig=WAIT
            )
        except WaiterError:
            msg = f"stack {self.name!r} could not be deleted: {self._first_failure(before)}"
            raise BatchError(msg) from None

    def delete_bucket(self, bucket: str) -> int:
        """Delete a bucket with every version of every object; return how many there were."""
        count = 0
        pages = self._aws.s3.get_paginator("list_object_versions").paginate(
            Bucket=bucket, PaginationConfig={"PageSize": BATCH_OF_KEYS}
        )
        for page in pages:
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            if keys:
                self._aws.s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})  # type: ignore[typeddict-item]
            count += len(keys)
        self._aws.s3.delete_bucket(Bucket=bucket)
        return count
