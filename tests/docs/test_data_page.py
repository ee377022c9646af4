"""The page on data names every key of a layer and of the deposits, with the kinds that have it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from mineral_prospectivity.datasets import VectorDataset
from mineral_prospectivity.geo.derive import Derive
from mineral_prospectivity.geo.layers import KEYS, LayerSpec

PAGE = (Path(__file__).parents[2] / "docs/data.md").read_text(encoding="utf-8")
OF_EVERY_FILE = {"self", "filepath", "credentials", "fs_args", "metadata"}


def rows(head):
    """Return what stands in backticks in the cells of the table with a head."""
    table = PAGE.split(head, 1)[1].split("\n\n", 1)[0]
    for line in table.splitlines()[2:]:
        yield [re.findall(r"`([^`]+)`", cell) for cell in line.strip("|").split(" | ")]


def test_every_key_of_a_layer():
    said = {key: set(kinds) for keys, kinds, _ in rows("| key | kinds | meaning |") for key in keys}
    kinds_of = {
        key: {kind for kind, keys in KEYS.items() if key in keys} for key in LayerSpec.model_fields
    }
    assert said == {k: v for k, v in kinds_of.items() if k not in ("name", "kind", "derive")}


def test_every_kind_and_what_can_be_derived():
    table = list(rows("| kind | files | evidence | `derive` |"))
    assert {kind for (kind,), *_ in table} == set(KEYS)
    derived = {key.split(":")[0] for row in table for key in row[-1]}
    assert derived == set(Derive.model_fields)


def test_every_key_of_the_deposits():
    said = {key for keys, _ in rows("| key | meaning |") for key in keys}
    assert said == set(inspect.signature(VectorDataset.__init__).parameters) - OF_EVERY_FILE
