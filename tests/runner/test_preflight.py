"""Each thing that would make all jobs fail is one sentence with its remedy."""

from __future__ import annotations

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import node
from kedro_datasets.json import JSONDataset

from mineral_prospectivity.runner.errors import PreflightError
from mineral_prospectivity.runner.preflight import check_boundary, preflight
from mineral_prospectivity.runner.settings import Resources

NODE = node(lambda *_: 1, ["table", "params:x"], "weights", name="m0", tags=["batch"])
REMOTE = DataCatalog(
    {name: JSONDataset(filepath=f"memory://{name}.json") for name in ("table", "weights")}
)
REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


def problems(aws, settings, catalog=REMOTE):
    with pytest.raises(PreflightError) as raised:
        preflight(aws, settings, [NODE], catalog)
    return str(raised.value)


def test_a_sound_environment_passes(aws, store, settings, environment_of, definition_of):
    environment_of("g4dn.xlarge")
    definition_of()
    preflight(aws, settings, [NODE], REMOTE)
    assert "Contents" not in aws.s3.list_objects_v2(Bucket="bucket"), "it leaves nothing behind"


def test_everything_that_is_missing_is_told_at_once(aws, settings):
    text = problems(aws, settings)
    assert text.startswith("this run cannot succeed on AWS Batch; nothing was submitted:\n")
    assert "bucket 'bucket' does not exist; deploy the stack (`kedro infra deploy`)" in text
    assert "job queue 'members' does not exist in us-east-1; deploy the stack" in text
    assert "job definition 'member' has no active revision; deploy the stack" in text


def test_a_disabled_queue(aws, store, settings, environment_of, definition_of):
    environment_of("g4dn.xlarge", state="DISABLED")
    definition_of()
    assert "job queue 'members' is DISABLED; enable it" in problems(aws, settings)


def test_a_deregistered_definition(aws, store, settings, environment_of, definition_of):
    environment_of("g4dn.xlarge")
    definition_of()
    aws.batch.deregister_job_definition(jobDefinition="member:1")
    assert "job definition 'member' has no active revision" in problems(aws, settings)


def test_gpus_that_no_instance_type_has(aws, store, settings, environment_of, definition_of):
    environment_of("c5.xlarge", "m5")
    definition_of()
    text = problems(aws, settings)
    assert "a job asks for 4 vCPUs, 14000 MiB and 1 GPUs, which no instance type" in text
    assert "lower resources in batch.yml or add a type to the compute environments" in text


def test_memory_beside_the_agents_share(aws, store, settings, environment_of, definition_of):
    environment_of("g4dn.xlarge")
    definition_of()
    greedy = settings.model_copy(update={"resources": Resources(vcpus=4, memory=16_384, gpus=1)})
    assert "g4dn.xlarge: 4 vCPUs, 16384 MiB of which 94% for jobs" in problems(aws, greedy)


def test_an_image_that_was_never_pushed(aws, store, settings, environment_of, definition_of):
    environment_of("g4dn.xlarge")
    aws.ecr.create_repository(repositoryName="members")
    definition_of(f"{REGISTRY}/members:latest")
    text = problems(aws, settings)
    expected = f"image {REGISTRY}/members:latest is not in the registry; push it: `kedro infra"
    assert expected in text


def test_no_credentials(aws, settings, monkeypatch):
    from botocore.exceptions import NoCredentialsError

    def refuse():
        raise NoCredentialsError

    monkeypatch.setattr(aws.sts, "get_caller_identity", refuse)
    text = problems(aws, settings)
    assert "credentials are missing or wrong (Unable to locate credentials); renew them" in text
    assert "bucket" not in text, "nothing else is asked without credentials"


def test_what_stays_on_this_machine_cannot_reach_a_job(tmp_path):
    catalog = DataCatalog(
        {"table": MemoryDataset(), "weights": JSONDataset(filepath=f"{tmp_path}/w.json")}
    )
    assert check_boundary([NODE], catalog) == [
        "dataset 'table' of node 'm0' is only in this machine's memory, which a job cannot see; "
        "give it an entry in the catalog, below the storage root",
        "dataset 'weights' of node 'm0' is a file of this machine, which a job cannot see; put it "
        "below the storage root on S3",
    ]
