"""Clients of AWS, made once, with adaptive retries; and what their errors mean."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as AwsConnectionError,
)

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

CREDENTIAL_CODES = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
    }
)
THROTTLING_STATUS = 429
SERVER_ERROR_STATUS = 500

_CONFIG = Config(
    retries={"mode": "adaptive", "max_attempts": 8},
    max_pool_connections=16,
    connect_timeout=10,
    read_timeout=60,
    user_agent_extra="mineral-prospectivity",
)


class Aws:
    """One session and its clients, each made when it is first asked for."""

    def __init__(self, region: str | None = None) -> None:
        self._session = boto3.Session(region_name=region)

    @property
    def region(self) -> str | None:
        """The region of every client."""
        return self._session.region_name

    @cached_property
    def batch(self) -> BatchClient:
        """Jobs, queues and definitions."""
        return self._session.client("batch", config=_CONFIG)

    @cached_property
    def s3(self) -> S3Client:
        """The bucket."""
        return self._session.client("s3", config=_CONFIG)

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """What jobs print."""
        return self._session.client("logs", config=_CONFIG)

    @cached_property
    def sts(self) -> STSClient:
        """Who we are."""
        return self._session.client("sts", config=_CONFIG)

    @cached_property
    def ecr(self) -> ECRClient:
        """The image."""
        return self._session.client("ecr", config=_CONFIG)

    @cached_property
    def ec2(self) -> EC2Client:
        """What instance types offer."""
        return self._session.client("ec2", config=_CONFIG)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """The stack."""
        return self._session.client("cloudformation", config=_CONFIG)


def error_code(error: Exception) -> str:
    """Return AWS's code of an error, empty where it has none."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def is_credential_error(error: Exception) -> bool:
    """Say whether credentials are missing, wrong or expired."""
    if isinstance(error, ClientError):
        return error_code(error) in CREDENTIAL_CODES
    return isinstance(
        error,
        NoCredentialsError
        | PartialCredentialsError
        | CredentialRetrievalError
        | TokenRetrievalError,
    )


def is_transient(error: Exception) -> bool:
    """Say whether the same call may well succeed later: network, throttling, AWS's own fault."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status == THROTTLING_STATUS or status >= SERVER_ERROR_STATUS
    return isinstance(error, AwsConnectionError | HTTPClientError)


def reason_of(error: ClientError | BotoCoreError) -> str:
    """Return an error of AWS in its own words, on one line."""
    if isinstance(error, ClientError):
        detail = error.response.get("Error", {})
        text = f"{detail.get('Code', 'error')}: {detail.get('Message', '')}"
    else:
        text = str(error)
    return " ".join(text.split())
