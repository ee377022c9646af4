"""The template, deployed on AWS in this process."""

from __future__ import annotations

import runpy
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from moto import mock_aws

from mineral_prospectivity.runner.aws import Aws
from mineral_prospectivity.runner.stack import Stack

EMULATOR = Path(__file__).parents[1] / "integration" / "emulator"
TEMPLATE = Path(__file__).parents[2] / "infra" / "template.yml"

runpy.run_path(str(EMULATOR / "formation.py"))["install"]()


@pytest.fixture
def template():
    return TEMPLATE.read_text(encoding="utf-8")


class TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's functions left as they are written."""


def _function(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, object]:
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


TemplateLoader.add_multi_constructor("!", _function)


@pytest.fixture
def parsed(template):
    """The template's sections."""
    return yaml.load(template, TemplateLoader)  # noqa: S506 - a SafeLoader


@pytest.fixture
def declared(parsed):
    """Properties of every resource, by name."""
    return {name: one.get("Properties", {}) for name, one in parsed["Resources"].items()}


@contextmanager
def aws_here():
    """AWS in this process, with credentials that it accepts."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        with mock_aws():
            yield Aws()


def deployed(aws):
    """The template as it is, deployed."""
    made = Stack(aws, "members")
    name, _ = made.propose(TEMPLATE.read_text(encoding="utf-8"), {})
    made.execute(name)
    return made


@pytest.fixture
def aws():
    with aws_here() as found:
        yield found


@pytest.fixture
def stack(aws):
    return deployed(aws)


@pytest.fixture(scope="module")
def standing():
    """A stack that no test changes."""
    with aws_here() as found:
        yield deployed(found)
