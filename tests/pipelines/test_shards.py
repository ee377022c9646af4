"""A map predicted in parts, as on a cloud, is the map predicted at once."""

from __future__ import annotations

import pytest

from mineral_prospectivity.pipelines.uncertainty import create_pipeline


def test_a_map_predicted_in_shards_has_the_bytes_of_the_whole(finished, tmp_path):
    copy = finished.copy(tmp_path)
    path = copy.storage / "07_model_output/small/prediction.tif"
    whole = path.read_bytes()
    path.unlink()

    copy.run("uncertainty", uncertainty={"shards": 3})

    assert path.read_bytes() == whole
    assert len(list(path.parent.glob("prediction_part_*.tif"))) == 3


@pytest.mark.parametrize("shards", [1, 4])
def test_what_predicts_is_a_job_that_reads_no_table(shards):
    pipeline = create_pipeline([(0, 1), (2,)], shards)
    jobs = [node for node in pipeline.nodes if "batch" in node.tags]
    assert len(jobs) == shards
    for node in jobs:
        assert "prediction" in node.tags
        assert not {"cells", "evidence"} & set(node.inputs)
    assert "prediction" in pipeline.all_outputs()
