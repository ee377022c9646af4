"""Every command that README and documentation show is executed, or stands here with a reason."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import click
import pytest

from mineral_prospectivity.cli import cli

from .conftest import Checkout

PROJECT = Path(__file__).parents[2]
PAGES = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    *sorted((PROJECT / "infra").glob("*.md")),
    *sorted((PROJECT / "docs").glob("*.md")),
]
BIN = ".venv/bin/"
"""Pages for newcomers spell it out; the environment of the tests has it on its path."""
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELL = {"bash", "console", "sh", "shell"}
PROGRAMS = {"cp", "kedro", "make", "pip", "python"}
"""A block that names no language and begins with one of these is shell as well."""

ON_AWS = re.compile(r"kedro (infra|batch|run .*--env \S*aws)\b")
"""Executed against the server that plays AWS, in tests/integration: here they are parsed."""

OF_EXPERIMENTS = re.compile(r"kedro (experiment|run .*--env lake)")
"""Executed on files made for it, in tests/experiments: here they are parsed."""

OF_CLONCURRY = re.compile(r"kedro run .*--env cloncurry")
"""Needs the internet, since its layers are published: here they are parsed."""

PARTS = {
    "make run": "kedro run",
    "make lineage": "kedro viz build",
    "make docs": "mkdocs build --strict",
    "make setup-dev": "pip install",
    "make test": "pytest",
}
"""What a target would run: the parts are executed by these tests, or are these tests."""

NOT_EXECUTED = {
    "kedro run --env demo+paper": "minutes of training; small in tests/pipelines/test_paper.py",
    "cp -r conf/lake conf/lake_no_gravity": "conf/lake is the reader's own",
    'pip install -e ".[aws]" --constraint requirements.lock': "the tests' environment has it",
    "pip install jupyterlab": "needs the internet",
    "jupyter lab notebooks": "serves until it is stopped; test_notebooks.py runs them",
    "python -m http.server --directory build": "serves until it is stopped",
    "kedro viz run --include-hooks --env cloncurry": "serves until it is stopped",
    "python tests/integration/emulator --port 5555 --any-image &": (
        "serves until it is stopped; started so by tests/integration/test_whole_project.py"
    ),
    "export AWS_ENDPOINT_URL=http://127.0.0.1:5555 AWS_DEFAULT_REGION=us-east-1": (
        "a variable of that server"
    ),
    "export AWS_ACCESS_KEY_ID=here AWS_SECRET_ACCESS_KEY=here": "a variable of that server",
}


def commands_of(page: Path) -> list[str]:
    """Return the commands of a page's shell blocks, without prompts, comments and answers."""
    found = []
    for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language not in SHELL and (language or text.split()[0] not in PROGRAMS):
            continue
        lines = text.replace("\\\n", " ").splitlines()
        if language == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        bare = [re.sub(r"\s+#.*$|^#.*$", "", line).strip() for line in lines]
        found += [re.sub(r"\s+", " ", line) for line in bare if line]
    return found


DOCUMENTED = list(
    dict.fromkeys(one.removeprefix(BIN) for page in PAGES for one in commands_of(page))
)
RULES = (ON_AWS, OF_EXPERIMENTS, OF_CLONCURRY)
PARSED = [one for one in DOCUMENTED if any(rule.search(one) for rule in RULES)]
EXECUTED = [
    one for one in DOCUMENTED if one not in {*PARSED, *PARTS, *NOT_EXECUTED, *("kedro run",)}
]


def test_what_is_not_executed_is_documented_and_has_a_reason():
    for command, reason in NOT_EXECUTED.items():
        print(f"not executed: {command}: {reason}")  # noqa: T201

    assert set(NOT_EXECUTED) <= set(DOCUMENTED)
    assert set(PARTS) <= {*DOCUMENTED, "make setup-dev", "make docs"}


@pytest.mark.parametrize("target", PARTS)
def test_a_target_runs_its_part(checkout, target):
    assert PARTS[target] in checkout.run(f"make --dry-run --always-make {target.split()[1]}")


@pytest.mark.parametrize("command", PARSED)
def test_a_command_is_understood(command, tmp_path):
    """The program itself reads the command: its name, its arguments and every option."""
    words = shlex.split(re.sub(r"<[^>]+>", "20261123-003222-123", command))
    words = [_in_place_of(word, tmp_path) if word.startswith("~/") else word for word in words]
    words = words[words.index("kedro") + 1 :]
    known: click.Command = cli
    while isinstance(known, click.Group):
        name = words.pop(0)
        assert name in known.commands, f"there is no command {name!r} in {command!r}"
        known = known.commands[name]
    with known.make_context(known.name, words):
        pass


def _in_place_of(path, folder):
    """Make an empty file or folder in the place of one of the reader's."""
    made = folder / Path(path).name
    made.touch() if made.suffix else made.mkdir()
    return str(made)


def test_commands_run_as_typed_in_the_order_of_the_pages(finished, tmp_path):
    """In one checkout, after `kedro run`, as somebody does who reads on."""
    own = Checkout(shutil.copytree(finished.folder, tmp_path / "checkout", symlinks=True))
    for command in EXECUTED:
        own.run(command)


def test_the_python_of_the_readme_runs(finished):
    blocks = BLOCK.findall((PROJECT / "README.md").read_text(encoding="utf-8"))
    (program,) = [text for language, text in blocks if language == "python"]
    cells = "import numpy\nx = numpy.full((3, len(ensemble.bands)), numpy.nan)\n"
    before, line, after = program.partition("prediction = ")

    finished.run([sys.executable, "-c", before + cells + line + after])
