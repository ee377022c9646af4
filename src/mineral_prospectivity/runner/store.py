"""A run's prefix in the bucket: conf, record, lock and what is done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mineral_prospectivity.runner.aws import error_code

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound"})
CONDITION_FAILED = frozenset({"412", "409", "PreconditionFailed", "ConditionalRequestConflict"})


class Conflict(Exception):  # noqa: N818 - it is an answer, not a failure
    """An object was there already, or is no longer the one that was read."""


class Store:
    """Objects below one S3 prefix.

    Parameters
    ----------
    s3
        Client of the bucket.
    uri
        ``s3://bucket/prefix``.
    """

    def __init__(self, s3: S3Client, uri: str) -> None:
        self._s3 = s3
        self.uri = uri.rstrip("/")
        self.bucket, _, self._prefix = self.uri.removeprefix("s3://").partition("/")

    def below(self, name: str) -> Store:
        """Return the store of a prefix within this one."""
        return Store(self._s3, f"{self.uri}/{name}")

    def key(self, name: str) -> str:
        """Return the key of an object."""
        return f"{self._prefix}/{name}".lstrip("/")

    def put(self, name: str, body: bytes) -> str:
        """Write an object whole and return its ETag."""
        return self._s3.put_object(Bucket=self.bucket, Key=self.key(name), Body=body)["ETag"]

    def create(self, name: str, body: bytes) -> str:
        """Write an object that must not exist, or raise `Conflict`."""
        return self._conditional(name, body, IfNoneMatch="*")

    def replace(self, name: str, body: bytes, etag: str) -> str:
        """Write an object that must still be the one with this ETag, or raise `Conflict`."""
        return self._conditional(name, body, IfMatch=etag)

    def _conditional(self, name: str, body: bytes, **condition: Any) -> str:
        try:
            answer = self._s3.put_object(
                Bucket=self.bucket, Key=self.key(name), Body=body, **condition
            )
        except ClientError as error:
            if error_code(error) in CONDITION_FAILED | NOT_FOUND:
                raise Conflict(name) from None
            raise
        return answer["ETag"]

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Return an object's bytes and ETag, or None where there is none."""
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=self.key(name))
        except ClientError as error:
            if error_code(error) in NOT_FOUND:
                return None
            raise
        return answer["Body"].read(), answer["ETag"]

    def upload(self, name: str, path: Path) -> None:
        """Copy a file, in parts where it is large."""
        self._s3.upload_file(str(path), self.bucket, self.key(name))

    def stat(self, name: str) -> tuple[int, float]:
        """Return an object's size, bytes, and when it was written, seconds since the epoch."""
        answer = self._s3.head_object(Bucket=self.bucket, Key=self.key(name))
        return answer["ContentLength"], answer["LastModified"].timestamp()

    def delete(self, name: str) -> None:
        """Remove an object, whether it exists or not."""
        self._s3.delete_object(Bucket=self.bucket, Key=self.key(name))

    def put_json(self, name: str, value: Any) -> None:
        """Write a value as JSON."""
        self.put(name, json.dumps(value, indent=1, sort_keys=True).encode())

    def get_json(self, name: str) -> Any:
        """Return a value written as JSON, or None where there is none."""
        found = self.get(name)
        return None if found is None else json.loads(found[0])
