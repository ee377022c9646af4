"""The stack: what it makes, how it changes, how it goes."""

from __future__ import annotations

import pytest

from mineral_prospectivity.runner.errors import BatchError
from mineral_prospectivity.runner.stack import Stack


def resources(aws, kind):
    found = aws.cloudformation.describe_stack_resources(StackName="members")["StackResources"]
    return [one["PhysicalResourceId"] for one in found if one.get("ResourceType") == kind]


def test_changes_are_shown_before_they_are_made(aws, template):
    stack = Stack(aws, "members")
    name, changes = stack.propose(template, {"MonthlyBudget": "50"})
    lines = [str(change) for change in changes]
    assert "+ Bucket (AWS::S3::Bucket)" in lines
    assert "+ SpotEnvironment (AWS::Batch::ComputeEnvironment)" in lines
    assert not aws.s3.list_buckets()["Buckets"], "nothing is made yet"
    stack.execute(name)
    assert aws.s3.list_buckets()["Buckets"]


def test_a_deployed_stack_says_what_everything_is_called(aws, stack):
    outputs = stack.outputs()
    assert set(outputs) == {"Root", "Queue", "Definition", "LogGroup", "Repository"}
    assert outputs["Root"].startswith("s3://")
    assert outputs["Root"].endswith("/prospectivity")
    [queue] = aws.batch.describe_job_queues(jobQueues=[outputs["Queue"]])["jobQueues"]
    assert (queue["state"], queue["status"]) == ("ENABLED", "VALID")
    assert len(queue["computeEnvironmentOrder"]) == 2
    definitions = aws.batch.describe_job_definitions(jobDefinitions=[outputs["Definition"]])
    assert definitions["jobDefinitions"][0]["status"] == "ACTIVE"


def test_spot_comes_before_on_demand(aws, stack):
    [queue] = aws.batch.describe_job_queues()["jobQueues"]
    order = sorted(queue["computeEnvironmentOrder"], key=lambda one: one["order"])
    found = aws.batch.describe_compute_environments()["computeEnvironments"]
    kinds = {one["computeEnvironmentArn"]: one["computeResources"]["type"] for one in found}
    assert [kinds[one["computeEnvironment"]] for one in order] == ["SPOT", "EC2"]


@pytest.fixture
def brought(aws, template):
    """The stack in a VPC that was there before."""
    vpc = aws.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnet = aws.ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    stack = Stack(aws, "members")
    name, _ = stack.propose(template, {"VpcId": vpc, "SubnetIds": subnet})
    stack.execute(name)
    return stack


def test_a_vpc_that_is_brought_is_used(aws, brought):
    subnet = aws.ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    assert resources(aws, "AWS::EC2::VPC") == resources(aws, "AWS::EC2::NatGateway") == []
    found = aws.batch.describe_compute_environments()["computeEnvironments"]
    assert all(one["computeResources"]["subnets"] == [subnet] for one in found)


def test_an_update_keeps_parameters_that_are_not_given(aws, stack, template):
    name, changes = stack.propose(template, {"ImageTag": "abc"})
    assert changes, "a new image tag is a change"
    stack.execute(name)
    name, _ = stack.propose(template, {"LogRetentionDays": "7"})
    stack.execute(name)
    given = {one["ParameterKey"]: one["ParameterValue"] for one in stack.describe()["Parameters"]}
    assert (given["ImageTag"], given["LogRetentionDays"]) == ("abc", "7")
    definition = stack.outputs()["Definition"]
    [found] = aws.batch.describe_job_definitions(jobDefinitions=[definition])["jobDefinitions"]
    assert found["containerProperties"]["image"].endswith("/members:abc")


def test_a_stack_goes_and_its_bucket_only_when_told(aws, brought):
    bucket = brought.outputs()["Root"].split("/")[2]
    aws.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        aws.s3.put_object(Bucket=bucket, Key="prospectivity/a", Body=body)
    brought.destroy()
    assert brought.describe() is None
    with pytest.raises(BatchError, match="there is no stack 'members' in us-east-1"):
        brought.outputs()
    if bucket in {one["Name"] for one in aws.s3.list_buckets()["Buckets"]}:
        assert brought.delete_bucket(bucket) == 2
    assert aws.s3.list_buckets()["Buckets"] == []
