"""AWS in this process."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from mineral_prospectivity.runner.aws import Aws
from mineral_prospectivity.runner.settings import BatchSettings
from mineral_prospectivity.runner.store import Store

REGION = "us-east-1"


@pytest.fixture
def aws(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Aws()


@pytest.fixture
def store(aws):
    aws.s3.create_bucket(Bucket="bucket")
    return Store(aws.s3, "s3://bucket/prefix/runs/1")


@pytest.fixture
def settings():
    return BatchSettings(root="s3://bucket", queue="members", definition="member")


@pytest.fixture
def environment_of(aws):
    """Make a queue over one compute environment of these instance types."""

    def make(*types: str, state: str = "ENABLED") -> None:
        ec2, iam = boto3.client("ec2"), boto3.client("iam")
        role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        profile = iam.create_instance_profile(InstanceProfileName="batch")["InstanceProfile"]
        aws.batch.create_compute_environment(
            computeEnvironmentName="gpus",
            type="MANAGED",
            state="ENABLED",
            serviceRole=role,
            computeResources={
                "type": "EC2",
                "minvCpus": 0,
                "maxvCpus": 16,
                "instanceTypes": list(types),
                "subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
                "securityGroupIds": [
                    ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
                ],
                "instanceRole": profile["Arn"],
            },
        )
        order = [{"order": 1, "computeEnvironment": "gpus"}]
        aws.batch.create_job_queue(
            jobQueueName="members", state=state, priority=1, computeEnvironmentOrder=order
        )

    return make


@pytest.fixture
def definition_of(aws):
    """Register the job definition with an image."""

    def register(image: str = "public/image") -> None:
        aws.batch.register_job_definition(
            jobDefinitionName="member",
            type="container",
            containerProperties={"image": image, "vcpus": 1, "memory": 512},
        )

    return register
