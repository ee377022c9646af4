"""The stack: what it makes, how it changes, how it goes."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from moto.cloudformation.models import Event, cloudformation_backends

from mineral_prospectivity.runner.errors import BatchError
from mineral_prospectivity.runner.infra_commands import infra
from mineral_prospectivity.runner.stack import Stack


def resources(aws, kind):
    found = aws.cloudformation.describe_stack_resources(StackName="members")["StackResources"]
    return [one["PhysicalResourceId"] for one in found if one.get("ResourceType") == kind]


def definitions(aws, stack):
    """The revisions of the job definition, oldest first, found as a driver finds them."""
    name = stack.outputs()["Definition"]
    found = aws.batch.describe_job_definitions(jobDefinitionName=name)["jobDefinitions"]
    return sorted(found, key=lambda one: one["revision"])


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
    assert definitions(aws, stack)[0]["status"] == "ACTIVE"


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
    assert definitions(aws, stack)[-1]["containerProperties"]["image"].endswith("/members:abc")


def test_a_new_image_leaves_the_name_of_the_definition_as_it_was(aws, stack, template):
    before = stack.outputs()["Definition"]
    name, _ = stack.propose(template, {"ImageTag": "corrected"})
    assert stack.execute(name)["Definition"] == before
    assert [one["revision"] for one in definitions(aws, stack)] == [1, 2]


def test_a_stack_goes_and_its_bucket_only_when_told(aws, brought):
    bucket = brought.outputs()["Root"].split("/")[2]
    aws.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        aws.s3.put_object(Bucket=bucket, Key="prospectivity/a", Body=body)
    brought.destroy()
    assert brought.describe() is None
    with pytest.raises(BatchError, match="there is no stack 'members' in us-east-1"):
        brought.outputs()
    assert brought.delete_bucket(bucket) == 2
    assert aws.s3.list_buckets()["Buckets"] == []


SMALL = """
Parameters: {Greeting: {Type: String, Default: hello}}
Resources: {Queue: {Type: AWS::SQS::Queue}}
Outputs: {Root: {Value: s3://bucket/prospectivity}}
"""


@pytest.fixture
def command(aws, tmp_path, monkeypatch):
    """Run ``kedro infra`` beside a small template, and return what it says."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/template.yml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=0):
        done = CliRunner().invoke(infra, [*arguments, "--stack", "members"])
        assert done.exit_code == code, done.output
        return done.output

    return run


def begun(aws, status=None):
    """A stack that is not made yet, or whose first deployment failed."""
    stack = Stack(aws, "members")
    stack.propose(SMALL, {})
    if status is not None:
        [found] = cloudformation_backends["123456789012"]["us-east-1"].stacks.values()
        found.status = status
    return stack


def test_a_parameter_that_the_template_dropped_is_not_asked_for(aws):
    stack, asked = Stack(aws, "members"), []
    aws.cloudformation.meta.events.register(
        "provide-client-params.cloudformation.CreateChangeSet",
        lambda params, **_: asked.append([one["ParameterKey"] for one in params["Parameters"]]),
    )
    for template in (SMALL, SMALL.replace("Greeting", "Farewell")):
        name, _ = stack.propose(template, {})
        stack.execute(name)
    assert asked == [[], []]


def test_what_was_declined_leaves_no_stack(aws):
    stack = Stack(aws, "members")
    name, _ = stack.propose(SMALL, {})
    stack.forget(name)
    assert stack.describe() is None


@pytest.mark.parametrize("status", [None, "ROLLBACK_COMPLETE"])
def test_a_stack_that_was_never_made_can_be_destroyed(aws, command, status):
    stack = begun(aws, status)
    said = f"stack 'members' was never made (it is {status or 'REVIEW_IN_PROGRESS'}): kedro infra"
    assert said in command("status", code=1)
    assert command("destroy", "--delete-data", "--yes") == "stack members is gone\n"
    assert stack.describe() is None


def test_a_deployment_follows_one_that_failed(aws, command):
    begun(aws, "ROLLBACK_COMPLETE")
    said = command("deploy", "--yes")
    assert "removing what the failed deployment of stack members left\n" in said
    assert "stack members stands" in said
    assert Stack(aws, "members").describe()["StackStatus"] == "CREATE_COMPLETE"


def test_a_second_failure_tells_its_own_reason(aws):
    stack = begun(aws)
    [found] = cloudformation_backends["123456789012"]["us-east-1"].stacks.values()

    def fail(name, reason):
        found.events.append(Event("id", "members", name, "", "", "CREATE_FAILED", reason, None))

    fail("Bucket", "the first time")
    before = stack._newest_event()
    fail("Queue", "this time")
    fail("Role", "cancelled")
    assert stack._first_failure(before) == "Queue: this time"
