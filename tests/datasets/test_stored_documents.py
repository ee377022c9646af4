"""Tables, JSON, text and bytes on this disk and on S3."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from mineral_prospectivity.datasets import (
    BinaryDataset,
    JSONDataset,
    TableDataset,
    TextDataset,
)

TABLE = pd.DataFrame({"cell": np.arange(5), "p": np.linspace(0, 1, 5, dtype=np.float32)})


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_table(root, suffix):
    dataset = TableDataset(filepath=f"{root}/cells{suffix}")
    dataset.save(TABLE)
    again = dataset.load()
    pd.testing.assert_frame_equal(again, TABLE, check_dtype=suffix == ".parquet")
    assert dataset.preview()["columns"] == ["cell", "p"]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_the_same_table_gives_the_same_bytes(tmp_path, suffix):
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    TableDataset(filepath=str(one)).save(TABLE)
    TableDataset(filepath=str(two)).save(TABLE.copy())
    assert one.read_bytes() == two.read_bytes()


def test_other_tables_are_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"cells\.xlsx: a table is saved as \.parquet or \.csv"):
        TableDataset(filepath=str(tmp_path / "cells.xlsx")).save(TABLE)


def test_json(root):
    dataset = JSONDataset(filepath=f"{root}/metrics.json")
    dataset.save({"b": np.float64(0.5), "a": {"n": np.int64(3), "none": None, "ok": np.True_}})
    assert dataset.load() == {"a": {"n": 3, "none": None, "ok": True}, "b": 0.5}
    assert dataset.preview() == '{"a": {"n": 3, "none": null, "ok": true}, "b": 0.5}'


@pytest.mark.parametrize("content", [b'{"a": [1,', b"\xff\xfe", b""])
def test_damaged_json_is_named(tmp_path, content):
    path = tmp_path / "calibration.json"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"calibration\.json: is no JSON, or is cut off"):
        JSONDataset(filepath=str(path)).load()


def test_json_is_sorted(tmp_path):
    one, two = (JSONDataset(filepath=str(tmp_path / f"{name}.json")) for name in ("one", "two"))
    one.save({"b": 1, "a": "ä"})
    two.save({"a": "ä", "b": 1})
    text = (tmp_path / "one.json").read_text(encoding="utf-8")
    assert text == (tmp_path / "two.json").read_text(encoding="utf-8")
    assert text == '{\n  "a": "ä",\n  "b": 1\n}\n'


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (
            {"fit": {"auc": [0.5, float("nan")]}},
            "fit.auc[1] is nan, which is no JSON. Leave it out, with a reason",
        ),
        ({"a": np.float32("inf")}, "a is inf, which is no JSON. Leave it out, with a reason"),
        (float("nan"), "the document is nan, which is no JSON. Leave it out, with a reason"),
        ({"a": {1, 2}}, "a is a set, which is no JSON"),
    ],
)
def test_json_refuses_what_it_cannot_say(tmp_path, data, problem):
    dataset = JSONDataset(filepath=str(tmp_path / "metrics.json"))
    with pytest.raises(DatasetError) as caught:
        dataset.save(data)
    assert str(caught.value).endswith(problem)
    assert not dataset.exists()


def test_text(root):
    dataset = TextDataset(filepath=f"{root}/report.html")
    dataset.save("<p>Größe</p>")
    assert dataset.load() == "<p>Größe</p>"
    assert dataset.preview() == "<p>Größe</p>"


def test_bytes(root):
    dataset = BinaryDataset(filepath=f"{root}/demo/demo.qgz")
    assert not dataset.exists()
    dataset.save(b"PK\x03\x04 and so on")
    assert dataset.exists()
    assert dataset.load() == b"PK\x03\x04 and so on"
