"""What a job may do, judged as IAM judges: everything else is refused."""

from __future__ import annotations

import fnmatch

import boto3
import pytest
import yaml


def matches(patterns, value):
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatch.fnmatchcase(value.lower(), one.lower()) for one in patterns)


def holds(condition, context):
    """Evaluate the operators that the template uses; any other is a mistake in this test."""
    for operator, wanted in condition.items():
        assert operator in {"StringLike", "StringEquals"}, operator
        for key, patterns in wanted.items():
            if not matches(patterns, context.get(key, "")):
                return False
    return True


def allowed(statements, action, resource, **context):
    """An explicit deny wins, then an allow; without either, no."""
    context = {key.replace("_", ":"): value for key, value in context.items()}
    effects = {
        one["Effect"]
        for one in statements
        if matches(one["Action"], action)
        and matches(one["Resource"], resource)
        and holds(one.get("Condition", {}), context)
    }
    return effects == {"Allow"}


@pytest.fixture
def policies(standing):
    """Statements of each role of the deployed stack, with every reference resolved."""
    cloud, iam = boto3.client("cloudformation"), boto3.client("iam")
    found = cloud.describe_stack_resources(StackName="members")["StackResources"]

    def read(document):
        return yaml.safe_load(document) if isinstance(document, str) else document

    def statements(name):
        [role] = [
            one["PhysicalResourceId"] for one in found if one.get("LogicalResourceId") == name
        ]
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=role, PolicyName=one) for one in names]
        return [s for one in documents for s in read(one["PolicyDocument"])["Statement"]]

    return statements


@pytest.fixture
def bucket(standing):
    return "arn:aws:s3:::" + standing.outputs()["Root"].split("/")[2]


def test_a_job_reads_and_writes_below_its_prefix(policies, bucket):
    job = policies("JobRole")
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
        assert allowed(job, action, f"{bucket}/prospectivity/data/06_models/m.safetensors")
    assert allowed(job, "s3:ListBucket", bucket, s3_prefix="prospectivity/runs/1/")


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", "{bucket}/other/secret"),
        ("s3:PutObject", "{bucket}/prospectivity-of-others/a"),
        ("s3:DeleteObject", "{bucket}/a"),
        ("s3:GetObject", "arn:aws:s3:::another-bucket/prospectivity/a"),
        ("s3:PutObjectAcl", "{bucket}/prospectivity/a"),
        ("s3:DeleteBucket", "{bucket}"),
        ("s3:PutBucketPolicy", "{bucket}"),
        ("batch:SubmitJob", "*"),
        ("batch:TerminateJob", "*"),
        ("iam:PassRole", "*"),
        ("sts:AssumeRole", "*"),
        ("ec2:RunInstances", "*"),
        ("logs:GetLogEvents", "*"),
        ("ecr:PutImage", "*"),
    ],
)
def test_a_job_is_refused_everything_else(policies, bucket, action, resource):
    assert not allowed(policies("JobRole"), action, resource.format(bucket=bucket))


@pytest.mark.parametrize("prefix", ["", "other/", "prospectivity-of-others/"])
def test_a_job_may_not_list_what_is_not_its_own(policies, bucket, prefix):
    assert not allowed(policies("JobRole"), "s3:ListBucket", bucket, s3_prefix=prefix)


def test_what_starts_a_job_opens_its_own_log_and_pulls_its_own_image(policies):
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/batch"
    repository = "arn:aws:ecr:us-east-1:123456789012:repository"
    for role in (policies("ExecutionRole"), policies("InstanceRole")):
        assert allowed(role, "logs:PutLogEvents", f"{group}/members:log-stream:member/a")
        assert not allowed(role, "logs:PutLogEvents", f"{group}/another:log-stream:a")
        assert allowed(role, "ecr:BatchGetImage", f"{repository}/members")
        assert not allowed(role, "ecr:BatchGetImage", f"{repository}/another")
        assert not allowed(role, "ecr:PutImage", f"{repository}/members")
        assert not allowed(role, "s3:GetObject", "arn:aws:s3:::any/thing")


def test_no_statement_allows_every_action_or_everything(policies):
    for name in ("JobRole", "ExecutionRole", "InstanceRole"):
        for one in policies(name):
            actions = [one["Action"]] if isinstance(one["Action"], str) else one["Action"]
            assert not [action for action in actions if action.endswith("*")]
            if one["Resource"] == "*":
                assert set(actions) <= {"ecr:GetAuthorizationToken", "ecs:DiscoverPollEndpoint"}
