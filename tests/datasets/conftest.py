"""A small raster, and an S3 server on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import numpy as np
import pytest
from moto.server import ThreadedMotoServer

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.raster import Raster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GRID = make_grid("EPSG:32633", 100.0, (500_000, 5_000_000 - 4_000, 505_000, 5_000_000))


@pytest.fixture
def raster() -> Raster:
    """Forty rows of fifty cells, one band."""
    values = np.random.default_rng(0).normal(size=(1, *GRID.shape)).astype(np.float32)
    values[0, 3, 4] = np.nan
    return Raster(GRID, (Band("p"),), lambda window: values[(slice(None), *window.slices)])


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """Serve S3 on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the URL of an empty bucket that AWS_ENDPOINT_URL alone leads to."""
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    client = boto3.client("s3", endpoint_url=endpoint)
    name = "maps"
    client.create_bucket(Bucket=name)
    for item in client.list_objects_v2(Bucket=name).get("Contents", []):
        client.delete_object(Bucket=name, Key=item["Key"])
    return f"s3://{name}"


@pytest.fixture(params=["disk", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a folder on this disk, and then one on S3."""
    return str(tmp_path) if request.param == "disk" else request.getfixturevalue("bucket")
