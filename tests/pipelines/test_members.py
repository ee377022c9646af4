"""What is said of the members that a map was made of."""

from __future__ import annotations

import json

import pandas as pd

from mineral_prospectivity.datasets import MemberBundleDataset, RasterDataset
from mineral_prospectivity.pipelines.uncertainty.nodes import describe_members
from mineral_prospectivity.provenance import made_from


def test_every_run_that_the_members_come_from_is_named(finished):
    inputs = finished.storage / "05_model_input/small"
    tables = [pd.read_parquet(inputs / name) for name in ("cells.parquet", "evidence.parquet")]
    stack = RasterDataset(filepath=str(finished.storage / "03_primary/small/evidence.tif")).load()
    bundles = [
        MemberBundleDataset(filepath=str(finished.model(f"member_00{number}.safetensors"))).load()
        for number in range(3)
    ]
    runs = [bundle.made_from({"run": run}) for bundle, run in zip(bundles, "212", strict=True)]

    assert describe_members(*tables, stack, *runs) == {
        "count": 3,
        "package_version": bundles[0].header.package_version,
        "run": "1, 2",
        "training_data": bundles[0].header.data_digest,
        "made_with": {
            "model": bundles[0].header.settings.model_dump(mode="json"),
            "ensemble": {"seed": 0, "diversity": "seeds", "size": 3},
        },
    }


def test_a_run_here_leaves_the_commit_in_bundles_and_report(finished):
    members = json.loads(finished.model("members.json").read_text())
    commit = made_from()["git_commit"]
    assert members["git_commit"] == commit
    report = finished.output("report.html").read_text(encoding="utf-8")
    assert "members.git_commit" in report
    assert members["training_data"] in report
    assert "members.made_with" not in report
