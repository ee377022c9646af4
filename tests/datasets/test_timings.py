"""Timings: one file a node, also on S3, and none is no fault."""

import pytest

from mineral_prospectivity.datasets import TimingsDataset


@pytest.fixture(params=["here", "s3"])
def timings(request, tmp_path):
    root = tmp_path if request.param == "here" else request.getfixturevalue("bucket")
    return TimingsDataset(filepath=f"{root}/timings")


def test_a_folder_that_is_not_there_has_no_timings(timings):
    assert timings.exists()
    assert timings.load() == {}


def test_nodes_are_written_one_by_one_and_replaced(timings):
    timings.save({"align.gravity": {"seconds": 2.0}})
    timings.save({"evaluate": {"seconds": 1.5}})
    timings.save({"align.gravity": {"seconds": 3.0}})
    assert timings.load() == {"align.gravity": {"seconds": 3.0}, "evaluate": {"seconds": 1.5}}


def test_nodes_that_are_no_more_are_forgotten(timings):
    timings.save({"old": {"seconds": 2.0}, "new": {"seconds": 1.0}})
    timings.keep({"new", "not yet"})
    assert timings.load() == {"new": {"seconds": 1.0}}
