"""Names within AWS's rules, typed settings, prices."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mineral_prospectivity.runner.cost import cost_of, share
from mineral_prospectivity.runner.errors import PreflightError
from mineral_prospectivity.runner.names import job_name, run_id_of
from mineral_prospectivity.runner.settings import Instance, Resources, batch_settings

RUN = "20261123-003222-123"
GOOD = {"root": "s3://bucket", "queue": "queue", "definition": "definition"}


@given(st.text(min_size=1, max_size=300))
def test_every_node_gets_a_name_that_batch_takes(node):
    name = job_name(RUN, node)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", name)
    assert name.startswith(f"{RUN}-")


@given(st.lists(st.text(min_size=1, max_size=200), unique=True, min_size=2, max_size=20))
def test_no_two_nodes_share_a_name(nodes):
    assert len({job_name(RUN, node) for node in nodes}) == len(nodes)


def test_a_run_is_named_after_its_session():
    assert run_id_of("2026-11-23T00.32.22.123Z") == RUN


def test_every_wrong_setting_is_named_at_once():
    with pytest.raises(PreflightError) as raised:
        batch_settings({"root": "bucket", "queue": "q", "attempts": 11, "quue": 1})
    text = str(raised.value)
    assert "batch.yml: root = 'bucket': string should match pattern" in text
    assert "batch.yml: attempts = 11: input should be less than or equal to 10" in text
    assert "batch.yml: quue = 1: extra inputs are not permitted" in text
    assert "batch.yml: definition" in text


def test_resources_follow_the_first_tag_that_is_named():
    settings = batch_settings(GOOD | {"resources_by_tag": {"shard": {"gpus": 0, "vcpus": 2}}})
    assert settings.resources_of({"batch", "shard"}).gpus == 0
    assert settings.resources_of({"batch"}).gpus == 1


def test_a_job_pays_for_the_scarcest_part_of_its_instance():
    instance = Instance(vcpus=48, memory=196_608, gpus=4, spot=2.0, on_demand=4.0)
    assert share(Resources(vcpus=12, memory=16_384, gpus=1), instance) == 1 / 4
    assert share(Resources(vcpus=4, memory=98_304, gpus=1), instance) == 1 / 2


def test_cost_is_hours_times_share_times_price():
    instance = Instance(vcpus=4, memory=16_384, gpus=1, spot=0.2, on_demand=0.5)
    cost = cost_of([(Resources(vcpus=4, memory=8192, gpus=1), 1800.0)] * 4, instance)
    assert (cost.hours, cost.vcpu_hours, cost.gpu_hours) == (2.0, 8.0, 2.0)
    assert (cost.spot, cost.on_demand) == pytest.approx((0.4, 1.0))
    assert str(cost) == "0.40 USD on Spot, 1.00 on demand"
