"""What a job is told, and what it leaves."""

from __future__ import annotations

import json

import yaml
from kedro.config import OmegaConfigLoader
from kedro.pipeline import node

from mineral_prospectivity.provenance import DATA_HASH
from mineral_prospectivity.runner import inside, snapshot
from mineral_prospectivity.runner.jobs import JobFactory
from mineral_prospectivity.runner.names import job_name
from mineral_prospectivity.runner.outputs import keep_outputs, stack_output
from mineral_prospectivity.runner.settings import BatchSettings

FILES = {
    "base/globals.yml": "storage: data\n",
    "base/parameters.yml": "model: {steps: 10, width: 8}\nshape: [1, 2]\n",
    "base/catalog.yml": (
        '"{member}.weights": {type: json.JSONDataset, filepath: "${globals:storage}/{member}"}\n'
        'table: {type: json.JSONDataset, filepath: "${runtime_params:table,none}.json"}\n'
    ),
    "base/credentials.yml": "me: {key: secret}\n",
    "aws/globals.yml": "storage: s3://bucket/data\n",
}


def loader_of(tmp_path, **params):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return OmegaConfigLoader(
        str(tmp_path),
        env="aws",
        base_env="base",
        default_run_env="local",
        runtime_params=params,
        config_patterns={"batch": ["batch*"]},
    )


def test_jobs_read_what_the_driver_resolved_and_no_secret(tmp_path, store, aws):
    resolved = snapshot.resolve(loader_of(tmp_path, table="t", model={"steps": 3}))
    snapshot.write(store, resolved)
    listed = aws.s3.list_objects_v2(Bucket="bucket")["Contents"]
    names = {one["Key"].removeprefix("prefix/runs/1/conf/") for one in listed}
    assert names == {
        "base/globals.yml",
        "base/parameters.yml",
        "base/catalog.yml",
        "run/globals.yml",
    }
    read = {name: yaml.safe_load(store.get(f"conf/{name}")[0]) for name in names}
    parameters = read["base/parameters.yml"]
    assert parameters["model"] == {"steps": 3, "width": 8}
    assert parameters["shape"] == [1, 2]
    assert read["base/catalog.yml"]["{member}.weights"]["filepath"] == "s3://bucket/data/{member}"
    assert read["base/catalog.yml"]["table"]["filepath"] == "t.json"
    assert snapshot.source_of(store) == "s3://bucket/prefix/runs/1/conf"


def test_a_snapshot_is_a_configuration_source_that_resolves_to_itself(tmp_path):
    first = snapshot.resolve(loader_of(tmp_path, table="t"))
    for folder in ("base", "run"):
        (tmp_path / "b" / folder).mkdir(parents=True)
    for kind, values in first.items():
        (tmp_path / "b" / "base" / f"{kind}.yml").write_text(yaml.safe_dump(values))
    second = OmegaConfigLoader(
        str(tmp_path / "b"), env="run", base_env="base", config_patterns={"batch": ["batch*"]}
    )
    assert snapshot.resolve(second) == first


def request(settings, store, tags=()):
    one = node(lambda *_: 1, "a", "b", name="member_003", tags=["batch", *tags])
    factory = JobFactory(
        settings,
        store,
        run_id="20260101-000000-000",
        pipelines=["training", "risk"],
        git_commit="abc",
        region="eu-west-1",
    )
    return factory.request(one, "hash")


def test_a_job_runs_its_node_of_the_same_pipelines_from_the_snapshot(settings, store):
    made = request(settings, store)
    assert made["containerOverrides"]["command"] == [
        *["kedro", "run", "--nodes", "member_003"],
        *["--conf-source", "s3://bucket/prefix/runs/1/conf", "--env", "run"],
        *["--pipelines", "training,risk"],
    ]
    assert made["tags"] == {
        "prospectivity:run": "20260101-000000-000",
        "prospectivity:git": "abc",
        "prospectivity:data": "hash",
    }
    assert "shareIdentifier" not in made


def test_settings_reach_the_request(store):
    settings = BatchSettings(
        root="s3://bucket",
        queue="q",
        definition="d",
        share_identifier="geology",
        environment={"OMP_NUM_THREADS": "2"},
        resources_by_tag={"shard": {"vcpus": 2, "memory": 6000, "gpus": 0}},
        attempts=7,
        timeout_minutes=1.5,
    )
    made = request(settings, store, tags=["shard"])
    assert made["shareIdentifier"] == "geology"
    assert made["retryStrategy"]["attempts"] == 7
    assert made["timeout"] == {"attemptDurationSeconds": 90}
    wanted = {
        one["type"]: one["value"] for one in made["containerOverrides"]["resourceRequirements"]
    }
    assert wanted == {"VCPU": "2", "MEMORY": "6000"}
    variables = {one["name"]: one["value"] for one in made["containerOverrides"]["environment"]}
    assert variables["OMP_NUM_THREADS"] == "2"
    assert variables["AWS_DEFAULT_REGION"] == "eu-west-1"


def test_a_job_leaves_a_mark_and_nothing_else_does(store, monkeypatch):
    name = job_name("1", "member_003")
    monkeypatch.setenv(inside.RUN_URI, store.uri)
    monkeypatch.setenv(inside.JOB_NAME, name)
    inside.leave_done_mark(0.0)
    assert store.get(inside.done_object(name)) is None
    monkeypatch.setenv(inside.BATCH_JOB_ID, "id")
    monkeypatch.setenv(inside.BATCH_ATTEMPT, "2")
    monkeypatch.setenv(DATA_HASH, "hash")
    inside.leave_done_mark(0.0)
    mark = json.loads(store.get(inside.done_object(name))[0])
    assert (mark["job"], mark["attempt"], mark["data_hash"]) == ("id", 2, "hash")


def test_a_stacks_names_come_from_variables_before_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keep_outputs({"Root": "s3://file/p", "Queue": "q"}, tmp_path)
    assert stack_output("Root") == "s3://file/p"
    monkeypatch.setenv("PROSPECTIVITY_ROOT", "s3://variable/p")
    assert stack_output("Root") == "s3://variable/p"
