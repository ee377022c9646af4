"""Every message that the page on troubleshooting explains is one that the code says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs/troubleshooting.md"
OTHERS_SAY = {"input should be"}
"""Words of a package's own messages, which ours only pass on."""

GAP = "\0"


def said_by_the_code():
    """Return every text of the sources, with a gap where a value is put in."""
    texts = []
    for path in (PROJECT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (getattr(part, "value", GAP) for part in node.values)
                texts.append("".join(p if isinstance(p, str) else GAP for p in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return "\n".join(texts)


def explained():
    """Return the messages of the tables whose first column is one, without Markdown."""
    section = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        section = line.removeprefix("## ") if line.startswith("## ") else section
        if line.startswith("| `") and not section.startswith("Not an error"):
            yield from re.findall(r"`([^`]+)`", line.split(" | ")[0])


@pytest.fixture(scope="module")
def code():
    return said_by_the_code()


@pytest.mark.parametrize("message", list(explained()))
def test_the_code_says_it(message, code):
    parts = [part.strip(" :;") for part in message.split("…")]
    for part in parts:
        assert part in code or part in OTHERS_SAY, part
